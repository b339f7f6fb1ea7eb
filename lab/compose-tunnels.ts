import type { OrderedAttack } from '../attacker/control-protocol';
import type { Endpoint } from '../network/network';
import type { DefenceId, Side } from '../scenarios/vocabulary';
import { ports } from './addresses';
import { composeAddresses } from './compose-settings';
import type { PlaceOfAttacker } from './lab-descriptor';
import { nodeNames } from './lab-pki';
import type { Leg, TunnelLegs } from './tunnel-sides';

/**
 * The tunnels of the lab in containers (profile `tunnels`): which of their sides an attacker can take there, and which of
 * its machines does. The one place that says so. Pure.
 */
export interface ComposeTunnel {
  /** The sides that can be taken, the one from which an attacker gets most first. */
  readonly sides: readonly [Side, ...Side[]];
  readonly legs: TunnelLegs;
  /** How an attacker gets the traffic of its legs; null: from wherever it is for everything else. */
  readonly position: PlaceOfAttacker | null;
  /** What has to listen before an apiserver can be sent through it. */
  readonly needs: readonly Endpoint[];
}

const { attacker, konnectivityServer, neighbours, nodes } = composeAddresses;

/** Pods have their node's address here, so whatever is dialled leaves its tunnel on the node that has it. */
const sshTunnels: ComposeTunnel = {
  sides: ['control-plane'],
  legs: {
    'control-plane': [
      {
        victim: 'control-plane',
        target: { address: nodes['node-1'], port: ports.ssh },
        carries: 'what the path leads to',
      },
    ],
    node: [],
  },
  position: null,
  needs: nodeNames.map((node) => ({ address: nodes[node], port: ports.ssh })),
};

/** Both legs have their ends on one segment each, where no router is between them. */
const konnectivity: ComposeTunnel = {
  sides: ['both', 'control-plane', 'node'],
  legs: {
    'control-plane': [
      {
        victim: 'control-plane',
        target: { address: konnectivityServer, port: ports.konnectivityServer },
      },
    ],
    node: [{ victim: 'node-2', target: null }],
  },
  position: 'arp',
  needs: [
    { address: konnectivityServer, port: ports.konnectivityServer },
    ...Object.values(neighbours).map((address) => ({ address, port: attacker.port })),
  ],
};

const tunnels: Partial<Record<DefenceId, ComposeTunnel>> = {
  'ssh-tunnel': sshTunnels,
  'ssh-tunnel-known-hosts': sshTunnels,
  konnectivity,
  'konnectivity-kubelet-ca': konnectivity,
};

/** Null for a defence without a tunnel. */
export function composeTunnel(defence: DefenceId): ComposeTunnel | null {
  return tunnels[defence] ?? null;
}

/**
 * What is added to an order at the end of an SSH tunnel; null for other targets. What has no tunnel of its own goes through
 * another, so all of them are taken; and as everything goes through them, of the rest only the path is attacked.
 */
export function orderAtTunnels(
  target: Endpoint,
  leadsTo: Endpoint,
): Required<Pick<OrderedAttack, 'also' | 'channelsTo'>> | null {
  if (!sshTunnels.needs.some((sshd) => isSame(sshd, target))) return null;
  return { also: sshTunnels.needs.filter((sshd) => !isSame(sshd, target)), channelsTo: leadsTo };
}

function isSame(a: Endpoint, b: Endpoint): boolean {
  return a.address === b.address && a.port === b.port;
}

/** The neighbour that is on the way from the victim to the target; null: the attacker of everything else is. */
export function neighbourBetween(
  victim: Leg['victim'],
  target: Endpoint,
): keyof typeof composeAddresses.neighbours | null {
  if (victim === 'node-2') return 'node';
  return target.address === konnectivityServer ? 'control-plane' : null;
}

import { Attacker } from '../attacker/attacker';
import { name, neighbour, type OnPathHost, onTheMachine, type Position, route } from '../attacker/position';
import { KubeClient } from '../client/kube-client';
import { MidplaneError } from '../error';
import type { FabricHost } from '../network/fabric';
import type { Endpoint } from '../network/network';
import type { PositionId } from '../scenarios/vocabulary';
import { addresses, ports } from './addresses';
import type { Cluster } from './cluster';
import { nodeAddress } from './lab-pki';
import type { Spot } from './lab-under-test';
import type { PathSpec } from './paths';
import { endsOnNode } from './stand';

/** Where the attacker is, and how it gets the traffic from there. */
export interface Place {
  readonly attacker: Attacker;
  readonly position: Position;
}

/** The positions of the embedded lab. Each changes what it says it changes, and nothing else. */
export class Places {
  readonly #cluster: Cluster;
  /** By machine: the attacker's own, and nodes that it is root on. What it has minted there it keeps. */
  readonly #attackers = new Map<string, Attacker>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** Throws nothing that `stand` allows; nothing is changed before the position is taken. */
  at(word: PositionId, path: PathSpec, spot: Spot, target: Endpoint): Place {
    const { attackerHost } = this.#cluster;
    const here = (position: Position): Place => ({ attacker: this.#attackerAt(attackerHost), position });
    switch (word) {
      case 'arp':
        return here(neighbour(this.#machine(spot.victim), attackerHost, target.address));
      case 'route':
        return here(route(this.#machine(spot.victim), attackerHost, target.address));
      case 'name': {
        const { dialledAs = '', resolver } = spot;
        const victim = this.#machine(resolver?.machine ?? spot.victim);
        return here(
          name(victim, attackerHost, dialledAs, {
            ...(resolver === undefined ? {} : { completed: resolver.asks }),
            ...(spot.dialled === undefined ? {} : { port: spot.dialled.port }),
          }),
        );
      }
      case 'node-address':
        return here(falseNodeAddress(this.#cluster, attackerHost));
      case 'compromised-node': {
        const node = this.#machine(endsOnNode(path) ? 'node-1' : spot.victim);
        return { attacker: this.#attackerAt(node), position: onTheMachine(node.name, whichOf(path, spot)) };
      }
    }
  }

  #machine(machine: string): FabricHost {
    const found = this.#cluster.fabric.host(machine);
    if (found === undefined) throw new RangeError(`no machine "${machine}" on the fabric`);
    return found;
  }

  #attackerAt(host: FabricHost): Attacker {
    const known = this.#attackers.get(host.name);
    if (known !== undefined) return known;
    const own = host === this.#cluster.attackerHost;
    const attacker = new Attacker({
      host: own ? host : rootOn(host),
      random: this.#cluster.randomFor(`attacker on ${host.name}`),
    });
    this.#attackers.set(host.name, attacker);
    return attacker;
  }
}

/**
 * What comes in, and what a tunnel brings to an end on the node itself; of a pod what comes in at its node to go out again;
 * of the node's own programs what begins there.
 */
function whichOf(path: PathSpec, { dialled }: Spot): Parameters<typeof onTheMachine>[1] {
  if (endsOnNode(path)) return { chains: ['prerouting', 'output'] };
  return dialled === undefined ? { chains: ['output'] } : { chains: ['prerouting'], dialled };
}

/**
 * A machine as its root has it: programs of the attacker's that are left alone by its own rules, and connections that end
 * here and so cannot be listened to on their way through.
 */
export function rootOn(host: FabricHost): OnPathHost {
  return {
    name: 'attacker',
    addresses: host.addresses,
    timeline: host.timeline,
    resolve: (asked) => host.resolve(asked),
    dial: (to, options) => host.dial(to, { ...options, marked: true }),
    listen: (at, accept) => host.listen(at, accept),
    nat: host.nat,
    tap: null,
    get forwards() {
      return host.forwards;
    },
    set forwards(forwards) {
      host.forwards = forwards;
    },
  };
}

const NODE = 'node-1';
const STATUS = `/api/v1/nodes/${NODE}/status`;

/** What node-1 may write of itself, whoever has its credentials may write: the apiserver then dials that address for it. */
function falseNodeAddress({ pki, clientTrust }: Cluster, attackerHost: FabricHost): Position {
  const server = { host: addresses.controlPlane, port: ports.apiserver };
  const say = async (address: string): Promise<void> => {
    await using thief = new KubeClient({
      from: attackerHost,
      server,
      trust: clientTrust(server.host),
      clientCertificate: pki.kubeletClients[NODE],
    });
    const body = {
      status: {
        addresses: [
          { type: 'InternalIP', address },
          { type: 'Hostname', address: NODE },
        ],
      },
    };
    const answer = await thief.request('PATCH', STATUS, {
      body,
      contentType: 'application/merge-patch+json',
    });
    if (answer.ok) return;
    throw new MidplaneError('LAB_START_FAILED', `the position node-address was not given: ${answer.words}`);
  };
  return {
    arrival: 'addressed',
    takenName: addresses.attacker,
    describe: () =>
      `the status of Node ${NODE} names ${addresses.attacker} (${attackerHost.name}) as its address`,
    take: async () => {
      await say(addresses.attacker);
      let given: Promise<void> | null = null;
      return () => {
        given ??= say(nodeAddress[NODE]);
        return given;
      };
    },
  };
}

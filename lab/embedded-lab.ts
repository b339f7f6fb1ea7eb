import { Attacker } from '../attacker/attacker';
import { reportLoot } from '../attacker/loot-report';
import { neighbour } from '../attacker/position';
import { type FaultyWord, issueFaulty } from '../pki/faulty';
import { addresses, ports, webPodAddress } from './addresses';
import type { Cluster } from './cluster';
import type { LabUnderTest } from './lab-under-test';

/** The lab in this process, as cells see it. */
export function embeddedLab(cluster: Cluster): LabUnderTest {
  const attacker = new Attacker({ host: cluster.attackerHost });
  return {
    admin: cluster.admin,
    addresses: { node1: addresses.node1, webPod: webPodAddress },
    plant: async (container, secret) => cluster.container(container).plant(secret),
    heard: async (container) => cluster.container(container).heard(),
    forget: async (container) => cluster.container(container).forget(),
    attack: async ({ target, ...order }) => {
      const attack = await attacker.attack({
        ...order,
        targets: [target],
        position: neighbour(cluster.controlPlane, cluster.attackerHost, target.address),
        authorityAt: { address: addresses.controlPlane, port: ports.apiserver },
      });
      const withdraw = async () => {
        await attack.withdraw();
        return reportLoot(attack.loot);
      };
      return { withdraw, [Symbol.asyncDispose]: () => attack.withdraw() };
    },
    hand: async (technique, host) => {
      if (!isFaulty(technique)) return null;
      return issueFaulty(cluster.pki.authority, technique, { host, otherHost: addresses.node2 });
    },
  };
}

const faultyWords: readonly FaultyWord[] = [
  'wrong-host',
  'expired',
  'not-yet-valid',
  'cn-only',
  'client-cert',
  'neighbour',
  'stolen',
];

/** The techniques that need a certificate of the cluster's authority, of a kind that an attacker may get hold of. */
export function isFaulty(technique: string): technique is FaultyWord {
  return faultyWords.some((word) => word === technique);
}

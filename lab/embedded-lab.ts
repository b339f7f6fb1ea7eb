import { Attacker } from '../attacker/attacker';
import { reportLoot } from '../attacker/loot-report';
import { neighbour } from '../attacker/position';
import { addresses, ports, webPodAddress } from './addresses';
import type { Cluster } from './cluster';
import { handedCertificate } from './handed-certificates';
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
    hand: async (technique, target) =>
      handedCertificate(technique, {
        authority: cluster.pki.authority,
        node: 'node-1',
        host: target.address,
        otherNode: 'node-2',
        otherHost: addresses.node2,
        genuine: target.port === ports.kubelet ? cluster.kubeletServing['node-1'] : cluster.pki.workload,
      }),
  };
}

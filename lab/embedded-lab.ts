import { Attacker } from '../attacker/attacker';
import { reportLoot } from '../attacker/loot-report';
import { neighbour } from '../attacker/position';
import type { Endpoint } from '../network/network';
import type { KeyPair } from '../wire/pem';
import { addresses, ports, webPodAddress } from './addresses';
import type { Cluster } from './cluster';
import { clientConversation } from './conversations/client-conversation';
import { handedCertificate } from './handed-certificates';
import { type ContainerAccess, type LabUnderTest, throughApiserver } from './lab-under-test';

/** The lab in this process, as cells see it. */
export function embeddedLab(cluster: Cluster): LabUnderTest {
  const attacker = new Attacker({ host: cluster.attackerHost });
  const containers: ContainerAccess = {
    plant: async (container, secret) => cluster.container(container).plant(secret),
    heard: async (container) => cluster.container(container).heard(),
    forget: async (container) => cluster.container(container).forget(),
  };
  const { fabric } = cluster;
  return {
    addresses: { controlPlane: addresses.controlPlane, node1: addresses.node1, webPod: webPodAddress },
    converse: (path) =>
      path.kind === 'from-apiserver'
        ? throughApiserver(path, cluster.admin, containers)
        : clientConversation(path.id, cluster),
    attack: async ({ target, ...order }, victim) => {
      const dialler = fabric.host(victim);
      if (dialler === undefined) throw new RangeError(`no machine "${victim}" on the fabric`);
      const attack = await attacker.attack({
        ...order,
        targets: [target],
        position: neighbour(dialler, cluster.attackerHost, target.address),
        authorityAt: { address: addresses.controlPlane, port: ports.apiserver },
      });
      const withdraw = async () => {
        await attack.withdraw();
        return reportLoot(attack.loot);
      };
      return { withdraw, [Symbol.asyncDispose]: () => attack.withdraw() };
    },
    hand: async (technique, target, dialledAs) =>
      handedCertificate(technique, {
        authority: cluster.pki.authority,
        node: 'node-1',
        host: dialledAs ?? target.address,
        otherNode: 'node-2',
        otherHost: addresses.node2,
        genuine: genuineOf(cluster, target),
      }),
  };
}

function genuineOf({ kubeletServing, pki }: Cluster, { address, port }: Endpoint): KeyPair {
  if (address === addresses.controlPlane) return pki.apiserver;
  return port === ports.kubelet ? kubeletServing['node-1'] : pki.workload;
}

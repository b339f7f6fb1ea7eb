import { reportLoot } from '../attacker/loot-report';
import type { Endpoint } from '../network/network';
import type { KeyPair } from '../wire/pem';
import { addresses, ports, webPodAddress } from './addresses';
import type { Cluster } from './cluster';
import { clientConversation } from './conversations/client-conversation';
import { elsewhereOf } from './elsewhere';
import { handedCertificate } from './handed-certificates';
import { type ContainerAccess, type LabUnderTest, throughApiserver } from './lab-under-test';
import { Places } from './places';
import { leadsToNode, stand } from './stand';
import { legsOf, type TunnelLegs } from './tunnel-sides';

/** The lab in this process, as cells see it. */
export function embeddedLab(cluster: Cluster): LabUnderTest {
  const places = new Places(cluster);
  const handed = new Map<string, Promise<KeyPair | null>>();
  const containers: ContainerAccess = {
    plant: async (container, secret) => cluster.container(container).plant(secret),
    heard: async (container) => cluster.container(container).heard(),
    forget: async (container) => cluster.container(container).forget(),
  };
  return {
    addresses: { controlPlane: addresses.controlPlane, node1: addresses.node1, webPod: webPodAddress },
    converse: (path) =>
      path.kind === 'from-apiserver'
        ? throughApiserver(
            path,
            cluster.admin,
            containers,
            cluster.dials === 'names' && leadsToNode(path) ? { dialledAs: 'node-1' } : {},
          )
        : { ...clientConversation(path.id, cluster), ...(path.act === undefined ? {} : { act: path.act }) },
    stand,
    legs: () => runningTunnel(cluster),
    lookout: cluster.lookout,
    stranger: cluster.attackerHost.addresses,
    elsewhere: (path) => elsewhereOf(cluster, path),
    attack: async ({ target, position: word, ...order }, path, spot) => {
      const { attacker, position } = places.at(word, path, spot, target);
      const attack = await attacker.attack({
        ...order,
        targets: [target],
        position,
        authorityAt: { address: addresses.controlPlane, port: ports.apiserver },
      });
      // A connection that is open keeps its path. Whoever is on it can break it off, and the next health check dials anew;
      // the lab does not wait for the minute.
      const dialAnew = async (): Promise<void> => {
        if (target.port === ports.ssh) await cluster.tunneler?.reopen(target.address);
      };
      let given: Promise<void> | null = null;
      const giveBack = (): Promise<void> => {
        given ??= attack.withdraw().then(dialAnew);
        return given;
      };
      const withdraw = async () => {
        await giveBack();
        return reportLoot(attack.loot);
      };
      await dialAnew();
      return { withdraw, [Symbol.asyncDispose]: giveBack };
    },
    hand: (technique, target, dialledAs) => {
      const host = dialledAs ?? target.address;
      // Once for all paths that lead to the same place: a certificate is dear, and so is what a TLS server makes of it.
      return once(handed, `${technique} ${host}:${target.port}`, () =>
        handedCertificate(technique, {
          authority: cluster.pki.authority,
          node: 'node-1',
          host,
          otherNode: 'node-2',
          otherHost: addresses.node2,
          genuine: genuineOf(cluster, target),
        }),
      );
    },
  };
}

/** Whatever the defence is called under which it runs. */
function runningTunnel({ konnectivity, tunneler }: Cluster): TunnelLegs | null {
  if (konnectivity !== null) return legsOf.konnectivity;
  return tunneler === null ? null : legsOf.ssh;
}

/** What is served at this endpoint. */
export function genuineOf(
  { kubeletServing, pki, konnectivity }: Cluster,
  { address, port }: Endpoint,
): KeyPair {
  if (address === addresses.controlPlane) return pki.apiserver;
  if (address === addresses.konnectivityServer && konnectivity !== null) return konnectivity.pki.server;
  return port === ports.kubelet ? kubeletServing['node-1'] : pki.workload;
}

function once<Value>(known: Map<string, Value>, key: string, make: () => Value): Value {
  const before = known.get(key);
  if (before !== undefined) return before;
  const made = make();
  known.set(key, made);
  return made;
}

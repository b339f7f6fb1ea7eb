import { dirname } from 'node:path/posix';
import pino from 'pino';
import { aborted } from '../../client/aborted';
import type { KubeClientOptions } from '../../client/kube-client';
import { startControllerManager } from '../../controller-manager/controller-manager';
import type { Randomness } from '../../randomness';
import { startScheduler } from '../../scheduler/scheduler';
import type { KeyPair } from '../../wire/pem';
import type { Canaries } from '../canaries';
import type { Cluster } from '../cluster';
import type { Conversation } from '../lab-under-test';
import { Witness } from '../witness';
import { annotate, apiserverAccess, apiserverName, readBack, remove } from './admin-acts';

const silent = pino({ level: 'silent' });

/** A controller-manager that takes the lease in its host's name and looks after the service accounts of namespaces. */
export function controllerManager(cluster: Cluster): Conversation {
  const { admin } = cluster;
  const namespace = '/api/v1/namespaces/default';
  return leader(cluster, 'kube-controller-manager', cluster.pki.controllerManager, {
    plant: ({ down }) => annotate(admin, namespace, down),
    reads: '/api/v1/namespaces',
    start: (client, hostname, random) =>
      startControllerManager({
        client,
        hostname,
        random,
        controllers: ['serviceaccount-controller'],
        log: silent,
      }),
  });
}

/** A scheduler that takes the lease in its host's name and looks for pods without a node. */
export function scheduler(cluster: Cluster): Conversation {
  const { admin } = cluster;
  return leader(cluster, 'kube-scheduler', cluster.pki.scheduler, {
    plant: ({ down }) => annotate(admin, '/api/v1/namespaces/default/pods/web', down),
    reads: '/api/v1/pods',
    start: (client, hostname, random) => startScheduler({ client, hostname, random, log: silent }),
  });
}

interface Leader {
  readonly plant: (canaries: Canaries) => Promise<void>;
  /** The collection that holds what is planted. */
  readonly reads: string;
  readonly start: (
    client: KubeClientOptions,
    hostname: string,
    random: Randomness,
  ) => { close(): Promise<void> };
}

/** One that stands by on the second control-plane machine: the first one's own would not have to leave it. */
function leader(
  cluster: Cluster,
  name: string,
  clientCertificate: KeyPair,
  { plant, reads, start }: Leader,
): Conversation {
  const { admin, standby } = cluster;
  const lease = `/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/${name}`;
  return {
    victim: standby.name,
    ...apiserverName(cluster),
    plant: async (canaries) => {
      await remove(admin, lease);
      await plant(canaries);
    },
    act: async ({ up }, signal) => {
      const access = apiserverAccess(cluster);
      const witness = new Witness(access.server, [
        { method: 'POST', path: dirname(lease) },
        { method: 'GET', path: reads },
      ]);
      const random = cluster.randomFor(`${name} on ${standby.name}`);
      const client = { ...access, clientCertificate, from: standby, observer: witness };
      const running = start(client, up, random);
      await Promise.race([witness.settled, aborted(signal)]);
      await running.close();
      return witness.outcome();
    },
    heard: () => readBack(admin, lease),
  };
}

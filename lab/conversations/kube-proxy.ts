import pino from 'pino';
import { aborted } from '../../client/aborted';
import { fabricBackend } from '../../kube-proxy/fabric-backend';
import { startKubeProxy } from '../../kube-proxy/kube-proxy';
import type { Cluster } from '../cluster';
import type { ServiceAccountSpec } from '../lab-credentials';
import type { Conversation } from '../lab-under-test';
import { Witness } from '../witness';
import { annotate, apiserverAccess, apiserverName, readBack, remove } from './admin-acts';

/** kubeadm's kube-proxy is a pod with a service account, and its kubeconfig names a token. */
const account: ServiceAccountSpec = {
  namespace: 'kube-system',
  name: 'kube-proxy',
  clusterRole: 'system:node-proxier',
};

const events = '/api/v1/namespaces/default/events';

/** The service proxy of a node that is named so: it asks for that Node, for services and for their endpoints. */
export function kubeProxy(cluster: Cluster): Conversation {
  const { admin, newNode: host } = cluster;
  return {
    victim: host.name,
    ...apiserverName(cluster),
    plant: async ({ down }) => {
      // Made once, and not in the midst of what is watched.
      await cluster.credentials.token(account);
      await remove(admin, events);
      await annotate(admin, '/api/v1/namespaces/default/services/web', down);
    },
    act: async ({ up }, signal) => {
      const access = apiserverAccess(cluster);
      const witness = new Witness(access.server, [
        { method: 'GET', path: '/api/v1/services?' },
        { method: 'GET', path: '/api/v1/nodes?' },
        { method: 'POST', path: events },
      ]);
      const token = await cluster.credentials.token(account);
      const proxy = await startKubeProxy({
        client: { ...access, token, from: host, observer: witness },
        nodeName: up,
        backend: fabricBackend(host.nat),
        settings: { healthz: null, metrics: null, minSyncPeriodMs: 0 },
        log: pino({ level: 'silent' }),
      });
      await Promise.race([witness.settled, aborted(signal)]);
      await proxy.close();
      return witness.outcome();
    },
    heard: () => readBack(admin, events),
  };
}

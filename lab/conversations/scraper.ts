import { KubeClient } from '../../client/kube-client';
import { addresses, ports } from '../addresses';
import type { Cluster } from '../cluster';
import type { ServiceAccountSpec } from '../lab-credentials';
import type { Conversation } from '../lab-under-test';
import { Witness } from '../witness';
import { canaryPod, create, remove } from './admin-acts';

/** A scraper with the token of a service account that may read the metrics of nodes. */
export function scraper(cluster: Cluster): Conversation {
  const { admin } = cluster;
  const pods = '/api/v1/namespaces/default/pods';
  let planted: string | null = null;
  return {
    victim: cluster.workstation.name,
    plant: async ({ down }) => {
      if (planted !== null) await remove(admin, `${pods}/${planted}`);
      planted = down;
      const pod = canaryPod('node-1', down);
      await create(admin, pods, { ...pod, metadata: { ...pod.metadata, name: down } });
      await cluster.whenRunning('node-1', 'default', down);
    },
    act: async (_canaries, signal) => {
      const token = await cluster.credentials.token(prometheus);
      const server = { host: addresses.node1, port: ports.kubelet };
      const trust = cluster.clientTrust(addresses.node1);
      const observer = new Witness(server, null);
      await using client = new KubeClient({
        from: cluster.workstation,
        server,
        trust,
        token,
        userAgent: 'Prometheus/3.4.0',
        observer,
      });
      await client.request('GET', '/metrics/resource', { signal });
      return observer.outcome();
    },
    heard: async () => Buffer.alloc(0),
  };
}

/** What Prometheus needs for kubelets and for finding them. Source: prometheus-operator's kube-prometheus, prometheus-clusterRole.yaml. */
export const prometheus: ServiceAccountSpec = {
  namespace: 'monitoring',
  name: 'prometheus',
  rules: [
    { apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] },
    {
      apiGroups: [''],
      resources: ['nodes', 'services', 'endpoints', 'pods'],
      verbs: ['get', 'list', 'watch'],
    },
  ],
};

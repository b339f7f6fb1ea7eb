import type { KubeNode } from '../../api/objects';
import { KubeClient } from '../../client/kube-client';
import { addresses, ports } from '../addresses';
import type { Cluster } from '../cluster';
import type { ServiceAccountSpec } from '../lab-credentials';
import type { Conversation } from '../lab-under-test';
import { Witness } from '../witness';
import { apiserverAccess, canaryPod, create, remove } from './admin-acts';

/** A scraper with the token of a service account that may read the metrics of nodes. */
export function scraper(cluster: Cluster): Conversation {
  const { admin } = cluster;
  const pods = '/api/v1/namespaces/default/pods';
  let planted: string | null = null;
  return {
    victim: cluster.workstation.name,
    ...(cluster.dials === 'names' ? { dialledAs: 'node-1' } : {}),
    plant: async ({ down }) => {
      // Made once, and not in the midst of what is watched.
      await cluster.credentials.token(prometheus);
      if (planted !== null) await remove(admin, `${pods}/${planted}`);
      planted = down;
      const pod = canaryPod('node-1', down);
      await create(admin, pods, { ...pod, metadata: { ...pod.metadata, name: down } });
      await cluster.whenRunning('node-1', 'default', down);
    },
    act: async (_canaries, signal) => {
      const token = await cluster.credentials.token(prometheus);
      const host = await whereNodeIs(cluster, token, signal);
      const server = { host, port: ports.kubelet };
      const trust = cluster.clientTrust(host);
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

/** As a scrape configuration with `role: node` finds its targets: by what the Node says, or by a name that is written down. */
async function whereNodeIs(cluster: Cluster, token: string, signal: AbortSignal): Promise<string> {
  if (cluster.dials === 'names') return 'node-1';
  await using discovery = new KubeClient({ ...apiserverAccess(cluster), from: cluster.workstation, token });
  const answer = await discovery.request('GET', '/api/v1/nodes/node-1', { signal });
  const node = answer.json() as KubeNode | null;
  return node?.status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? addresses.node1;
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

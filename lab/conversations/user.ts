import { KubeClient } from '../../client/kube-client';
import type { Cluster } from '../cluster';
import type { Conversation } from '../lab-under-test';
import {
  APPLY,
  apiserverAccess,
  apiserverName,
  configMap,
  configMaps,
  outcomeOf,
  put,
  readBack,
  remove,
} from './admin-acts';

/** `kubectl apply` of one ConfigMap, and `kubectl get` of another. */
export function user(cluster: Cluster): Conversation {
  const { admin } = cluster;
  return {
    victim: cluster.workstation.name,
    ...apiserverName(cluster),
    plant: async ({ down }) => {
      await put(admin, `${configMaps}/canary`, configMap('canary', { down }));
      await remove(admin, `${configMaps}/applied`);
    },
    act: async ({ up }, signal) => {
      const access = { ...apiserverAccess(cluster), clientCertificate: cluster.pki.admin };
      await using client = new KubeClient({ ...access, from: cluster.workstation });
      const applied = await client.request('PATCH', `${configMaps}/applied?fieldManager=kubectl`, {
        body: configMap('applied', { up }),
        contentType: APPLY,
        signal,
      });
      if (!applied.ok) return outcomeOf([applied]);
      return outcomeOf([applied, await client.request('GET', `${configMaps}/canary`, { signal })]);
    },
    heard: () => readBack(admin, `${configMaps}/applied`),
  };
}

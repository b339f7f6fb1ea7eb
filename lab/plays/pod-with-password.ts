import type { Cluster } from '../cluster';
import { createObjects } from '../create-workloads';
import type { NodeName } from '../lab-pki';
import type { Stage } from '../scenarios/stage';

/** Runs a pod whose environment holds a password, as most do; returns the password, which nobody can guess. */
export async function runPodWithPassword(stage: Stage, cluster: Cluster, node: NodeName): Promise<string> {
  const password = `S3CRET-${stage.random.hex(6)}`;
  const object = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'db', namespace: 'default' },
    spec: {
      nodeName: node,
      containers: [{ name: 'db', image: 'midplane/shell', env: [{ name: 'PASSWORD', value: password }] }],
    },
  };
  await createObjects(cluster.admin, [{ path: '/api/v1/namespaces/default/pods', object }]);
  await cluster.whenRunning(node, 'default', 'db');
  await stage.did(
    'admin',
    'kubectl run db --env=PASSWORD=…',
    `pod/db runs on ${node}, with a password in its environment`,
  );
  return password;
}

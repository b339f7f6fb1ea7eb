import type { Pod } from '../../api/objects';
import type { KubeClient } from '../../client/kube-client';
import type { Cluster } from '../cluster';
import { createObjects } from '../create-workloads';
import type { NodeName } from '../lab-pki';
import type { Stage } from '../scenarios/stage';

/** A Secret with a word in it that nobody can guess, and a pod that mounts it. */
export interface SecretOfPod {
  readonly name: string;
  /** Makes the pod; it runs where the scheduler, or `spec.nodeName`, puts it. */
  readonly pod: Pod;
  /** Whether what somebody read is really what was planted. */
  isIn(read: string): boolean;
}

export async function plantSecret(
  { random }: Pick<Stage, 'random'>,
  { admin }: Pick<Cluster, 'admin'>,
  { name, spec }: { readonly name: string; readonly spec: object },
): Promise<SecretOfPod> {
  const word = `S3CRET-${random.hex(6)}`;
  const data = { password: Buffer.from(word).toString('base64') };
  const object = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'default' }, data };
  await createObjects(admin, [{ path: '/api/v1/namespaces/default/secrets', object }]);
  const container = {
    name,
    image: 'midplane/shell',
    volumeMounts: [{ name: 'secret', mountPath: '/secret' }],
  };
  const volumes = [{ name: 'secret', secret: { secretName: name } }];
  const withSecret = { ...spec, containers: [container], volumes };
  const pod: Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { app: name } },
    spec: withSecret,
  };
  return { name, pod, isIn: (read) => read.includes(word) };
}

/** With a pod on this node that mounts it, and runs. */
export async function runPodWithSecret(
  stage: Stage,
  cluster: Cluster,
  name: string,
  node: NodeName,
): Promise<SecretOfPod> {
  const secret = await plantSecret(stage, cluster, { name, spec: { nodeName: node } });
  await createObjects(cluster.admin, [{ path: '/api/v1/namespaces/default/pods', object: secret.pod }]);
  await cluster.whenRunning(node, 'default', name);
  await stage.did(
    'admin',
    `kubectl create secret generic ${name} … && kubectl apply -f ${name}.yaml`,
    `pod/${name} runs on ${node} and mounts secret/${name}`,
  );
  return secret;
}

/** What is in it, decoded, or the server's refusal. */
export async function readSecret(
  client: KubeClient,
  name: string,
  signal: AbortSignal,
): Promise<{ readonly ok: boolean; readonly text: string }> {
  const answer = await client.request('GET', `/api/v1/namespaces/default/secrets/${name}`, { signal });
  if (!answer.ok) return { ok: false, text: answer.words };
  const { data = {} } = answer.json() as { data?: Record<string, string> };
  return { ok: true, text: Buffer.from(data['password'] ?? '', 'base64').toString('utf8') };
}

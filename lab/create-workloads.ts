import type { KubeObject } from '../api/objects';
import type { KubeClient } from '../client/kube-client';
import { MidplaneError } from '../error';
import { clusterObjects } from './workloads';

/** Creates what is missing of the lab's workloads, as an administrator would; leaves alone what is there. */
export async function createWorkloads(
  admin: KubeClient,
  webPod: string,
  signal?: AbortSignal,
): Promise<{ readonly created: readonly string[] }> {
  const { pods, others } = clusterObjects(webPod);
  const podPaths = pods.map((object) => ({
    path: `/api/v1/namespaces/${object.metadata.namespace}/pods`,
    object,
  }));
  return { created: await createObjects(admin, [...others, ...podPaths], signal) };
}

/** Each by a POST to its path; returns what was not there yet, as `Kind name`. */
export async function createObjects(
  admin: KubeClient,
  objects: readonly { readonly path: string; readonly object: KubeObject }[],
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const created: string[] = [];
  // One after the other: kubelets hand out addresses in the order of arrival, and the lab's texts quote them.
  for (const { path, object } of objects) {
    if (await create(admin, path, object, signal)) created.push(`${object.kind} ${object.metadata.name}`);
  }
  return created;
}

async function create(
  admin: KubeClient,
  path: string,
  body: KubeObject,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const answer = await admin.request('POST', path, { body, ...(signal === undefined ? {} : { signal }) });
  if (answer.ok) return true;
  if (answer.status === 409) return false;
  throw new MidplaneError(
    'LAB_START_FAILED',
    `${body.kind} "${body.metadata.name}" could not be created: ${answer.words}`,
    { hint: 'the logs of the parts say more: --verbose, or docker compose logs' },
  );
}

import { setTimeout as pause } from 'node:timers/promises';
import type { KubeObject } from '../api/objects';
import type { KubeClient } from '../client/kube-client';
import { MidplaneError } from '../error';
import { clusterObjects } from './workloads';

/** Creates what is missing of the lab's workloads, as an administrator would; leaves alone what is there. */
export async function createWorkloads(
  admin: Pick<KubeClient, 'request'>,
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
  admin: Pick<KubeClient, 'request'>,
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
  admin: Pick<KubeClient, 'request'>,
  path: string,
  body: KubeObject,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const options = signal === undefined ? {} : { signal };
  let answer = await admin.request('POST', path, { body, ...options });
  if (answer.status === 403 && body.kind === 'Pod') {
    await accountOf(admin, body, options);
    answer = await admin.request('POST', path, { body, ...options });
  }
  if (answer.ok) return true;
  if (answer.status === 409) return false;
  throw new MidplaneError(
    'LAB_START_FAILED',
    `${body.kind} "${body.metadata.name}" could not be created: ${answer.words}`,
    { hint: 'the logs of the parts say more: --verbose, or docker compose logs' },
  );
}

/**
 * The loop that makes the default accounts may be about to begin. Upstream's admission asks ten times itself, 100 to 200 ms apart
 * (plugin/pkg/admission/serviceaccount/admission.go, getServiceAccount); a machine under load takes longer.
 */
const ACCOUNT_ASKED_FOR = 100;
const ACCOUNT_AGAIN_MS = 100;

async function accountOf(
  admin: Pick<KubeClient, 'request'>,
  { metadata }: KubeObject,
  options: { readonly signal?: AbortSignal },
): Promise<void> {
  const place = `/api/v1/namespaces/${metadata.namespace ?? 'default'}/serviceaccounts/default`;
  for (let asked = 0; asked < ACCOUNT_ASKED_FOR; asked++) {
    if ((await admin.request('GET', place, options)).ok) return;
    await pause(ACCOUNT_AGAIN_MS, undefined, options);
  }
}

import type { KubeObject } from '../api/objects';
import { sameJson } from '../api/same-json';
import { type Controller, mustBe, type StartController } from './context';
import { collectionPath, type ServedResource, servedResources } from './discovery';

/**
 * Empties a namespace that is Terminating, kind by kind, and lets go of it when nothing is left.
 * Source: pkg/controller/namespace/deletion/namespaced_resources_deleter.go.
 */
interface Namespace extends KubeObject {
  readonly spec?: { readonly finalizers?: readonly string[] };
}

const FINALIZER = 'kubernetes';
/** Pods take their time to end, and nothing tells when the last of a namespace is gone. */
const LOOK_AGAIN_MS = 250;

export const startNamespaceController: StartController = (context) => {
  const { client, signal } = context;
  const namespaces = context.informer<Namespace>('/api/v1/namespaces');
  const queue = context.queue(sync, [namespaces]);
  /** What discovery said last: it is not asked each time that one waits for pods to end. */
  let served: readonly ServedResource[] | null = null;
  namespaces.listen((namespace) => {
    if (namespace?.metadata.deletionTimestamp !== undefined) queue.add(namespace.metadata.name);
  });

  async function sync(name: string): Promise<void> {
    const namespace = namespaces.get('', name);
    if (namespace?.metadata.deletionTimestamp === undefined) return;
    const finalizers = namespace.spec?.finalizers ?? [];
    if (!finalizers.includes(FINALIZER)) return;
    if (!(await empty(name))) {
      queue.addAfter(name, LOOK_AGAIN_MS);
      return;
    }
    const spec = { ...namespace.spec, finalizers: finalizers.filter((it) => it !== FINALIZER) };
    const answer = await client.request('PUT', `/api/v1/namespaces/${name}/finalize`, {
      body: { ...namespace, spec },
      signal,
    });
    mustBe(answer, 404);
  }

  /** Deletes what is there and says whether nothing is left. */
  async function empty(namespace: string): Promise<boolean> {
    served ??= await servedResources(client, signal);
    const known = served;
    const gone = await Promise.all(
      known
        .filter(({ namespaced }) => namespaced)
        .map(async (resource) => {
          const path = collectionPath(resource, namespace);
          if (await isEmpty(path)) return true;
          const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' };
          mustBe(await client.request('DELETE', path, { body, signal }), 404);
          return isEmpty(path);
        }),
    );
    if (!gone.every(Boolean)) return false;
    // Another release may serve more since, and none of its objects is to be left behind.
    served = await servedResources(client, signal);
    return sameJson(served, known);
  }

  async function isEmpty(path: string): Promise<boolean> {
    const answer = mustBe(await client.request('GET', `${path}?limit=1`, { signal }), 404);
    return ((answer.json() as { items?: unknown[] } | null)?.items ?? []).length === 0;
  }

  return { close: () => queue.close() } satisfies Controller;
};

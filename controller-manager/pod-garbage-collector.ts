import type { KubeNode, KubeObject, Pod } from '../api/objects';
import { WorkQueue } from '../client/work-queue';
import { keyOf, mustBe, type StartController, splitKey } from './context';

/**
 * Takes away the pods of nodes that are gone: their kubelet never will.
 * Source: pkg/controller/podgc/gc_controller.go (gcOrphaned, quarantineTime).
 */
const QUARANTINE_MS = 40_000;

export const startPodGarbageCollector: StartController = (context) => {
  const { client, log, signal } = context;
  const pods = context.informer<Pod>('/api/v1/pods');
  const nodes = context.informer<KubeNode>('/api/v1/nodes');
  const hasNode = (name: string): boolean => nodes.get('', name) !== null;
  const queue = new WorkQueue({ log, work: sync });

  async function sync(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const pod = pods.get(namespace, name);
    if (pod === null || !isOrphaned(pod, hasNode)) return;
    const { uid } = pod.metadata;
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', gracePeriodSeconds: 0, preconditions: { uid } };
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    mustBe(await client.request('DELETE', path, { body, signal }), 404, 409);
  }

  // A pod may be known before its node is: nothing is judged until both have been listed.
  void Promise.all([pods.synced, nodes.synced]).then(() => {
    const quarantine = (pod: KubeObject | null): void => {
      if (pod !== null && isOrphaned(pod as Pod, hasNode)) queue.addAfter(keyOf(pod), QUARANTINE_MS);
    };
    pods.listen(quarantine);
    nodes.listen((node) => {
      if (node === null) for (const pod of pods.list()) quarantine(pod);
    });
  });
  return { close: () => queue.close() };
};

export function isOrphaned({ spec }: Pod, hasNode: (name: string) => boolean): boolean {
  return spec.nodeName !== undefined && spec.nodeName !== '' && !hasNode(spec.nodeName);
}

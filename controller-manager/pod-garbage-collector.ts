import type { KubeNode, Pod } from '../api/objects';
import { deleteObject, keyOf, type StartController, splitKey } from './context';

/**
 * Takes away the pods of nodes that are gone: their kubelet never will.
 * Source: pkg/controller/podgc/gc_controller.go (gcOrphaned, quarantineTime).
 */
const QUARANTINE_MS = 40_000;

export const startPodGarbageCollector: StartController = (context) => {
  const pods = context.informer<Pod>('/api/v1/pods');
  const nodes = context.informer<KubeNode>('/api/v1/nodes');
  const hasNode = (name: string): boolean => nodes.get('', name) !== null;
  // A pod may be known before its node is: its time runs from when both have been listed.
  const suspects = context.queue(quarantine, [pods, nodes]);
  const orphans = context.queue(sync, [pods, nodes]);
  pods.listen((pod) => {
    if (pod !== null) suspects.add(keyOf(pod));
  });
  nodes.listen((node) => {
    if (node === null) for (const pod of pods.list()) suspects.add(keyOf(pod));
  });

  async function quarantine(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const pod = pods.get(namespace, name);
    if (pod !== null && isOrphaned(pod, hasNode)) orphans.addAfter(key, QUARANTINE_MS);
  }

  async function sync(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const pod = pods.get(namespace, name);
    if (pod === null || !isOrphaned(pod, hasNode)) return;
    await deleteObject(context, `/api/v1/namespaces/${namespace}/pods/${name}`, pod, {
      gracePeriodSeconds: 0,
    });
  }

  return {
    close: async () => {
      await Promise.all([suspects.close(), orphans.close()]);
    },
  };
};

export function isOrphaned({ spec }: Pod, hasNode: (name: string) => boolean): boolean {
  return spec.nodeName !== undefined && spec.nodeName !== '' && !hasNode(spec.nodeName);
}

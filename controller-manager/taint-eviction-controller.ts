import type { KubeNode, Pod } from '../api/objects';
import { sameJson } from '../api/same-json';
import { type Toleration, taintsOf } from '../api/tolerations';
import { seconds } from '../client/api-time';
import { deleteObject, keyOf, mustBe, type StartController, splitKey } from './context';
import { evictionDelayMs } from './eviction-delay';

/** Drives pods out of nodes with taints NoExecute that they do not tolerate, or no longer. Source: pkg/controller/tainteviction. */
export const startTaintEvictionController: StartController = (context) => {
  const { client, clock, log, signal } = context;
  const nodes = context.informer<KubeNode>('/api/v1/nodes');
  const pods = context.informer<Pod>('/api/v1/pods');
  const events = context.events('taint-eviction-controller');
  /** What is to be evicted later, by key of the pod. */
  const waiting = new Map<string, AbortController>();
  const due = new Set<string>();
  const queue = context.queue(sync, [nodes, pods]);

  pods.listen((pod, before) => {
    const about = pod ?? before;
    if (about !== null) queue.add(keyOf(about));
  });
  nodes.listen((node, before) => {
    const about = node ?? before;
    if (about === null || (node !== null && before !== null && sameJson(taintsOf(node), taintsOf(before))))
      return;
    const { name } = about.metadata;
    for (const pod of pods.list()) if (pod.spec.nodeName === name) queue.add(keyOf(pod));
  });

  async function sync(key: string): Promise<void> {
    const { namespace, name } = splitKey(key);
    const pod = pods.get(namespace, name);
    if (pod === null || pod.metadata.deletionTimestamp !== undefined) {
      forget(key);
      return;
    }
    const node = nodes.get('', pod.spec.nodeName ?? '');
    const taints = node === null ? [] : taintsOf(node).filter(({ effect }) => effect === 'NoExecute');
    const { tolerations = [] } = pod.spec as { tolerations?: readonly Toleration[] };
    const delayMs = taints.length === 0 ? null : evictionDelayMs(taints, tolerations);
    if (delayMs === null) {
      if (forget(key)) tell(pod, `Cancelling deletion of Pod ${key}`);
      return;
    }
    if (delayMs === 0 || due.has(key)) {
      await evict(pod, key);
      forget(key);
      return;
    }
    // Whoever waits already goes on waiting, also when the time was changed since.
    if (!waiting.has(key)) waiting.set(key, later(key, delayMs));
  }

  function later(key: string, delayMs: number): AbortController {
    const stop = new AbortController();
    const ended = AbortSignal.any([signal, stop.signal]);
    void clock.pause(delayMs, ended).then(() => {
      if (ended.aborted) return;
      due.add(key);
      queue.add(key);
    });
    return stop;
  }

  /** Whether something was to happen. */
  function forget(key: string): boolean {
    due.delete(key);
    const stop = waiting.get(key);
    stop?.abort();
    return waiting.delete(key);
  }

  async function evict(pod: Pod, key: string): Promise<void> {
    const { namespace = '', name, uid = '' } = pod.metadata;
    log.info({ pod: key }, 'deleting pod: its node has a taint that it does not tolerate');
    tell(pod, `Marking for deletion Pod ${key}`);
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      lastTransitionTime: seconds(clock.now()),
      reason: 'DeletionByTaintManager',
      message: 'Taint manager: deleting due to NoExecute taint',
    };
    const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== condition.type);
    const patch = { metadata: { uid }, status: { conditions: [...others, condition] } };
    const contentType = 'application/merge-patch+json';
    mustBe(await client.request('PATCH', `${path}/status`, { body: patch, contentType, signal }), 404, 409);
    await deleteObject(context, path, pod);
  }

  function tell({ metadata }: Pod, message: string): void {
    const { namespace = '', name, uid = '' } = metadata;
    const about = { apiVersion: 'v1', kind: 'Pod', namespace, name, uid };
    events.event(about, 'Normal', 'TaintManagerEviction', message);
  }

  return { close: () => queue.close() };
};

import type { KubeNode, Pod } from '../api/objects';
import { allocatable, type Misfit, misfits, requested } from './node-fit';

/** Where a pod goes, or why nowhere. Pure. Source: pkg/scheduler/schedule_one.go, framework/types.go (FitError). */
export type Choice =
  | { readonly kind: 'chosen'; readonly node: string }
  | { readonly kind: 'unschedulable'; readonly message: string };

export function chooseNode(pod: Pod, nodes: readonly KubeNode[], pods: readonly Pod[]): Choice {
  if (nodes.length === 0) return { kind: 'unschedulable', message: 'no nodes available to schedule pods' };
  const judged = nodes.map((node) => {
    const others = pods.filter((it) => it.spec.nodeName === node.metadata.name && isRunning(it));
    return { node, others, misfits: misfits(pod, node, others) };
  });
  const scored = judged
    .filter((it) => it.misfits.length === 0)
    .map((it) => ({ ...it, score: leastAllocated(pod, it.node, it.others) }))
    .sort(
      (a, b) =>
        b.score - a.score ||
        a.others.length - b.others.length ||
        (a.node.metadata.name < b.node.metadata.name ? -1 : 1),
    );
  const [best] = scored;
  if (best !== undefined) return { kind: 'chosen', node: best.node.metadata.name };
  return { kind: 'unschedulable', message: fitErrorText(judged.map((it) => it.misfits)) };
}

function isRunning({ status }: Pod): boolean {
  return status?.phase !== 'Succeeded' && status?.phase !== 'Failed';
}

/** For pods that ask for nothing (pkg/scheduler/util/pod_resources.go): else nothing would tell full nodes from empty ones. */
const LEAST = { cpu: 0.1, memory: 200 * 1024 * 1024 } as const;

/** noderesources, LeastAllocated: the share of 100 that stays free, the mean of processor and memory. */
function leastAllocated(pod: Pod, node: KubeNode, others: readonly Pod[]): number {
  const shares = (['cpu', 'memory'] as const).map((resource) => {
    const capacity = allocatable(node, resource);
    const used = [...others, pod].reduce((sum, it) => sum + requested(it, resource, LEAST[resource]), 0);
    return capacity === 0 || used > capacity ? 0 : Math.floor(((capacity - used) * 100) / capacity);
  });
  return shares.reduce((sum, it) => sum + it, 0) / shares.length;
}

function fitErrorText(all: readonly (readonly Misfit[])[]): string {
  const reasons = counted(all.flatMap((misfits) => misfits.map(({ reason }) => reason)));
  const victims = counted(
    all.map((misfits) =>
      misfits.every(({ resolvable }) => resolvable)
        ? 'No preemption victims found for incoming pod'
        : 'Preemption is not helpful for scheduling',
    ),
  );
  const available = `0/${all.length} nodes are available:`;
  return `${available} ${reasons}. preemption: ${available} ${victims}.`;
}

/** `2 reason, 1 other`, sorted as text. */
function counted(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts]
    .map(([word, count]) => `${count} ${word}`)
    .sort()
    .join(', ');
}

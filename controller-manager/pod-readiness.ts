import type { Condition, Pod } from '../api/objects';

/** Source: k8s.io/kubernetes pkg/api/v1/pod/util.go, pkg/controller/controller_utils.go. */
export function isReady(pod: Pod): boolean {
  return readyCondition(pod)?.status === 'True';
}

/** Ready for so long that it counts. */
export function isAvailable(pod: Pod, minReadySeconds: number, now: Date): boolean {
  const ready = readyCondition(pod);
  if (ready?.status !== 'True') return false;
  const since = Date.parse(ready.lastTransitionTime ?? '');
  return minReadySeconds === 0 || (!Number.isNaN(since) && since + minReadySeconds * 1000 <= now.getTime());
}

/** Neither ended nor on its way out. */
export function isActive(pod: Pod): boolean {
  const phase = pod.status?.phase;
  return phase !== 'Succeeded' && phase !== 'Failed' && pod.metadata.deletionTimestamp === undefined;
}

function readyCondition(pod: Pod): Condition | undefined {
  return (pod.status?.conditions as Condition[] | undefined)?.find(({ type }) => type === 'Ready');
}

/** The first pods to go when there are too many: those that would be missed least (ActivePodsWithRanks). */
export function leastMissedFirst(a: Pod, b: Pod): number {
  return (
    Number(Boolean(a.spec.nodeName)) - Number(Boolean(b.spec.nodeName)) ||
    phaseRank(a) - phaseRank(b) ||
    Number(isReady(a)) - Number(isReady(b)) ||
    restarts(b) - restarts(a) ||
    // The younger goes first.
    (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? '') ||
    b.metadata.name.localeCompare(a.metadata.name)
  );
}

function phaseRank({ status }: Pod): number {
  return ['Pending', 'Unknown', 'Running'].indexOf(status?.phase ?? 'Pending');
}

function restarts({ status }: Pod): number {
  return Math.max(0, ...(status?.containerStatuses ?? []).map((it) => it.restartCount));
}

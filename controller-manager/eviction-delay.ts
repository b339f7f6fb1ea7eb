import { type Taint, type Toleration, toleratesTaint } from '../api/tolerations';

/**
 * How long a pod may stay on a node with these taints NoExecute, in milliseconds; null for ever. Pure.
 * Source: pkg/controller/tainteviction/taint_eviction.go (processPodOnNode, getMinTolerationTime).
 */
export function evictionDelayMs(taints: readonly Taint[], tolerations: readonly Toleration[]): number | null {
  const used = taints.map((taint) => tolerations.find((it) => toleratesTaint(it, taint)));
  if (used.some((toleration) => toleration === undefined)) return 0;
  const limits = used.flatMap((toleration) => toleration?.tolerationSeconds ?? []);
  return limits.length === 0 ? null : Math.max(0, Math.min(...limits)) * 1000;
}

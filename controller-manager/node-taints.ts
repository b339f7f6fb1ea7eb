import type { KubeNode } from '../api/objects';
import { type Taint, taintsOf } from '../api/tolerations';
import { seconds } from '../client/api-time';
import { readyOf } from './node-health';

/**
 * What a node's conditions mean for pods: NoSchedule at once, NoExecute when its turn comes. Pure.
 * Source: pkg/controller/nodelifecycle/node_lifecycle_controller.go (doNoScheduleTaintingPass, processTaintBaseEviction).
 */
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable';
const NOT_READY = 'node.kubernetes.io/not-ready';
const UNREACHABLE = 'node.kubernetes.io/unreachable';

const keyOfCondition: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: NOT_READY, Unknown: UNREACHABLE },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
};

const ownKeys: readonly string[] = [
  UNSCHEDULABLE,
  ...Object.values(keyOfCondition).flatMap((keys) => Object.values(keys)),
];

/** The taints that the node should have instead of its own; null when those are right. */
export function withNoScheduleTaints(node: KubeNode, now: Date): readonly Taint[] | null {
  const keys = (node.status?.conditions ?? []).flatMap(
    ({ type, status }) => keyOfCondition[type]?.[status] ?? [],
  );
  if (node.spec.unschedulable === true) keys.push(UNSCHEDULABLE);
  return withTaints(node, 'NoSchedule', keys, ownKeys, now);
}

/** What pods are driven out by while the node is not Ready; null when there is nothing to drive them out for. */
export function noExecuteKey(node: KubeNode): string | null {
  switch (readyOf(node)?.status) {
    case 'False':
      return NOT_READY;
    case 'Unknown':
      return UNREACHABLE;
    default:
      return null;
  }
}

export function withNoExecuteTaint(node: KubeNode, key: string | null, now: Date): readonly Taint[] | null {
  return withTaints(node, 'NoExecute', key === null ? [] : [key], [NOT_READY, UNREACHABLE], now);
}

/** Whether one of the two stands on it: then it is exchanged at once, and waits for no turn. */
export function hasNoExecuteTaint(node: KubeNode): boolean {
  return taintsOf(node).some(
    ({ key, effect }) => effect === 'NoExecute' && (key === NOT_READY || key === UNREACHABLE),
  );
}

/** Of these keys and this effect exactly the wanted ones; others' taints are left alone. */
function withTaints(
  node: KubeNode,
  effect: string,
  wanted: readonly string[],
  own: readonly string[],
  now: Date,
): readonly Taint[] | null {
  const known = taintsOf(node);
  const isOwn = (taint: Taint): boolean => taint.effect === effect && own.includes(taint.key);
  const kept = known.filter((taint) => !isOwn(taint) || wanted.includes(taint.key));
  const added = wanted.filter((key) => !known.some((taint) => isOwn(taint) && taint.key === key));
  if (added.length === 0 && kept.length === known.length) return null;
  return [...kept, ...added.map((key) => ({ key, effect, timeAdded: seconds(now) }))];
}

import type { KubeNode } from '../api/objects';
import { seconds } from '../client/api-time';

/**
 * Whether a kubelet is still heard of. Times are those of this program's clock, never the node's: clocks differ. Pure.
 * Source: pkg/controller/nodelifecycle/node_lifecycle_controller.go (tryUpdateNodeHealth).
 */
export type NodeCondition = NonNullable<NonNullable<KubeNode['status']>['conditions']>[number];

export interface NodeHealth {
  /** As it was when last looked at; null: never posted. */
  readonly ready: NodeCondition | null;
  /** Of the node's Lease. */
  readonly renewTime: string | null;
  /** When anything of it last changed, in milliseconds. */
  readonly heardAt: number;
}

export interface Grace {
  /** --node-monitor-grace-period. */
  readonly runningMs: number;
  /** --node-startup-grace-period: for those that never posted a status. */
  readonly startingMs: number;
}

export function hear(
  before: NodeHealth | null,
  node: KubeNode,
  renewTime: string | null,
  now: number,
): NodeHealth {
  const ready = readyOf(node);
  const heardAt = lastHeard(before, node, ready, now);
  const renewed = renewTime !== null && (before?.renewTime == null || before.renewTime < renewTime);
  return { ready, renewTime: renewTime ?? before?.renewTime ?? null, heardAt: renewed ? now : heardAt };
}

function lastHeard(
  before: NodeHealth | null,
  { metadata }: KubeNode,
  ready: NodeCondition | null,
  now: number,
): number {
  if (before === null) {
    return ready === null ? Date.parse(metadata.creationTimestamp ?? '') || now : now;
  }
  const isSame = before.ready?.lastHeartbeatTime === ready?.lastHeartbeatTime;
  return isSame && (before.ready === null) === (ready === null) ? before.heardAt : now;
}

export function isSilent({ ready, heardAt }: NodeHealth, grace: Grace, now: number): boolean {
  return now > heardAt + (ready === null ? grace.startingMs : grace.runningMs);
}

/** The conditions of a node that is heard of no more; null when they say so already. */
export function unknownConditions(node: KubeNode, now: Date): NodeCondition[] | null {
  const conditions = node.status?.conditions ?? [];
  if (readyOf(node)?.status === 'Unknown') return null;
  const at = seconds(now);
  const changed = conditions.map((condition) =>
    judged.includes(condition.type) && condition.status !== 'Unknown'
      ? {
          ...condition,
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
          lastTransitionTime: at,
        }
      : condition,
  );
  const missing = judged
    .filter((type) => !conditions.some((condition) => condition.type === type))
    .map((type) => ({
      type,
      status: 'Unknown',
      reason: 'NodeStatusNeverUpdated',
      message: 'Kubelet never posted node status.',
      lastHeartbeatTime: node.metadata.creationTimestamp ?? at,
      lastTransitionTime: at,
    }));
  return [...changed, ...missing];
}

/** NetworkUnavailable is not the kubelet's to say. */
const judged: readonly string[] = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure'];

export function readyOf({ status }: KubeNode): NodeCondition | null {
  return status?.conditions?.find(({ type }) => type === 'Ready') ?? null;
}

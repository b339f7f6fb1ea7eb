import type { Condition, Deployment, ReplicaSet } from '../api/objects';
import { seconds } from '../client/api-time';
import { available, bounds, isComplete, specReplicas, sum } from './plan-deployment';

/**
 * What is reported of a roll-out. Pure. Source: pkg/controller/deployment/{sync,progress}.go and
 * util/deployment_util.go for reasons and texts.
 */
export function deploymentStatus(
  deployment: Deployment,
  newest: ReplicaSet | null,
  sets: readonly ReplicaSet[],
  now: Date,
): NonNullable<Deployment['status']> {
  const { desired } = bounds(deployment);
  const reported = (set: ReplicaSet): number => set.status?.replicas ?? 0;
  const availableReplicas = sum(sets, available);
  const counts = {
    replicas: sum(sets, reported),
    updatedReplicas: newest === null ? 0 : reported(newest),
    readyReplicas: sum(sets, (set) => set.status?.readyReplicas ?? 0),
    availableReplicas,
    unavailableReplicas: Math.max(sum(sets, specReplicas) - availableReplicas, 0),
  };
  return {
    observedGeneration: deployment.metadata.generation ?? 1,
    // As Go's omitempty: what is nothing is not written.
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
    conditions: conditions(deployment, newest, sets, { ...counts, desired }, now),
  };
}

interface Counts {
  readonly desired: number;
  readonly updatedReplicas: number;
  readonly readyReplicas: number;
  readonly availableReplicas: number;
}

function conditions(
  deployment: Deployment,
  newest: ReplicaSet | null,
  sets: readonly ReplicaSet[],
  counts: Counts,
  now: Date,
): Condition[] {
  const before = deployment.status?.conditions ?? [];
  const { maxUnavailable } = bounds(deployment);
  const enough = counts.availableReplicas >= counts.desired - maxUnavailable;
  const all = [
    enough
      ? word('Available', 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.')
      : word(
          'Available',
          'False',
          'MinimumReplicasUnavailable',
          'Deployment does not have minimum availability.',
        ),
    progressing(deployment, newest, sets, counts, now),
  ];
  return all.map((condition) => dated(condition, before, now));
}

type Word = Required<Pick<Condition, 'type' | 'status' | 'reason' | 'message'>>;

function word(type: string, status: Condition['status'], reason: string, message: string): Word {
  return { type, status, reason, message };
}

function progressing(
  deployment: Deployment,
  newest: ReplicaSet | null,
  sets: readonly ReplicaSet[],
  counts: Counts,
  now: Date,
): Word {
  const name = newest?.metadata.name ?? deployment.metadata.name;
  const before = deployment.status?.conditions?.find(({ type }) => type === 'Progressing');
  if (deployment.spec.paused === true)
    return word('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused');
  if (
    newest !== null &&
    isComplete(
      deployment,
      newest,
      sets.filter((set) => set !== newest),
    )
  )
    return word(
      'Progressing',
      'True',
      'NewReplicaSetAvailable',
      `ReplicaSet "${name}" has successfully progressed.`,
    );
  if (
    hasProgressed(deployment, sets, counts) ||
    before === undefined ||
    before.reason === 'NewReplicaSetAvailable'
  )
    return word('Progressing', 'True', 'ReplicaSetUpdated', `ReplicaSet "${name}" is progressing.`);
  if (deadlineOf(deployment, before) <= now.getTime())
    return word(
      'Progressing',
      'False',
      'ProgressDeadlineExceeded',
      `ReplicaSet "${name}" has timed out progressing.`,
    );
  return { message: '', reason: '', ...before } as Word;
}

/** More that is new, less that is old, or more that works, than when it was last reported. */
function hasProgressed({ status = {} }: Deployment, sets: readonly ReplicaSet[], counts: Counts): boolean {
  const oldBefore = (status.replicas ?? 0) - (status.updatedReplicas ?? 0);
  const oldNow = sum(sets, (set) => set.status?.replicas ?? 0) - counts.updatedReplicas;
  return (
    counts.updatedReplicas > (status.updatedReplicas ?? 0) ||
    oldNow < oldBefore ||
    counts.readyReplicas > (status.readyReplicas ?? 0) ||
    counts.availableReplicas > (status.availableReplicas ?? 0)
  );
}

/** When a roll-out that makes no progress counts as stuck, in ms since 1970. */
export function deadlineOf({ spec }: Deployment, progressing: Condition): number {
  return Date.parse(progressing.lastUpdateTime ?? '') + (spec.progressDeadlineSeconds ?? 600) * 1000;
}

/** The time of the last transition is that of the status, not of the reason. */
function dated(condition: Word, before: readonly Condition[], now: Date): Condition {
  const known = before.find(({ type }) => type === condition.type);
  const unchanged =
    known?.status === condition.status &&
    known.reason === condition.reason &&
    known.message === condition.message;
  const at = seconds(now);
  if (unchanged) return known;
  return {
    type: condition.type,
    status: condition.status,
    lastUpdateTime: at,
    lastTransitionTime: known?.status === condition.status ? (known.lastTransitionTime ?? at) : at,
    reason: condition.reason,
    message: condition.message,
  };
}

import { requirementsOf } from '../api/label-selector';
import type { Pod, ReplicaSet } from '../api/objects';
import { matchesLabels } from '../api/selectors';
import { isActive, isAvailable, isReady, leastMissedFirst } from './pod-readiness';

/** What a ReplicaSet's pods need done. Pure. Source: pkg/controller/replicaset/{replica_set,replica_set_utils}.go. */
export interface ReplicaSetPlan {
  readonly create: number;
  readonly delete: readonly Pod[];
  /** Without an owner, and fitting the selector: they get this one. */
  readonly adopt: readonly Pod[];
  /** Owned, and no longer fitting. */
  readonly release: readonly Pod[];
  readonly status: Required<Omit<NonNullable<ReplicaSet['status']>, 'conditions'>>;
  /** When a pod that is ready becomes available, in ms; null when none is waited for. */
  readonly lookAgainInMs: number | null;
}

/** pkg/controller/replicaset, BurstReplicas. */
const MOST_AT_ONCE = 500;

/** `pods`: those of its namespace. */
export function planReplicaSet(set: ReplicaSet, pods: readonly Pod[], now: Date): ReplicaSetPlan {
  const { uid, deletionTimestamp, generation = 0 } = set.metadata;
  const { replicas = 1, selector, template, minReadySeconds = 0 } = set.spec;
  const owned = pods.filter((pod) => controllerOf(pod)?.uid === uid);
  const requirements = requirementsOf(selector);
  const fits = (pod: Pod): boolean =>
    requirements !== null && matchesLabels(requirements, pod.metadata.labels);
  const leaving = deletionTimestamp !== undefined;
  const adopt = leaving ? [] : pods.filter((pod) => controllerOf(pod) === null && fits(pod) && isActive(pod));
  const release = leaving ? [] : owned.filter((pod) => !fits(pod));
  const active = [...owned.filter(fits), ...adopt].filter(isActive);
  const surplus = active.length - replicas;
  const labels = Object.entries(template.metadata?.labels ?? {});
  const available = active.filter((pod) => isAvailable(pod, minReadySeconds, now));
  const ready = active.filter(isReady);
  return {
    create: leaving ? 0 : Math.min(Math.max(-surplus, 0), MOST_AT_ONCE),
    delete:
      leaving || surplus <= 0
        ? []
        : [...active].sort(leastMissedFirst).slice(0, Math.min(surplus, MOST_AT_ONCE)),
    adopt,
    release,
    status: {
      replicas: active.length,
      fullyLabeledReplicas: active.filter((pod) =>
        labels.every(([key, value]) => pod.metadata.labels?.[key] === value),
      ).length,
      readyReplicas: ready.length,
      availableReplicas: available.length,
      observedGeneration: generation,
    },
    lookAgainInMs: ready.length > available.length ? minReadySeconds * 1000 : null,
  };
}

/** Null for a pod that nobody controls. */
export function controllerOf({ metadata }: Pick<Pod, 'metadata'>) {
  return metadata.ownerReferences?.find((it) => it.controller === true) ?? null;
}

/** The pod of a set, to be named by the apiserver. Source: pkg/controller/controller_utils.go (GetPodFromTemplate). */
export function podOf(set: ReplicaSet): object {
  const { name, namespace, uid } = set.metadata;
  const { metadata, spec } = set.spec.template;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      generateName: `${name.slice(0, 57)}-`,
      namespace,
      ...(metadata?.labels === undefined ? {} : { labels: metadata.labels }),
      ...(metadata?.annotations === undefined ? {} : { annotations: metadata.annotations }),
      ownerReferences: [ownerReference('apps/v1', 'ReplicaSet', name, uid ?? '')],
    },
    spec,
  };
}

export function ownerReference(apiVersion: string, kind: string, name: string, uid: string) {
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

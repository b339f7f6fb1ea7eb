import { conflict, type Failure, isFailure, notFound } from '../api/failures';
import type { KubeObject, Pod } from '../api/objects';
import { type Cluster, type Place, settled, uidPrecondition, type WriteOptions } from './place';
import { kinds, type ResourceKind } from './registry';
import { timestamp } from './storage';

/**
 * Deleting is not always removing: a pod on a node is marked and goes when its kubelet deletes it with grace 0, and an
 * object with finalizers goes when the last of them is taken off.
 * Source: k8s.io/apiserver pkg/registry/rest/delete.go, pkg/registry/core/pod/strategy.go.
 */
export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
}

/** `deleted` when the object is gone, `deleting` when it stays until its node or its finalizers let go of it. */
export type Deletion =
  | { readonly kind: 'deleted'; readonly object: KubeObject }
  | { readonly kind: 'deleting'; readonly object: KubeObject };

export function deleteObject(
  cluster: Cluster,
  place: Place,
  wanted: DeleteOptions,
  options: WriteOptions,
): Deletion | Failure {
  const { kind, name, namespace } = place;
  const current = cluster.storage.get(kind, namespace, name);
  if (current === null) return notFound(kind, name);
  const { uid, resourceVersion } = wanted.preconditions ?? {};
  if (uid !== undefined && uid !== current.metadata.uid)
    return uidPrecondition(kind, name, uid, current.metadata.uid ?? '');
  if (resourceVersion !== undefined && resourceVersion !== current.metadata.resourceVersion)
    return conflict(kind, name);

  const grace = graceOf(kind, current, wanted.gracePeriodSeconds);
  if (options.dryRun) return { kind: 'deleted', object: current };
  if (grace === 0 && (current.metadata.finalizers ?? []).length === 0) {
    if (kind.kind === 'Namespace') emptyNamespace(cluster, name);
    const object = settled(place, name, cluster.storage.delete(kind, namespace, name));
    return isFailure(object) ? object : { kind: 'deleted', object };
  }
  const marked: KubeObject = {
    ...current,
    metadata: {
      ...current.metadata,
      deletionTimestamp: timestamp(new Date(cluster.now().getTime() + grace * 1000)),
      deletionGracePeriodSeconds: grace,
    },
  };
  const object = settled(place, name, cluster.storage.update(kind, marked, undefined));
  return isFailure(object) ? object : { kind: 'deleting', object };
}

/** Only a pod that runs on a node has something to wind down (pkg/registry/core/pod/strategy.go, CheckGracefulDelete). */
function graceOf(kind: ResourceKind, object: KubeObject, wanted: number | undefined): number {
  if (kind.kind !== 'Pod') return 0;
  const pod = object as Pod;
  const phase = pod.status?.phase;
  if (!pod.spec.nodeName || phase === 'Failed' || phase === 'Succeeded') return 0;
  const grace = Math.max(0, wanted ?? pod.spec.terminationGracePeriodSeconds ?? 30);
  return Math.min(grace, pod.metadata.deletionGracePeriodSeconds ?? grace);
}

/** Upstream's namespace controller does this in its own time; nothing in the lab waits on it. */
function emptyNamespace(cluster: Cluster, namespace: string): void {
  for (const kind of kinds) {
    if (!kind.namespaced || kind.storage !== 'stored') continue;
    for (const { metadata } of cluster.storage.list(kind, namespace))
      cluster.storage.delete(kind, namespace, metadata.name);
  }
}

/** The last finalizer was taken off an object that was to be deleted. */
export function removeWhenReleased(cluster: Cluster, place: Place, object: KubeObject): KubeObject | Failure {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  if (
    deletionTimestamp === undefined ||
    (deletionGracePeriodSeconds ?? 0) > 0 ||
    (finalizers ?? []).length > 0
  )
    return object;
  return settled(place, place.name, cluster.storage.delete(place.kind, place.namespace, place.name));
}

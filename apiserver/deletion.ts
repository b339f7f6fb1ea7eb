import { type Failure, isFailure, notFound } from '../api/failures';
import type { KubeObject, Pod } from '../api/objects';
import { failure } from '../api/status';
import type { DeleteOptions } from './delete-options';
import { deleteNamespace, finishNamespace } from './namespace-deletion';
import { type Cluster, type Place, settled, type WriteOptions } from './place';
import type { ResourceKind } from './registry';
import { timestamp } from './storage';

export type { DeleteOptions } from './delete-options';

/**
 * Deleting is not always removing: a pod on a node is marked and goes when its kubelet deletes it with grace 0, and an
 * object with finalizers goes when the last of them is taken off.
 * Source: k8s.io/apiserver pkg/registry/rest/delete.go, pkg/registry/generic/registry/store.go,
 * pkg/registry/core/pod/strategy.go.
 */

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
  const refused = checkPreconditions(kind, current, wanted);
  if (refused !== null) return refused;
  if (kind.kind === 'Namespace') {
    const outcome = deleteNamespace(cluster, current, withFinalizers(current, wanted), options.dryRun);
    if (outcome !== null) return outcome;
  }
  const marked = kind.kind === 'Pod' ? markPod(current as Pod, wanted, cluster.now()) : null;
  if (marked === 'pending') return { kind: 'deleting', object: current };
  const finalizers = withFinalizers(current, wanted);
  const held = finalizers.length > 0;
  const grace = marked?.metadata.deletionGracePeriodSeconds ?? 0;
  const next =
    marked === null && !held
      ? null
      : withMetadata(marked ?? markedNow(current, cluster.now()), { finalizers });
  if (options.dryRun) return { kind: held || grace > 0 ? 'deleting' : 'deleted', object: next ?? current };
  if (next !== null) {
    const object = settled(place, name, cluster.storage.update(kind, next, undefined));
    if (isFailure(object)) return object;
    if (held || grace > 0) return { kind: 'deleting', object };
  }
  const object = remove(cluster, place);
  return isFailure(object) ? object : { kind: 'deleted', object };
}

/** An update of an object that is being deleted, if it takes off the last finalizer, removes it and stores nothing more. */
export function isReleased(kind: ResourceKind, object: KubeObject, current: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds } = current.metadata;
  if (deletionTimestamp === undefined || (deletionGracePeriodSeconds ?? 0) > 0) return false;
  if ((object.metadata.finalizers ?? []).length > 0) return false;
  if (kind.kind !== 'Namespace') return true;
  return ((object['spec'] as { finalizers?: string[] } | undefined)?.finalizers ?? []).length === 0;
}

/** What the writer that took the last finalizer off is answered with. */
export function released(object: KubeObject, { metadata }: KubeObject): KubeObject {
  const { uid, creationTimestamp } = metadata;
  const kept = { ...metadata, finalizers: [], ...object.metadata };
  return withMetadata(object, {
    ...kept,
    ...(uid && { uid }),
    ...(creationTimestamp && { creationTimestamp }),
  });
}

/** Takes the object out of storage; the last one of a namespace that is going lets that go too. */
export function remove(cluster: Cluster, place: Place): KubeObject | Failure {
  const { kind, name, namespace } = place;
  const object = settled(place, name, cluster.storage.delete(kind, namespace, name));
  if (!isFailure(object) && namespace !== '') finishNamespace(cluster, namespace);
  return object;
}

/** BeforeDelete's checks: the resource of these conflicts is the kind. */
function checkPreconditions(
  kind: ResourceKind,
  { metadata }: KubeObject,
  { preconditions }: DeleteOptions,
): Failure | null {
  const { uid, resourceVersion } = preconditions ?? {};
  const about = { group: kind.group, resource: kind.kind };
  const refuse = (why: string): Failure => {
    const qualified = about.group === '' ? about.resource : `${about.resource}.${about.group}`;
    const text = `Operation cannot be fulfilled on ${qualified} "${metadata.name}": ${why}`;
    const details = {
      name: metadata.name,
      ...(kind.group === '' ? {} : { group: kind.group }),
      kind: kind.kind,
    };
    return failure(409, text, 'Conflict', details);
  };
  if (uid != null && uid !== metadata.uid)
    return refuse(
      `the UID in the precondition (${uid}) does not match the UID in record (${metadata.uid}). The object might have been deleted and then recreated`,
    );
  if (resourceVersion != null && resourceVersion !== metadata.resourceVersion)
    return refuse(
      `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${metadata.resourceVersion}). The object might have been modified`,
    );
  return null;
}

/** The pod as its deletion marks it, grace 0 included; `pending` when it is being deleted and this asks for nothing sooner. */
function markPod(
  pod: Pod,
  { gracePeriodSeconds: asked }: DeleteOptions,
  now: Date,
): KubeObject | null | 'pending' {
  const { deletionTimestamp, deletionGracePeriodSeconds: before } = pod.metadata;
  if (deletionTimestamp !== undefined) {
    if (before === undefined || before === 0) return null;
    if (asked === undefined || asked >= before) return 'pending';
    const begun = Date.parse(deletionTimestamp) - before * 1000;
    return withMetadata(pod, {
      deletionTimestamp: timestamp(new Date(begun + asked * 1000)),
      deletionGracePeriodSeconds: asked,
    });
  }
  const phase = pod.status?.phase;
  const nothingRuns = !pod.spec.nodeName || phase === 'Failed' || phase === 'Succeeded';
  const wanted = nothingRuns ? 0 : (asked ?? pod.spec.terminationGracePeriodSeconds ?? 0);
  const grace = wanted < 0 ? 1 : wanted;
  return withMetadata(pod, {
    deletionTimestamp: timestamp(new Date(now.getTime() + grace * 1000)),
    deletionGracePeriodSeconds: grace,
  });
}

/** markAsDeleting: what waits for finalizers has no grace. */
function markedNow(object: KubeObject, now: Date): KubeObject {
  const { deletionTimestamp } = object.metadata;
  const begun = deletionTimestamp !== undefined && Date.parse(deletionTimestamp) <= now.getTime();
  return withMetadata(object, {
    ...(begun ? {} : { deletionTimestamp: timestamp(now) }),
    deletionGracePeriodSeconds: 0,
  });
}

const orphan = 'orphan';
const foreground = 'foregroundDeletion';

/** deletionFinalizersForGarbageCollection: the policy that is asked for, else the one that the object carries already. */
function withFinalizers({ metadata }: KubeObject, wanted: DeleteOptions): string[] {
  const before = metadata.finalizers ?? [];
  const others = before.filter((finalizer) => finalizer !== orphan && finalizer !== foreground);
  const policy =
    wanted.propagationPolicy ??
    (wanted.orphanDependents === undefined ? null : wanted.orphanDependents ? 'Orphan' : 'Background');
  switch (policy) {
    case 'Orphan':
      return [...others, orphan];
    case 'Foreground':
      return [...others, foreground];
    case 'Background':
      return others;
    case null:
      return before;
  }
  return policy satisfies never;
}

function withMetadata(object: KubeObject, more: Partial<KubeObject['metadata']>): KubeObject {
  const metadata = { ...object.metadata, ...more };
  if (metadata.finalizers?.length === 0) delete metadata.finalizers;
  return { ...object, metadata };
}

import { type Failure, isFailure } from '../api/failures';
import type { KubeObject } from '../api/objects';
import { failure } from '../api/status';
import { isAdmissionOn } from './admission/admission-plugins';
import type { Deletion } from './deletion';
import { type Cluster, settled } from './place';
import { kindOf, kinds } from './registry';
import { timestamp } from './storage';

/**
 * A namespace that is deleted is Terminating until its content is gone; the namespace controller empties it and then
 * takes the finalizer `kubernetes` off (subresource `finalize`). Where no controller-manager runs, this does its work
 * at once, and in its place: a namespace of a lab without one would else never go.
 * Source: pkg/registry/core/namespace/storage/storage.go, plugin/pkg/admission/namespace/lifecycle.
 */
const immortal = ['default', 'kube-public', 'kube-system'];

/** Null when nothing holds the namespace any more and it may be deleted like any other object. */
export function deleteNamespace(
  cluster: Cluster,
  current: KubeObject,
  finalizers: readonly string[],
  dryRun: boolean,
): Deletion | Failure | null {
  const { name } = current.metadata;
  if (immortal.includes(name) && isAdmissionOn(cluster, 'NamespaceLifecycle'))
    return failure(403, `namespaces "${name}" is forbidden: this namespace may not be deleted`, 'Forbidden', {
      name,
      kind: 'namespaces',
    });
  if (current.metadata.deletionTimestamp !== undefined)
    return finalizersOf(current).length > 0 ? { kind: 'deleting', object: current } : null;
  const { finalizers: _before, ...metadata } = current.metadata;
  const terminating: KubeObject = {
    ...current,
    metadata: {
      ...metadata,
      ...(finalizers.length > 0 ? { finalizers: [...finalizers] } : {}),
      deletionTimestamp: timestamp(cluster.now()),
    },
    status: { ...(current['status'] as object | undefined), phase: 'Terminating' },
  };
  if (dryRun) return { kind: 'deleting', object: terminating };
  const kind = kindOf('namespaces');
  const place = { kind, namespace: '', name };
  const object = settled(place, name, cluster.storage.update(kind, terminating, undefined));
  if (isFailure(object)) return object;
  if (!controllerRuns(cluster)) emptyNamespace(cluster, name);
  return { kind: 'deleting', object };
}

/** Without a controller: when the last object of a terminating namespace is gone, so is the namespace. */
export function finishNamespace(cluster: Cluster, name: string): void {
  const kind = kindOf('namespaces');
  const current = cluster.storage.get(kind, '', name);
  if (current?.metadata.deletionTimestamp === undefined || controllerRuns(cluster)) return;
  if (!isEmpty(cluster, name)) return;
  if ((current.metadata.finalizers ?? []).length > 0) {
    const spec = { ...(current['spec'] as object | undefined), finalizers: [] };
    cluster.storage.update(kind, { ...current, spec }, undefined);
  } else cluster.storage.delete(kind, '', name);
}

/** Whoever has the controller-manager's lease renews it while it runs (--leader-elect, on by default). */
function controllerRuns({ storage, now }: Cluster): boolean {
  const lease = storage.get(kindOf('leases'), 'kube-system', 'kube-controller-manager');
  const spec = lease?.['spec'] as { renewTime?: string; leaseDurationSeconds?: number } | undefined;
  const renewed = Date.parse(spec?.renewTime ?? '');
  return now().getTime() - renewed < (spec?.leaseDurationSeconds ?? 0) * 1000;
}

function emptyNamespace(cluster: Cluster, namespace: string): void {
  const deletionTimestamp = timestamp(cluster.now());
  for (const kind of kinds) {
    if (!kind.namespaced || kind.storage !== 'stored') continue;
    for (const object of cluster.storage.list(kind, namespace)) {
      const { name, finalizers } = object.metadata;
      if ((finalizers ?? []).length === 0) cluster.storage.delete(kind, namespace, name);
      else if (object.metadata.deletionTimestamp === undefined) {
        const metadata = { ...object.metadata, deletionTimestamp, deletionGracePeriodSeconds: 0 };
        cluster.storage.update(kind, { ...object, metadata }, undefined);
      }
    }
  }
  finishNamespace(cluster, namespace);
}

function isEmpty({ storage }: Cluster, namespace: string): boolean {
  return kinds.every(
    (kind) =>
      !kind.namespaced ||
      kind.storage !== 'stored' ||
      (storage.snapshot(kind, namespace, storage.revision)?.keys.length ?? 0) === 0,
  );
}

function finalizersOf(namespace: KubeObject): readonly string[] {
  return (namespace['spec'] as { finalizers?: string[] } | undefined)?.finalizers ?? [];
}

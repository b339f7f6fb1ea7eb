import { randomInt } from 'node:crypto';
import {
  alreadyExists,
  badRequest,
  conflict,
  type Failure,
  invalid,
  isFailure,
  notFound,
  plainError,
} from '../api/failures';
import type { KubeObject, Pod, Service } from '../api/objects';
import { failure } from '../api/status';
import { allocateClusterIp, type ClusterIpRange, inRange } from './cluster-ip';
import { applyDefaults } from './defaulting';
import { matchesSelection, type Selection } from './list-options';
import { applyPatch } from './patch';
import { apiVersionOf, kindOf, kinds, type ResourceKind } from './registry';
import { asObject } from './request-body';
import { type Storage, timestamp, type WriteRefusal } from './storage';
import { validate } from './validation';

/**
 * What can be done with stored objects, each operation with its checks in upstream's order and words. Nothing here
 * knows HTTP: objects in, objects or a Failure out.
 * Source: k8s.io/apiserver pkg/registry/generic/registry/store.go, pkg/registry/rest/{create,update,delete}.go.
 */
export interface Cluster {
  readonly storage: Storage;
  readonly clusterIps: ClusterIpRange;
  readonly now: () => Date;
}

/** Where an object is: the URL's namespace ('' for kinds without), and its name. */
export interface Place {
  readonly kind: ResourceKind;
  readonly namespace: string;
  readonly name: string;
}

export interface WriteOptions {
  readonly dryRun: boolean;
}

export function getObject(cluster: Cluster, place: Place): KubeObject | Failure {
  return cluster.storage.get(place.kind, place.namespace, place.name) ?? notFound(place.kind, place.name);
}

export function listObjects(
  cluster: Cluster,
  kind: ResourceKind,
  namespace: string,
  selection: Selection,
): KubeObject[] {
  return cluster.storage.list(kind, namespace).filter((object) => matchesSelection(kind, selection, object));
}

export function createObject(
  cluster: Cluster,
  place: Place,
  given: KubeObject,
  options: WriteOptions,
): KubeObject | Failure {
  const { kind } = place;
  const object = structuredClone(given);
  const misplaced = placeInNamespace(cluster, place, object);
  if (misplaced !== null) return misplaced;
  if (object.metadata.resourceVersion)
    return plainError('resourceVersion should not be set on objects to be created');
  if (object.metadata.name === '' && object.metadata.generateName)
    object.metadata.name = generatedName(object.metadata.generateName);
  // A pod or a service is what its creator wants; its status is what others then report (strategy.go, PrepareForCreate).
  if (kind.kind === 'Pod' || kind.kind === 'Service') delete object['status'];
  const errors = validate(kind, object);
  if (errors.length > 0) return invalid(kind, object.metadata.name, errors);
  applyDefaults(kind, object);
  if (cluster.storage.get(kind, place.namespace, object.metadata.name) !== null) {
    return alreadyExists(kind, object.metadata.name);
  }
  if (kind.kind === 'Service') {
    const refused = assignClusterIp(cluster, object as Service);
    if (refused !== null) return refused;
  }
  if (options.dryRun) return object;
  return settled(place, object.metadata.name, cluster.storage.create(kind, object));
}

/** PUT, on the object or on its status: each of the two leaves the other's part as it was. */
export function updateObject(
  cluster: Cluster,
  place: Place & { readonly subresource: '' | 'status' },
  given: KubeObject,
  options: WriteOptions,
): KubeObject | Failure {
  const { kind, name, namespace } = place;
  const object = structuredClone(given);
  if (object.metadata.name !== name) {
    return badRequest(
      `the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`,
    );
  }
  const misplaced = placeInNamespace(cluster, place, object);
  if (misplaced !== null) return misplaced;
  const current = cluster.storage.get(kind, namespace, name);
  if (current === null) return notFound(kind, name);
  if (object.metadata.uid && object.metadata.uid !== current.metadata.uid) {
    return uidPrecondition(kind, name, object.metadata.uid, current.metadata.uid ?? '');
  }
  const merged = mergeParts(kind, place.subresource, object, current);
  const errors = [...validate(kind, merged), ...validateChange(kind, merged, current)];
  if (errors.length > 0) return invalid(kind, name, errors);
  if (place.subresource === '') applyDefaults(kind, merged);
  const expected = object.metadata.resourceVersion;
  if (options.dryRun) {
    return expected && expected !== current.metadata.resourceVersion ? conflict(kind, name) : merged;
  }
  const stored = settled(place, name, cluster.storage.update(kind, merged, expected));
  return isFailure(stored) ? stored : removeWhenReleased(cluster, place, stored);
}

export function patchObject(
  cluster: Cluster,
  place: Place & { readonly subresource: '' | 'status' },
  patch: { readonly contentType: string; readonly value: unknown },
  options: WriteOptions,
): KubeObject | Failure {
  const current = cluster.storage.get(place.kind, place.namespace, place.name);
  if (current === null) return notFound(place.kind, place.name);
  const patched = applyPatch(current, patch.contentType, patch.value);
  if (patched.kind !== 'patched')
    return patched.code === 422 ? { ...patched, ...patchRefusal(place, patched) } : patched;
  const object = asObject(place.kind, patched.value, Buffer.alloc(0));
  return isFailure(object) ? object : updateObject(cluster, place, object, options);
}

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
function removeWhenReleased(cluster: Cluster, place: Place, object: KubeObject): KubeObject | Failure {
  const { deletionTimestamp, deletionGracePeriodSeconds, finalizers } = object.metadata;
  if (
    deletionTimestamp === undefined ||
    (deletionGracePeriodSeconds ?? 0) > 0 ||
    (finalizers ?? []).length > 0
  )
    return object;
  return settled(place, place.name, cluster.storage.delete(place.kind, place.namespace, place.name));
}

function placeInNamespace(cluster: Cluster, { kind, namespace }: Place, object: KubeObject): Failure | null {
  if (!kind.namespaced) {
    delete object.metadata.namespace;
    return null;
  }
  if (
    object.metadata.namespace !== undefined &&
    object.metadata.namespace !== '' &&
    object.metadata.namespace !== namespace
  ) {
    return badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  }
  object.metadata.namespace = namespace;
  const home = cluster.storage.get(kindOf('namespaces'), '', namespace);
  if (home === null) return notFound({ group: '', resource: 'namespaces' }, namespace);
  if (home.metadata.deletionTimestamp !== undefined) {
    const { name } = object.metadata;
    return failure(
      403,
      `${kind.resource} "${name}" is forbidden: unable to create new content in namespace ${namespace} because it is being terminated`,
      'Forbidden',
      { name, kind: kind.resource },
    );
  }
  return null;
}

/** k8s.io/apiserver pkg/storage/names/generate.go: no vowels and no look-alikes, so that no words appear. */
function generatedName(base: string): string {
  const letters = 'bcdfghjklmnpqrstvwxz2456789';
  const tail = Array.from({ length: 5 }, () => letters.charAt(randomInt(letters.length))).join('');
  return `${base.slice(0, 58)}${tail}`;
}

function mergeParts(
  kind: ResourceKind,
  subresource: '' | 'status',
  given: KubeObject,
  current: KubeObject,
): KubeObject {
  const hasStatus = kind.subresources.some(({ name }) => name === 'status');
  if (subresource === 'status') {
    const { labels, annotations } = given.metadata;
    const metadata = { ...current.metadata, ...(labels && { labels }), ...(annotations && { annotations }) };
    return { ...current, metadata, status: given['status'] };
  }
  if (!hasStatus) return given;
  const { status: _ignored, ...rest } = given;
  return { ...rest, ...(current['status'] === undefined ? {} : { status: current['status'] }) } as KubeObject;
}

function validateChange(kind: ResourceKind, object: KubeObject, current: KubeObject) {
  if (kind.kind === 'Service') {
    const spec = (object as Service).spec;
    const before = (current as Service).spec;
    if (!spec.clusterIP && before.clusterIP)
      Object.assign(spec, { clusterIP: before.clusterIP, clusterIPs: before.clusterIPs });
    if (before.clusterIP && spec.clusterIP !== before.clusterIP) {
      const text = `Invalid value: ${JSON.stringify(spec.clusterIP)}: field is immutable`;
      return [{ field: 'spec.clusterIP', type: 'FieldValueInvalid' as const, text }];
    }
  }
  if (
    kind.group === 'rbac.authorization.k8s.io' &&
    JSON.stringify(object['roleRef']) !== JSON.stringify(current['roleRef'])
  ) {
    const text = `Invalid value: ${JSON.stringify(object['roleRef'])}: cannot change roleRef`;
    return [{ field: 'roleRef', type: 'FieldValueInvalid' as const, text }];
  }
  return [];
}

function assignClusterIp(cluster: Cluster, service: Service): Failure | null {
  const { spec } = service;
  if (spec.type === 'ExternalName' || spec.clusterIP === 'None') {
    if (spec.clusterIP === 'None') spec.clusterIPs = ['None'];
    return null;
  }
  const services = kindOf('services');
  const used = new Set<string>();
  for (const other of cluster.storage.each(services, '')) used.add((other as Service).spec.clusterIP ?? '');
  const wanted = spec.clusterIP;
  if (wanted && (used.has(wanted) || !inRange(cluster.clusterIps, wanted))) {
    const why = used.has(wanted)
      ? 'provided IP is already allocated'
      : 'the provided IP is not in the valid range';
    const text = `Invalid value: ["${wanted}"]: failed to allocate IP ${wanted}: ${why}`;
    return invalid(services, service.metadata.name, [
      { field: 'spec.clusterIPs', type: 'FieldValueInvalid', text },
    ]);
  }
  const chosen = wanted || allocateClusterIp(cluster.clusterIps, used);
  if (chosen === null) return plainError('failed to allocate a serviceIP: range is full');
  spec.clusterIP = chosen;
  spec.clusterIPs = [chosen];
  return null;
}

function settled(place: Place, name: string, outcome: KubeObject | WriteRefusal): KubeObject | Failure {
  if ('metadata' in outcome) return outcome;
  switch (outcome.kind) {
    case 'exists':
      return alreadyExists(place.kind, name);
    case 'missing':
      return notFound(place.kind, name);
    case 'stale':
      return conflict(place.kind, name);
  }
  return outcome satisfies never;
}

function uidPrecondition(kind: ResourceKind, name: string, wanted: string, actual: string): Failure {
  const refused = conflict(kind, name);
  const why = `Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${actual}`;
  const [before] = (refused.message ?? '').split(': the object has been modified');
  return { ...refused, message: `${before}: ${why}` };
}

/** A JSON patch that does not apply: 422 with the bare text of the library (handlers/patch.go, NewGenericServerResponse). */
function patchRefusal(place: Place, refused: Failure): Partial<Failure> {
  const text =
    refused.details?.causes?.[0]?.message ?? 'the server rejected our request due to an error in our request';
  return {
    message: text,
    details: {
      name: place.name,
      kind: place.kind.resource,
      ...(place.kind.group === '' ? {} : { group: place.kind.group }),
    },
  };
}

export function listOf(kind: ResourceKind, items: readonly KubeObject[], resourceVersion: string): object {
  return { kind: `${kind.kind}List`, apiVersion: apiVersionOf(kind), metadata: { resourceVersion }, items };
}

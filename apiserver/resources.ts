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
import type { KubeObject } from '../api/objects';
import { failure } from '../api/status';
import { admitCreate, admitUpdate } from './admission';
import { isAdmissionOn } from './admission/admission-plugins';
import { applyDefaults } from './defaulting/apply-defaults';
import { isReleased, released, remove } from './deletion';
import { validateDeletion } from './deletion-fields';
import { applyPatch } from './patch/apply-patch';
import { decodePatched } from './patch/decode-patched';
import {
  type Cluster,
  type ObjectPart,
  type Place,
  settled,
  uidPrecondition,
  type WriteOptions,
} from './place';
import { admitPod } from './pod-admission';
import { refuseEscalation } from './rbac-escalation';
import { kindOf } from './registry';
import { allocateAddresses } from './service-address';
import { prepareForCreate, prepareForUpdate } from './strategy';
import { validate, validateUpdate } from './validation/validate';

/**
 * What can be done with stored objects, each operation with its checks in upstream's order and words. Nothing here
 * knows HTTP: objects in, objects or a Failure out.
 * Source: k8s.io/apiserver pkg/registry/generic/registry/store.go, pkg/registry/rest/{create,update,delete}.go.
 */
export function getObject(cluster: Cluster, place: Place): KubeObject | Failure {
  return cluster.storage.get(place.kind, place.namespace, place.name) ?? notFound(place.kind, place.name);
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
  const terminating = refuseWhereTerminating(cluster, place, object);
  if (terminating !== null) return terminating;
  const escalating = refuseEscalation(cluster, place, object, null, options);
  if (escalating !== null) return escalating;
  if (object.metadata.resourceVersion)
    return plainError('resourceVersion should not be set on objects to be created');
  if (object.metadata.name === '' && object.metadata.generateName)
    object.metadata.name = generatedName(object.metadata.generateName);
  applyDefaults(kind, object);
  const notAdmitted = kind.kind === 'Pod' ? admitPod(cluster, object, null) : null;
  if (notAdmitted !== null) return notAdmitted;
  prepareForCreate(kind, object, options);
  // BeginCreate: a service has its addresses before it is judged.
  if (kind.kind === 'Service') {
    const refused = allocateAddresses(cluster, object, null);
    if (refused !== null) return refused;
  }
  const errors = validate(kind, object);
  if (errors.length > 0) return invalid(kind, object.metadata.name, errors);
  const forbidden = admitCreate(cluster, kind, object);
  if (forbidden !== null) return forbidden;
  if (cluster.storage.get(kind, place.namespace, object.metadata.name) !== null) {
    return alreadyExists(kind, object.metadata.name);
  }
  if (options.dryRun) return object;
  return settled(place, object.metadata.name, cluster.storage.create(kind, object));
}

/** PUT, on the object or on its status: each of the two leaves the other's part as it was. */
export function updateObject(
  cluster: Cluster,
  place: Place & { readonly subresource: ObjectPart },
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
  const expected = object.metadata.resourceVersion;
  if (expected && expected !== current.metadata.resourceVersion) return conflict(kind, name);
  const escalating = refuseEscalation(cluster, place, object, current, options);
  if (escalating !== null) return escalating;
  if (place.subresource === '' || place.subresource === 'ephemeralcontainers') applyDefaults(kind, object);
  if (kind.kind === 'Pod' && place.subresource === '') {
    const refused = admitPod(cluster, object, current);
    if (refused !== null) return refused;
  }
  const merged = prepareForUpdate(kind, place.subresource, object, current, cluster.now());
  if (kind.kind === 'Service' && place.subresource === '') {
    const refused = allocateAddresses(cluster, merged, current);
    if (refused !== null) return refused;
  }
  const errors = [
    ...validateDeletion(merged, current),
    ...validateUpdate(kind, place.subresource, merged, current),
  ];
  if (errors.length > 0) return invalid(kind, name, errors);
  const forbidden = admitUpdate(cluster, kind, place.subresource, merged, current, options);
  if (forbidden !== null) return forbidden;
  if (options.dryRun) return merged;
  if (isReleased(kind, merged, current)) {
    const removed = remove(cluster, place);
    return isFailure(removed) ? removed : released(merged, current);
  }
  return settled(place, name, cluster.storage.update(kind, merged, expected));
}

export function patchObject(
  cluster: Cluster,
  place: Place & { readonly subresource: ObjectPart },
  patch: { readonly contentType: string; readonly value: unknown },
  options: WriteOptions,
): KubeObject | Failure {
  const current = cluster.storage.get(place.kind, place.namespace, place.name);
  if (current === null) return notFound(place.kind, place.name);
  const patched = applyPatch(current, patch.contentType, patch.value);
  if (patched.kind !== 'patched') return patched;
  const decoded = decodePatched(
    place.kind,
    { ...patched, mediaType: patch.contentType, patch: patch.value },
    options.fieldValidation ?? 'Warn',
  );
  if (isFailure(decoded)) return decoded;
  options.warn?.(decoded.warnings);
  return updateObject(cluster, place, decoded.object, options);
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
  return null;
}

/** Admission NamespaceLifecycle: nothing new in a namespace that goes; what is there may still be changed. */
function refuseWhereTerminating(
  cluster: Cluster,
  { kind, namespace }: Place,
  { metadata: { name } }: KubeObject,
): Failure | null {
  if (!isAdmissionOn(cluster, 'NamespaceLifecycle')) return null;
  const home = kind.namespaced ? cluster.storage.get(kindOf('namespaces'), '', namespace) : null;
  if (home?.metadata.deletionTimestamp === undefined) return null;
  const qualified = kind.group === '' ? kind.resource : `${kind.resource}.${kind.group}`;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  return failure(403, `${qualified} "${name}" is forbidden: ${why}`, 'Forbidden', {
    ...(name === '' ? {} : { name }),
    ...(kind.group === '' ? {} : { group: kind.group }),
    kind: kind.resource,
    causes: [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  });
}

/** k8s.io/apiserver pkg/storage/names/generate.go: no vowels and no look-alikes, so that no words appear. */
function generatedName(base: string): string {
  const letters = 'bcdfghjklmnpqrstvwxz2456789';
  const tail = Array.from({ length: 5 }, () => letters.charAt(randomInt(letters.length))).join('');
  return `${base.slice(0, 58)}${tail}`;
}

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
import { admitCreate, admitUpdate } from './admission';
import { type ObjectWrite, restrictNode } from './admission/node-restriction';
import type { User } from './authorize';
import { applyDefaults } from './defaulting/apply-defaults';
import { isReleased, released, remove } from './deletion';
import { validateDeletion } from './deletion-fields';
import { differsInTimesOnly } from './managed-fields/differs-in-times-only';
import { serverSideApply } from './managed-fields/server-side-apply';
import { trackUpdate } from './managed-fields/track-update';
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
import { placeInNamespace, refuseWhereTerminating } from './place-in-namespace';
import { admitPod } from './pod-admission';
import { randomSuffix } from './random-suffix';
import { refuseEscalation } from './rbac-escalation';
import { allocateAddresses } from './service-address';
import { prepareForCreate, prepareForUpdate } from './strategy';
import { mustSayVersion, refuseCreation, uidMismatch, validateUid } from './update-rules';
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
  return create(cluster, place, structuredClone(given), options, (object) => {
    if (options.fieldManager === undefined) return undefined;
    const { fieldManager: manager } = options;
    return trackUpdate({ current: null, object, manager, subresource: '', now: cluster.now() });
  });
}

/** Who owns what of an object that has its defaults; undefined where nobody does. */
type Owners = (object: KubeObject) => readonly object[] | undefined;

function create(
  cluster: Cluster,
  place: Place,
  object: KubeObject,
  options: WriteOptions,
  owners: Owners,
): KubeObject | Failure {
  const { kind } = place;
  const misplaced = placeInNamespace(cluster, place, object);
  if (misplaced !== null) return misplaced;
  const terminating = refuseWhereTerminating(cluster, place, object);
  if (terminating !== null) return terminating;
  const escalating = refuseEscalation(cluster, place, object, null, options);
  if (escalating !== null) return escalating;
  if (object.metadata.resourceVersion)
    return plainError('resourceVersion should not be set on objects to be created');
  const write: ObjectWrite = {
    operation: 'create',
    kind,
    subresource: '',
    namespace: place.namespace,
    name: object.metadata.name,
    object,
    current: null,
  };
  if (object.metadata.name === '' && object.metadata.generateName)
    object.metadata.name = generatedName(cluster, place, object.metadata.generateName, options.user);
  applyDefaults(kind, object);
  own(object, owners(object));
  const notAdmitted = (kind.kind === 'Pod' ? admitPod : restrictNode)(cluster, write, options);
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
  const misnamed = placeUnderName(cluster, place, object);
  if (misnamed !== null) return misnamed;
  const current = cluster.storage.get(kind, namespace, name);
  if (current === null) {
    if (!kind.createOnUpdate || place.subresource !== '') return notFound(kind, name);
    return refuseCreation(place, options) ?? createObject(cluster, place, object, options);
  }
  if (object.metadata.uid && object.metadata.uid !== current.metadata.uid) {
    return uidPrecondition(kind, name, object.metadata.uid, current.metadata.uid ?? '');
  }
  return update(cluster, place, object, current, options, updateOwners(cluster, place, current, options));
}

function updateOwners(
  cluster: Cluster,
  { subresource }: { readonly subresource: ObjectPart },
  current: KubeObject,
  { fieldManager }: WriteOptions,
): Owners {
  return (object) =>
    fieldManager === undefined
      ? current.metadata.managedFields
      : trackUpdate({ current, object, manager: fieldManager, subresource, now: cluster.now() });
}

function update(
  cluster: Cluster,
  place: Place & { readonly subresource: ObjectPart },
  object: KubeObject,
  current: KubeObject,
  options: WriteOptions,
  owners: Owners,
): KubeObject | Failure {
  const { kind, name } = place;
  const expected = object.metadata.resourceVersion;
  if (!expected && !kind.unconditionalUpdate) return mustSayVersion(kind, name);
  if (expected && expected !== current.metadata.resourceVersion) return conflict(kind, name);
  const escalating = refuseEscalation(cluster, place, object, current, options);
  if (escalating !== null) return escalating;
  if (place.subresource === '' || place.subresource === 'ephemeralcontainers') applyDefaults(kind, object);
  const managedFields = owners(object);
  const write: ObjectWrite = { ...place, operation: 'update', object, current };
  const admit = kind.kind === 'Pod' && place.subresource === '' ? admitPod : restrictNode;
  const notAdmitted = admit(cluster, write, options);
  if (notAdmitted !== null) return notAdmitted;
  const merged = prepareForUpdate(kind, place.subresource, object, current, cluster.now());
  merged.metadata = { ...merged.metadata };
  own(merged, managedFields);
  if (kind.kind === 'Service' && place.subresource === '') {
    const refused = allocateAddresses(cluster, merged, current);
    if (refused !== null) return refused;
  }
  const errors = [
    ...validateUid(merged, current),
    ...validateDeletion(merged, current),
    ...validateUpdate(kind, place.subresource, merged, current),
  ];
  if (errors.length > 0) return invalid(kind, name, errors);
  const forbidden = admitUpdate(cluster, kind, place.subresource, merged, current, options);
  if (forbidden !== null) return forbidden;
  if (differsInTimesOnly(merged, current)) own(merged, current.metadata.managedFields);
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
  if (patch.contentType === 'application/apply-patch+yaml')
    return applyObject(cluster, place, patch.value, current, options);
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
  const { object } = decoded;
  const misnamed = placeUnderName(cluster, place, object);
  if (misnamed !== null) return misnamed;
  return update(cluster, place, object, current, options, updateOwners(cluster, place, current, options));
}

/** Server-side apply makes what is not there. */
function applyObject(
  cluster: Cluster,
  place: Place & { readonly subresource: ObjectPart },
  configuration: unknown,
  current: KubeObject | null,
  options: WriteOptions,
): KubeObject | Failure {
  const { kind, name, subresource } = place;
  if (current === null && subresource !== '') return notFound(kind, name);
  const { fieldManager: manager = '', force = false } = options;
  const applied = serverSideApply({
    kind,
    current,
    configuration,
    manager,
    force,
    subresource,
    now: cluster.now(),
  });
  if (isFailure(applied)) return applied;
  const decoded = decodePatched(
    kind,
    {
      value: applied.value,
      strictErrors: [],
      mediaType: 'application/apply-patch+yaml',
      patch: configuration,
    },
    'Ignore',
  );
  if (isFailure(decoded)) return decoded;
  const { object } = decoded;
  const owners: Owners = () => applied.value.metadata.managedFields;
  const misnamed = placeUnderName(cluster, place, object);
  if (misnamed !== null) return misnamed;
  if (current !== null) return update(cluster, place, object, current, options, owners);
  if (object.metadata.uid) return uidMismatch(kind, name, object.metadata.uid);
  return refuseCreation(place, options) ?? create(cluster, place, object, options, owners);
}

function own({ metadata }: KubeObject, managedFields: readonly object[] | undefined): void {
  if (managedFields === undefined) delete metadata.managedFields;
  else metadata.managedFields = managedFields;
}

function placeUnderName(cluster: Cluster, place: Place, object: KubeObject): Failure | null {
  const { name } = object.metadata;
  if (name !== place.name) {
    return badRequest(`the name of the object (${name}) does not match the name on the URL (${place.name})`);
  }
  return placeInNamespace(cluster, place, object);
}

/** Whoever asks has names of its own: two nodes that ask at once would otherwise get each other's at the next run. */
function generatedName(
  { randomFor }: Cluster,
  { kind, namespace }: Place,
  base: string,
  user?: User,
): string {
  const label = `name ${kind.resource} ${namespace} ${base} ${user?.name ?? ''}`;
  return `${base.slice(0, 58)}${randomSuffix(randomFor(label))}`;
}

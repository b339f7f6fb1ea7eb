import { conflict, type Failure, type FieldError, invalid } from '../api/failures';
import type { KubeObject } from '../api/objects';
import { forbidden } from './authorize';
import type { Place, WriteOptions } from './place';
import type { ResourceKind } from './registry';

/** What an update may do. Source: k8s.io/apiserver pkg/registry/generic/registry/store.go (Update). */
export function mustSayVersion({ group, resource }: ResourceKind, name: string): Failure {
  const text = 'Invalid value: 0x0: must be specified for an update';
  return invalid({ group, kind: resource }, name, [
    { field: 'metadata.resourceVersion', type: 'FieldValueInvalid', text },
  ]);
}

/** Who may update may not create for that alone (handlers/create.go, withAuthorization). */
export function refuseCreation(place: Place, { allows, user }: WriteOptions): Failure | null {
  const { kind, name, namespace } = place;
  const { group, resource } = kind;
  if (allows === undefined || user === undefined) return null;
  if (allows({ verb: 'create', group, resource, name, namespace })) return null;
  return forbidden(
    { kind: 'resource', user, verb: 'create', group, resource, name, namespace, subresource: '' },
    '',
  );
}

/** An apply that names an object which is not there (handlers/patch.go, applyPatch). */
export function uidMismatch(kind: ResourceKind, name: string, uid: string): Failure {
  const refused = conflict(kind, name);
  const [before] = (refused.message ?? '').split(': the object has been modified');
  const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`;
  return { ...refused, message: `${before}: ${why}` };
}

/** k8s.io/apimachinery pkg/api/validation/objectmeta.go (ValidateObjectMetaAccessorUpdate). */
export function validateUid({ metadata }: KubeObject, current: KubeObject): FieldError[] {
  const { uid } = metadata;
  if (!uid || uid === current.metadata.uid) return [];
  const text = `Invalid value: ${JSON.stringify(uid)}: field is immutable`;
  return [{ field: 'metadata.uid', type: 'FieldValueInvalid', text }];
}

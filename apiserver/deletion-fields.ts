import type { FieldError } from '../api/failures';
import type { KubeObject } from '../api/objects';

/**
 * What an update may not do to an object that is being deleted. The deletion itself is nobody's to write.
 * Source: k8s.io/apimachinery pkg/api/validation/objectmeta.go (ValidateObjectMetaAccessorUpdate).
 */
export function validateDeletion(object: KubeObject, current: KubeObject): FieldError[] {
  const [next, before] = [object.metadata, current.metadata];
  const errors: FieldError[] = [];
  if (before.deletionTimestamp !== undefined) {
    const known = new Set(before.finalizers ?? []);
    const extra = [...new Set(next.finalizers ?? [])].filter((finalizer) => !known.has(finalizer)).sort();
    if (extra.length > 0) {
      const list = extra.map((finalizer) => JSON.stringify(finalizer)).join(', ');
      const why = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`;
      errors.push({ field: 'metadata.finalizers', type: 'FieldValueForbidden', text: `Forbidden: ${why}` });
    }
  }
  for (const field of ['deletionTimestamp', 'deletionGracePeriodSeconds'] as const) {
    const value = next[field];
    if (value == null || value === before[field]) continue;
    const text = `Invalid value: ${JSON.stringify(value)}: field is immutable`;
    errors.push({ field: `metadata.${field}`, type: 'FieldValueInvalid', text });
  }
  return errors;
}

import type { FieldError } from '../../api/failures';
import { type Fields, textOf } from '../../api/fields';
import { invalidValue, notSupported, required } from './field-errors';

/**
 * A field of the pod that goes into its environment or its files.
 * Source: pkg/apis/core/validation/validation.go (validateObjectFieldSelector), pkg/apis/core/pods/helpers.go.
 */
export function fieldPathErrors(at: string, reference: Fields, supported: readonly string[]): FieldError[] {
  const path = textOf(reference['fieldPath']);
  if (textOf(reference['apiVersion']) === '') return [required(`${at}.apiVersion`)];
  if (path === '') return [required(`${at}.fieldPath`)];
  if (/^metadata\.(annotations|labels)\['.+'\]$/.test(path)) return [];
  if (!convertible.includes(path)) {
    const why = `error converting fieldPath: field label not supported: ${path}`;
    return [invalidValue(`${at}.fieldPath`, path, why)];
  }
  return supported.includes(path) ? [] : [notSupported(`${at}.fieldPath`, path, supported)];
}

const convertible = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.schedulerName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.phase',
  'status.podIP',
  'status.podIPs',
];

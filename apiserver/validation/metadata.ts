import type { FieldError } from '../../api/failures';
import { itemsOf, textOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import type { ResourceKind } from '../registry';
import { invalidValue, required, tooLong } from './field-errors';
import {
  isDnsLabel,
  isLabelValue,
  isPathSegment,
  isQualifiedName,
  isServiceLabel,
  isSubdomain,
  type NameRule,
  prefixRule,
} from './names';

/**
 * What every object says about itself.
 * Source: k8s.io/apimachinery pkg/api/validation/objectmeta.go (ValidateObjectMetaAccessor), pkg/apis/meta/v1/validation.
 */
export function validateMetadata(kind: ResourceKind, { metadata }: KubeObject): FieldError[] {
  const rule = nameRule(kind);
  const { name, generateName = '' } = metadata;
  const prefixErrors = generateName === '' ? [] : prefixRule(rule)(generateName);
  return [
    ...prefixErrors.map((why) => invalidValue('metadata.generateName', generateName, why)),
    ...(name === ''
      ? [required('metadata.name', 'name or generateName is required')]
      : rule(name).map((why) => invalidValue('metadata.name', name, why))),
    ...labelErrors(metadata.labels ?? {}, 'metadata.labels'),
    ...annotationErrors(metadata.annotations ?? {}, 'metadata.annotations'),
    ...ownerErrors(metadata),
    ...finalizerErrors(metadata.finalizers ?? []),
  ];
}

function nameRule(kind: ResourceKind): NameRule {
  if (kind.group === 'rbac.authorization.k8s.io') return isPathSegment;
  switch (kind.kind) {
    case 'CertificateSigningRequest':
    case 'Event':
      return isPathSegment;
    case 'Namespace':
      return isDnsLabel;
    case 'Service':
      return isServiceLabel;
  }
  return isSubdomain;
}

export function labelErrors(labels: Readonly<Record<string, unknown>>, at: string): FieldError[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...isQualifiedName(key).map((why) => invalidValue(at, key, why)),
    ...isLabelValue(String(value)).map((why) => invalidValue(at, String(value), why)),
  ]);
}

/** 256 KiB: TotalAnnotationSizeLimitB. */
const annotationLimit = 262_144;

export function annotationErrors(annotations: Readonly<Record<string, unknown>>, at: string): FieldError[] {
  const entries = Object.entries(annotations);
  const size = entries.reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(String(value)),
    0,
  );
  return [
    ...entries.flatMap(([key]) =>
      isQualifiedName(key.toLowerCase()).map((why) => invalidValue(at, key, why)),
    ),
    ...(size > annotationLimit ? [tooLong(at, annotationLimit)] : []),
  ];
}

function ownerErrors(metadata: object): FieldError[] {
  const owners = itemsOf((metadata as { ownerReferences?: unknown }).ownerReferences);
  const at = 'metadata.ownerReferences';
  const errors = owners.flatMap((owner) => {
    const apiVersion = textOf(owner['apiVersion']);
    const parts = apiVersion.split('/');
    const noVersion = parts.at(-1) === '' || parts.length > 2;
    return [
      ...(noVersion ? [invalidValue(`${at}.apiVersion`, apiVersion, 'version must not be empty')] : []),
      ...['kind', 'name', 'uid']
        .filter((key) => textOf(owner[key]) === '')
        .map((key) => invalidValue(`${at}.${key}`, '', `${key} must not be empty`)),
    ];
  });
  const controllers = owners.filter(({ controller }) => controller === true).map(({ name }) => textOf(name));
  if (controllers.length > 1) {
    const [first, second] = controllers;
    const why = `Only one reference can have Controller set to true. Found "true" in references for ${first} and ${second}`;
    errors.push(invalidValue(at, owners, why));
  }
  return errors;
}

const standardFinalizers = ['foregroundDeletion', 'kubernetes', 'orphan'];

/** ValidateFinalizers, and validateKubeFinalizerName of pkg/apis/core/validation for those without a domain. */
function finalizerErrors(finalizers: readonly string[]): FieldError[] {
  const at = 'metadata.finalizers';
  const errors = finalizers.flatMap((name) =>
    isQualifiedName(name).map((why) => invalidValue(at, name, why)),
  );
  const why = 'name is neither a standard finalizer name nor is it fully qualified';
  for (const [index, name] of finalizers.entries()) {
    if (!name.includes('/') && !standardFinalizers.includes(name))
      errors.push(invalidValue(`${at}[${index}]`, name, why));
  }
  return errors;
}

import { type Failure, invalid } from '../../api/failures';
import { fieldsOf } from '../../api/fields';
import { decodeJson } from '../../api/schema/decode-json';
import { kubernetesSchema } from '../../api/schema/kubernetes-schema';
import { jsonNode } from '../../wire/go-json';
import { goQuote } from '../../wire/go-quote';
import { asObject, type DecodedBody } from '../decode-body';
import type { FieldValidation } from '../field-validation';
import { apiVersionOf, type ResourceKind } from '../registry';
import { goValueText } from './go-value-text';

/**
 * What a patch has made, as an object of its kind. A result that is none is the patch's fault: 422, with what was found.
 * Source: k8s.io/apiserver pkg/endpoints/handlers/patch.go (jsonPatcher.applyPatchToCurrentObject, applyPatchToObject).
 */
export interface Patched {
  readonly mediaType: string;
  readonly patch: unknown;
  readonly value: unknown;
  readonly strictErrors: readonly string[];
}

export function decodePatched(
  expected: ResourceKind,
  patched: Patched,
  validation: FieldValidation,
): DecodedBody | Failure {
  const { value } = patched;
  const named = fieldsOf(value);
  const { apiVersion = '', kind = '' } = named;
  const message = kubernetesSchema.messageOf(apiVersionOf(expected), expected.kind);
  if (apiVersion !== apiVersionOf(expected) || kind !== expected.kind || message === null)
    return refuse(patched, unknownKind(expected, String(apiVersion), String(kind)));
  const decoded = decodeJson(kubernetesSchema, message, jsonNode(value));
  if (decoded.kind === 'undecodable') return refuse(patched, decoded.error);
  const strictErrors = [...patched.strictErrors, ...decoded.strictErrors];
  if (validation === 'Strict' && strictErrors.length > 0)
    return refuse(patched, `strict decoding error: ${strictErrors.join(', ')}`);
  const object = asObject(expected, decoded.object);
  // Go's encoder drops an empty list, and yet it says something: nobody is to own anything.
  const { managedFields } = fieldsOf(named['metadata']);
  if (Array.isArray(managedFields) && managedFields.length === 0) object.metadata.managedFields = [];
  return {
    kind: 'decoded',
    object,
    warnings: validation === 'Warn' ? strictErrors : [],
  };
}

function unknownKind(expected: ResourceKind, apiVersion: string, kind: string): string {
  if (kind === '') return "Object 'Kind' is missing";
  if (apiVersion === '') return "Object 'apiVersion' is missing";
  const known = kubernetesSchema.messageOf(apiVersion, kind) !== null;
  if (!known) {
    return `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/api/legacyscheme/scheme.go:30"`;
  }
  return `converting (${kind}) to (${expected.kind}): unknown conversion`;
}

function refuse({ mediaType, patch, value }: Patched, why: string): Failure {
  const strategic = mediaType === 'application/strategic-merge-patch+json';
  const said = strategic ? goValueText(patch) : JSON.stringify(value);
  const text = `Invalid value: ${goQuote(said)}: ${why}`;
  return invalid({ group: '', kind: '' }, '', [{ field: 'patch', type: 'FieldValueInvalid', text }]);
}

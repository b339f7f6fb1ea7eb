import { badRequest, type Failure, type FieldError, invalid, plainError } from '../api/failures';
import { kubernetesSchema } from '../api/schema/kubernetes-schema';
import { readDocument } from './decode-body';
import { bodyFormat } from './request-body';

/**
 * What a DELETE asks for: in its body or, without one, in its query.
 * Source: k8s.io/apiserver pkg/endpoints/handlers/delete.go, k8s.io/apimachinery pkg/apis/meta/v1/validation.
 */
export type PropagationPolicy = 'Orphan' | 'Background' | 'Foreground';

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number;
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly propagationPolicy?: PropagationPolicy;
  /** The old way to say Orphan or Background. */
  readonly orphanDependents?: boolean;
  readonly dryRun?: boolean;
}

export function parseDeleteOptions(
  contentType: string,
  body: Buffer,
  query: URLSearchParams,
): { readonly kind: 'delete-options'; readonly options: DeleteOptions } | Failure {
  const given = body.length > 0 ? fromBody(contentType, body) : fromQuery(query);
  return given.kind === 'given' ? checkDeleteOptions(given.values) : given;
}

/** Of the decoded DeleteOptions of a body, also where they are part of another (an eviction's). */
export function checkDeleteOptions(
  values: Readonly<Record<string, unknown>>,
): { readonly kind: 'delete-options'; readonly options: DeleteOptions } | Failure {
  const errors = validate(values);
  if (errors.length > 0) return invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
  const { dryRun, apiVersion: _apiVersion, kind: _kind, ...options } = values;
  return {
    kind: 'delete-options',
    options: { ...(options as DeleteOptions), dryRun: Array.isArray(dryRun) && dryRun.length > 0 },
  };
}

type Given = { readonly kind: 'given'; readonly values: Record<string, unknown> };

/** The kind is known in every group, and is not converted: whatever says DeleteOptions is one. */
function fromBody(contentType: string, body: Buffer): Given | Failure {
  const format = bodyFormat(contentType);
  if (typeof format !== 'string') return format;
  const document = readDocument(format, body);
  // These errors are sent as they are, without a Status of their own (rest.go, scope.err).
  if (document.kind === 'unreadable') return plainError(document.why);
  if ((document.objectKind || 'DeleteOptions') !== 'DeleteOptions')
    return plainError('decoded object cannot be converted to DeleteOptions');
  const decoded = document.decode(kubernetesSchema.message(deleteOptions));
  if (decoded.kind === 'undecodable') return plainError(decoded.error);
  return { kind: 'given', values: decoded.object };
}

const deleteOptions = 'io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions';

function fromQuery(query: URLSearchParams): Given | Failure {
  const values: Record<string, unknown> = {};
  const grace = query.get('gracePeriodSeconds');
  if (grace !== null) {
    if (!/^[+-]?\d+$/.test(grace))
      return badRequest(`strconv.ParseInt: parsing ${JSON.stringify(grace)}: invalid syntax`);
    values['gracePeriodSeconds'] = Number(grace);
  }
  const orphan = query.get('orphanDependents');
  if (orphan !== null) values['orphanDependents'] = orphan.toLowerCase() !== 'false' && orphan !== '0';
  const policy = query.get('propagationPolicy');
  if (policy !== null) values['propagationPolicy'] = policy;
  if (query.has('dryRun')) values['dryRun'] = query.getAll('dryRun');
  return { kind: 'given', values };
}

function validate({ orphanDependents, propagationPolicy, dryRun }: Record<string, unknown>): FieldError[] {
  const errors: FieldError[] = [];
  if (propagationPolicy !== undefined) {
    const field = 'propagationPolicy';
    const quoted = JSON.stringify(propagationPolicy);
    if (orphanDependents !== undefined) {
      const text = `Invalid value: ${quoted}: orphanDependents and deletionPropagation cannot be both set`;
      errors.push({ field, type: 'FieldValueInvalid', text });
    }
    const known: unknown[] = ['Foreground', 'Background', 'Orphan'];
    if (!known.includes(propagationPolicy)) {
      const text = `Unsupported value: ${quoted}: supported values: "Foreground", "Background", "Orphan", "nil"`;
      errors.push({ field, type: 'FieldValueNotSupported', text });
    }
  }
  if (Array.isArray(dryRun) && dryRun.some((value) => value !== 'All')) {
    const text = `Unsupported value: ${JSON.stringify(dryRun)}: supported values: "All"`;
    errors.push({ field: 'dryRun', type: 'FieldValueNotSupported', text });
  }
  return errors;
}

import { badRequest, type Failure, type FieldError, invalid } from '../api/failures';
import { parseDocument } from './request-body';

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
  if (given.kind !== 'given') return given;
  const { values } = given;
  const mistyped = typeError(values);
  if (mistyped !== null) return badRequest(mistyped);
  const errors = validate(values);
  if (errors.length > 0) return invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
  const { dryRun, apiVersion: _apiVersion, kind: _kind, ...options } = values;
  return {
    kind: 'delete-options',
    options: { ...(options as DeleteOptions), dryRun: Array.isArray(dryRun) && dryRun.length > 0 },
  };
}

type Given = { readonly kind: 'given'; readonly values: Record<string, unknown> };

function fromBody(contentType: string, body: Buffer): Given | Failure {
  const parsed = parseDocument(contentType, body);
  if (parsed.kind !== 'parsed') return parsed;
  const { value } = parsed;
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return badRequest(
      "couldn't get version/kind; json parse error: json: cannot unmarshal into Go value of type struct",
    );
  const entries = Object.entries(value).filter(([, entry]) => entry !== null);
  const values = Object.fromEntries(entries) as Record<string, unknown>;
  if ((values['kind'] ?? 'DeleteOptions') !== 'DeleteOptions')
    return badRequest('decoded object cannot be converted to DeleteOptions');
  return { kind: 'given', values };
}

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

const types: Readonly<Record<string, string>> = {
  gracePeriodSeconds: 'int64',
  orphanDependents: 'bool',
  propagationPolicy: 'v1.DeletionPropagation',
  preconditions: 'v1.Preconditions',
  dryRun: '[]string',
};

/** encoding/json's words for a value of the wrong type. */
function typeError(values: Record<string, unknown>): string | null {
  for (const [field, type] of Object.entries(types)) {
    const value = values[field];
    if (value === undefined || fits(value, type)) continue;
    const found = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
    return `json: cannot unmarshal ${found} into Go struct field DeleteOptions.${field} of type ${type}`;
  }
  return null;
}

function fits(value: unknown, type: string): boolean {
  switch (type) {
    case 'int64':
      return Number.isSafeInteger(value);
    case 'bool':
      return typeof value === 'boolean';
    case '[]string':
      return Array.isArray(value) && value.every((entry) => typeof entry === 'string');
    case 'v1.Preconditions':
      return (
        typeof value === 'object' &&
        !Array.isArray(value) &&
        Object.values(value as object).every((entry) => entry === null || typeof entry === 'string')
      );
  }
  return typeof value === 'string';
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

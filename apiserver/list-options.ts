import { badRequest, type Failure, type FieldError, invalid } from '../api/failures';
import type { KubeObject } from '../api/objects';
import {
  type FieldSelector,
  type LabelSelector,
  matchesFields,
  matchesLabels,
  parseFieldSelector,
  parseLabelSelector,
} from '../api/selectors';
import { failure } from '../api/status';
import { type ResourceKind, selectableField } from './registry';
import { isTrue } from './request-info';
import { forbidden, notSupported } from './validation/field-errors';

/**
 * The query of a list or a watch.
 * Source: k8s.io/apimachinery pkg/apis/meta/internalversion/validation, k8s.io/apiserver pkg/storage/errors.go.
 */
export interface Selection {
  readonly labels: LabelSelector;
  readonly fields: FieldSelector;
}

export type ResourceVersionMatch = '' | 'Exact' | 'NotOlderThan';

export interface ListOptions {
  readonly kind: 'list-options';
  readonly selection: Selection;
  /** '' when the client named none. */
  readonly resourceVersion: string;
  readonly resourceVersionMatch: ResourceVersionMatch;
  /** 0: no limit. */
  readonly limit: number;
  readonly continue: string;
  readonly allowWatchBookmarks: boolean;
  readonly timeoutSeconds: number | null;
}

export function parseListOptions(
  kind: ResourceKind,
  query: URLSearchParams,
  verb: 'list' | 'watch' = isTrue(query.get('watch')) ? 'watch' : 'list',
): ListOptions | Failure {
  const limit = parseInteger(query, 'limit');
  if (typeof limit === 'object') return limit;
  const timeoutSeconds = parseInteger(query, 'timeoutSeconds');
  if (typeof timeoutSeconds === 'object') return timeoutSeconds;
  const selection = parseSelection(kind, query);
  if ('code' in selection) return selection;
  const errors = verb === 'watch' ? watchErrors(query) : listErrors(query);
  if (errors.length > 0) return invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', errors);

  const resourceVersion = query.get('resourceVersion') ?? '';
  const badVersion = checkResourceVersion(kind, resourceVersion, verb);
  if (badVersion !== null) return badVersion;
  return {
    kind: 'list-options',
    selection,
    resourceVersion,
    resourceVersionMatch: (query.get('resourceVersionMatch') ?? '') as ResourceVersionMatch,
    limit: Math.max(0, limit),
    continue: query.get('continue') ?? '',
    allowWatchBookmarks: isTrue(query.get('allowWatchBookmarks')),
    timeoutSeconds: timeoutSeconds > 0 ? timeoutSeconds : null,
  };
}

export function parseSelection(kind: ResourceKind, query: URLSearchParams): Selection | Failure {
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  if (labels.kind === 'selector-error') return badRequest(labels.text);
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '');
  if (fields.kind === 'selector-error') return badRequest(fields.text);
  const unknown = fields.terms.find((term) => selectableField(kind, term.field) === null);
  if (unknown !== undefined) return badRequest(unknownField(kind, unknown.field));
  return { labels, fields };
}

/** No term at all: everything is selected. */
export function selectsAll({ labels, fields }: Selection): boolean {
  return labels.requirements.length === 0 && fields.terms.length === 0;
}

/** The one name that is selected, '' for none in particular. Source: apimachinery pkg/fields (RequiresExactMatch). */
export function nameSelected({ fields }: Selection): string {
  return fields.terms.find(({ field, equal }) => equal && field === 'metadata.name')?.value ?? '';
}

function listErrors(query: URLSearchParams): FieldError[] {
  const match = query.get('resourceVersionMatch') ?? '';
  const errors: FieldError[] = [];
  if (match !== '') {
    const field = 'resourceVersionMatch';
    if (!query.get('resourceVersion'))
      errors.push(forbidden(field, `${field} is forbidden unless resourceVersion is provided`));
    if (query.get('continue'))
      errors.push(forbidden(field, `${field} is forbidden when continue is provided`));
    if (match !== 'Exact' && match !== 'NotOlderThan')
      errors.push(notSupported(field, match, ['Exact', 'NotOlderThan', '']));
    if (match === 'Exact' && query.get('resourceVersion') === '0')
      errors.push(forbidden(field, `${field} "exact" is forbidden for resourceVersion "0"`));
  }
  if (query.has('sendInitialEvents'))
    errors.push(forbidden('sendInitialEvents', 'sendInitialEvents is forbidden for list'));
  return errors;
}

/** The feature WatchList is off in 1.33: a client that asks for initial events is refused, lists and watches as of old. */
function watchErrors(query: URLSearchParams): FieldError[] {
  const match = query.get('resourceVersionMatch') ?? '';
  const field = 'resourceVersionMatch';
  const initial = query.has('sendInitialEvents');
  const errors: FieldError[] = [];
  if (initial) {
    if (match !== 'NotOlderThan')
      errors.push(forbidden(field, `sendInitialEvents requires setting ${field} to NotOlderThan`));
    const why = 'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled';
    errors.push(forbidden('sendInitialEvents', why));
  }
  if (match !== '') {
    if (!initial)
      errors.push(forbidden(field, `${field} is forbidden for watch unless sendInitialEvents is provided`));
    if (match !== 'NotOlderThan') errors.push(notSupported(field, match, ['NotOlderThan']));
    if (query.get('continue'))
      errors.push(forbidden(field, `${field} is forbidden when continue is provided`));
  }
  return errors;
}

/** APIObjectVersioner.ParseResourceVersion; a list wraps what it says, a watch makes a 422 of it. */
export function checkResourceVersion(
  kind: ResourceKind,
  text: string,
  verb: 'get' | 'list' | 'watch',
): Failure | null {
  if (/^\d*$/.test(text) && Number(text) <= Number.MAX_SAFE_INTEGER) return null;
  const why = /^\d+$/.test(text) ? 'value out of range' : 'invalid syntax';
  const quoted = JSON.stringify(text);
  const said = `Invalid value: ${quoted}: strconv.ParseUint: parsing ${quoted}: ${why}`;
  if (verb !== 'watch') return badRequest(`invalid resource version: resourceVersion: ${said}`);
  return invalid({ group: kind.group, kind: kind.resource }, '', [
    { field: 'resourceVersion', type: 'FieldValueInvalid', text: said },
  ]);
}

/** A version that does not exist yet (storage.NewTooLargeResourceVersionError); null when the client may read. */
export function tooLarge(resourceVersion: string, current: number): Failure | null {
  if (resourceVersion === '' || Number(resourceVersion) <= current) return null;
  return failure(
    504,
    `Timeout: Too large resource version: ${resourceVersion}, current: ${current}`,
    'Timeout',
    {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    },
  );
}

export function matchesSelection(kind: ResourceKind, selection: Selection, object: KubeObject): boolean {
  return (
    matchesLabels(selection.labels, object.metadata.labels) &&
    matchesFields(selection.fields, (name) => selectableField(kind, name)?.(object) ?? '')
  );
}

/** Kinds with fields of their own have a conversion function with other words (pkg/apis/core/v1/conversion.go). */
function unknownField(kind: ResourceKind, field: string): string {
  if (Object.keys(kind.fields).length > 0) return `field label not supported: ${field}`;
  return `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`;
}

/** runtime.Convert_Slice_string_To_int64; absent and empty are 0. */
function parseInteger(query: URLSearchParams, name: string): number | Failure {
  const text = query.get(name) ?? '';
  if (text === '') return 0;
  if (/^[+-]?\d+$/.test(text)) return Number(text);
  return badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
}

import { badRequest, expired, type Failure, invalid } from '../api/failures';
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

/**
 * The query of a list or a watch. `limit` is taken and not used: a complete answer without `continue` is always right.
 * Source: k8s.io/apimachinery pkg/apis/meta/internalversion/validation, k8s.io/apiserver pkg/storage/errors.go.
 */
export interface Selection {
  readonly labels: LabelSelector;
  readonly fields: FieldSelector;
}

export interface ListOptions {
  readonly kind: 'list-options';
  readonly selection: Selection;
  /** '' when the client named none. */
  readonly resourceVersion: string;
  readonly allowWatchBookmarks: boolean;
  readonly timeoutSeconds: number | null;
}

export function parseListOptions(kind: ResourceKind, query: URLSearchParams): ListOptions | Failure {
  const labels = parseLabelSelector(query.get('labelSelector') ?? '');
  if (labels.kind === 'selector-error') return badRequest(labels.text);
  const fields = parseFieldSelector(query.get('fieldSelector') ?? '');
  if (fields.kind === 'selector-error') return badRequest(fields.text);
  const unknown = fields.terms.find((term) => selectableField(kind, term.field) === null);
  if (unknown !== undefined) return badRequest(unknownField(kind, unknown.field));

  const resourceVersion = query.get('resourceVersion') ?? '';
  if (!/^\d*$/.test(resourceVersion)) return optionError('resourceVersion', 'Invalid value', resourceVersion);
  if (isTrue(query.get('sendInitialEvents'))) {
    // What a server without the WatchList feature says; the client then lists and watches as of old.
    const text =
      'Forbidden: sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled';
    return invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [
      { field: 'sendInitialEvents', type: 'FieldValueForbidden', text },
    ]);
  }
  if (query.get('continue')) {
    return expired(
      'The provided continue parameter is too old to display a consistent list result. You must start a new list without the continue parameter.',
    );
  }
  const timeout = query.get('timeoutSeconds');
  return {
    kind: 'list-options',
    selection: { labels, fields },
    resourceVersion,
    allowWatchBookmarks: isTrue(query.get('allowWatchBookmarks')),
    timeoutSeconds: timeout !== null && /^\d+$/.test(timeout) && timeout !== '0' ? Number(timeout) : null,
  };
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

function optionError(field: string, what: string, value: string): Failure {
  return invalid({ group: 'meta.k8s.io', kind: 'ListOptions' }, '', [
    { field, type: 'FieldValueInvalid', text: `${what}: ${JSON.stringify(value)}` },
  ]);
}

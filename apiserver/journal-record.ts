import type { KubeObject } from '../api/objects';
import type { Change } from './change-history';
import { contentText } from './object-text';
import { apiVersionOf, type ResourceKind } from './registry';

/**
 * How the data directory keeps a change: under the number of its revision, so that the order of keys is the order of
 * changes. What there was before a change is the newest earlier record of the same object.
 */
export const formatVersion = 1;

export const keys = {
  format: 'm/format',
  state: 'm/state',
  forgotten: (kind: string) => `f/${kind}`,
  record: (revision: number | string) => `r/${String(revision).padStart(16, '0')}`,
};

/** Up to where the counter went, and how many records there must be: a hole in them shows. */
export interface JournalState {
  readonly revision: number;
  readonly records: number;
}

export type JournalRecord = {
  readonly revision: number;
  readonly type: Change['type'];
  readonly kind: string;
  readonly at: number;
  readonly namespace: string;
  readonly name: string;
  /** Null for DELETED: it is what was there before. */
  readonly object: KubeObject | null;
};

/** Group and plural, whatever the version: `/pods`, `apps/deployments`. */
export function kindKey(kind: ResourceKind): string {
  return `${kind.group}/${kind.resource}`;
}

export function encodeRecord({ type, kind, object, at }: Change): string {
  const { namespace = '', name } = object.metadata;
  const head = JSON.stringify({ type, kind: kindKey(kind), at, namespace, name });
  if (type === 'DELETED') return head;
  // The text of the object is at hand: lists and watches use the same.
  return `${head.slice(0, -1)},"object":${contentText(object)}}`;
}

/** Null for what cannot have been written here. */
export function decodeRecord(key: string, value: string): JournalRecord | null {
  const revision = Number(key.slice(2));
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null) return null;
  const { type, kind, at, namespace, name, object = null } = parsed as Partial<JournalRecord>;
  const sound =
    Number.isSafeInteger(revision) &&
    (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED') &&
    typeof kind === 'string' &&
    typeof at === 'number' &&
    typeof namespace === 'string' &&
    typeof name === 'string' &&
    (type === 'DELETED' || object !== null);
  return sound ? { revision, type, kind, at, namespace, name, object } : null;
}

/** The record as the change that it was; `previous` is what there was before. */
export function changeOf(
  record: JournalRecord,
  kind: ResourceKind,
  previous: KubeObject | null,
): Change | null {
  const { type, revision, at } = record;
  if (record.object !== null) {
    const object = { ...record.object, apiVersion: apiVersionOf(kind), kind: kind.kind };
    return { type, kind, object, previous, revision, at };
  }
  if (previous === null) return null;
  const metadata = { ...previous.metadata, resourceVersion: String(revision) };
  return { type, kind, object: { ...previous, metadata }, previous, revision, at };
}

import type { KubeObject } from '../api/objects';
import type { Change, WatchEventType } from './change-history';
import { matchesSelection, type Selection } from './list-options';
import type { Conversion } from './negotiate';
import { apiVersionOf, type ResourceKind } from './registry';
import { objectBody, type Representation } from './representation';

/**
 * What a change means to a watch, and how it is written. A thousand watches of the same kind want the same line, so it
 * is made once for each change and representation. Source: k8s.io/apiserver pkg/storage/cacher/cache_watcher.go.
 */
export interface SelectedEvent {
  readonly type: WatchEventType;
  readonly object: KubeObject;
}

/**
 * An object that enters the selection is ADDED, one that leaves it is DELETED as it last was. Null when the selection
 * is not concerned.
 */
export function selectChange(change: Change, selection: Selection): SelectedEvent | null {
  const { kind, object, previous, type } = change;
  const now = type !== 'DELETED' && matchesSelection(kind, selection, object);
  const before = previous !== null && matchesSelection(kind, selection, previous);
  if (now) return { type: before ? 'MODIFIED' : 'ADDED', object };
  if (!before || previous === null) return null;
  return { type: 'DELETED', object: type === 'DELETED' ? object : lastState(change, previous) };
}

const lastStates = new WeakMap<Change, KubeObject>();

/** As it was before it left the selection, under the version at which it left. */
function lastState(change: Change, previous: KubeObject): KubeObject {
  const known = lastStates.get(change);
  if (known !== undefined) return known;
  const metadata = { ...previous.metadata, resourceVersion: String(change.revision) };
  const object = { ...previous, metadata };
  lastStates.set(change, object);
  return object;
}

/** By change, so that they go when the history forgets it. A Table's ages go on, so its line is good for a second. */
const lines = new WeakMap<Change, Map<string, { readonly second: number; readonly line: Buffer }>>();

export function changeLine(
  change: Change,
  event: SelectedEvent,
  representation: Representation,
  first: boolean,
  now: Date,
): Buffer {
  const { as, includeObject } = representation;
  const version = 'version' in as ? as.version : '';
  const key = [event.type, as.kind, version, includeObject, first].join();
  const second = as.kind === 'table' ? Math.floor(now.getTime() / 1000) : 0;
  const known = lines.get(change) ?? new Map<string, { second: number; line: Buffer }>();
  lines.set(change, known);
  const kept = known.get(key);
  if (kept !== undefined && kept.second === second) return kept.line;
  const line = eventLine(event, representation, first, now);
  known.set(key, { second, line });
  return line;
}

/** One event, ready to be sent. Only the first Table of a watch tells the columns (TableOptions.NoHeaders). */
export function eventLine(
  event: SelectedEvent,
  representation: Representation,
  first: boolean,
  now: Date,
): Buffer {
  const body = objectBody(representation, event.object, now, first);
  return Buffer.from(`{"type":"${event.type}","object":${body}}\n`);
}

/** A bookmark carries nothing but the version (pkg/storage/cacher/caching_object.go). */
export function bookmarkLine(kind: ResourceKind, as: Conversion, revision: number): Buffer {
  const resourceVersion = String(revision);
  return Buffer.from(
    `${JSON.stringify({ type: 'BOOKMARK', object: bookmark(kind, as, resourceVersion) })}\n`,
  );
}

function bookmark(kind: ResourceKind, as: Conversion, resourceVersion: string): object {
  const metadata = { resourceVersion, creationTimestamp: null };
  switch (as.kind) {
    case 'object':
      return { kind: kind.kind, apiVersion: apiVersionOf(kind), metadata };
    case 'partial-metadata':
      return { kind: 'PartialObjectMetadata', apiVersion: `meta.k8s.io/${as.version}`, metadata };
    case 'table':
      return {
        kind: 'Table',
        apiVersion: `meta.k8s.io/${as.version}`,
        metadata: { resourceVersion },
        columnDefinitions: null,
        rows: [],
      };
  }
  return as satisfies never;
}

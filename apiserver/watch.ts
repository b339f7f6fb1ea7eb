import type { ServerResponse } from 'node:http';
import { expired } from '../api/failures';
import type { KubeObject } from '../api/objects';
import type { Answered } from './api-request';
import { type ListOptions, matchesSelection } from './list-options';
import { apiVersionOf, type ResourceKind } from './registry';
import type { Change, Storage, WatchEventType } from './storage';

/**
 * A watch is an answer that does not end: one JSON event a line.
 * Source: k8s.io/apiserver pkg/endpoints/handlers/watch.go, pkg/storage/cacher.
 */
export interface WatchEvent {
  readonly type: WatchEventType | 'BOOKMARK' | 'ERROR';
  readonly object: object;
}

/** A reader that stops reading is let go before it costs more memory than this; it can watch again from where it was. */
const unreadLimit = 4 * 1024 * 1024;

/** --min-request-timeout: the server ends a watch after 1 to 2 times this. */
const minRequestTimeoutSeconds = 1800;

/**
 * What a change means for a selection: an object that enters it is ADDED, one that leaves it is DELETED as it last
 * was. Null when the selection is not concerned.
 */
export function selectChange(
  change: Change,
  options: Pick<ListOptions, 'selection'>,
): { type: WatchEventType; object: KubeObject } | null {
  const { kind, object, previous, type } = change;
  const now = type !== 'DELETED' && matchesSelection(kind, options.selection, object);
  const before = previous !== null && matchesSelection(kind, options.selection, previous);
  if (now) return { type: before ? 'MODIFIED' : 'ADDED', object };
  if (!before || previous === null) return null;
  const version = String(change.revision);
  return {
    type: 'DELETED',
    object: { ...previous, metadata: { ...previous.metadata, resourceVersion: version } },
  };
}

/** Serves a watch until the client leaves, the time is up or the server closes the connection. */
export function serveWatch(
  response: ServerResponse,
  watch: {
    readonly storage: Storage;
    readonly kind: ResourceKind;
    readonly namespace: string;
    readonly options: ListOptions;
    /** Renders the object of an event: itself, or a one-row Table. */
    readonly render: (object: KubeObject) => object;
  },
): Answered {
  const { storage, kind, namespace, options, render } = watch;
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  response.flushHeaders();

  const send = (event: WatchEvent): void => {
    if (response.writableEnded || response.destroyed) return;
    response.write(`${JSON.stringify(event)}\n`);
    if (response.writableLength > unreadLimit) response.destroy();
  };
  const notify = (change: Change): void => {
    if (namespace !== '' && change.object.metadata.namespace !== namespace) return;
    const event = selectChange(change, options);
    if (event !== null) send({ type: event.type, object: render(event.object) });
  };

  // Version 0 or none: what there is now comes first, as if it had just been added.
  let from = Number(options.resourceVersion);
  if (from === 0) {
    from = storage.revision;
    for (const object of storage.list(kind, namespace)) {
      if (matchesSelection(kind, options.selection, object)) send({ type: 'ADDED', object: render(object) });
    }
  }
  const stop = storage.watch(kind, from, notify);
  if (stop === null) {
    send({ type: 'ERROR', object: expired(`too old resource version: ${from} (${storage.oldestRevision})`) });
    response.end();
    return 'answered';
  }
  const seconds = options.timeoutSeconds ?? minRequestTimeoutSeconds * (1 + Math.random());
  const timer = setTimeout(() => {
    if (options.allowWatchBookmarks) send({ type: 'BOOKMARK', object: bookmark(kind, storage.revision) });
    response.end();
  }, seconds * 1000);
  response.once('close', () => {
    clearTimeout(timer);
    stop();
  });
  return 'answered';
}

function bookmark(kind: ResourceKind, revision: number): object {
  return {
    kind: kind.kind,
    apiVersion: apiVersionOf(kind),
    metadata: { resourceVersion: String(revision), creationTimestamp: null },
  };
}

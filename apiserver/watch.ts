import { expired, type Failure, isFailure, methodNotAllowed } from '../api/failures';
import type { KubeObject } from '../api/objects';
import type { Answered, ApiRequest } from './api-request';
import { sendFailure } from './api-request';
import type { Change } from './change-history';
import { type ListOptions, matchesSelection, nameSelected } from './list-options';
import { negotiateStream } from './negotiate';
import type { ResourceKind } from './registry';
import type { Representation } from './representation';
import { representationOf } from './send-body';
import type { Storage } from './storage';
import { bookmarkLine, changeLine, eventLine, selectChange } from './watch-events';
import { responseSink, type Sink, webSocketSink } from './watch-sinks';
import { isWebSocketRequest } from './websocket';

/**
 * A watch is an answer that does not end: one JSON event a line, or one a WebSocket message.
 * Source: k8s.io/apiserver pkg/endpoints/handlers/{get,watch}.go, pkg/storage/cacher.
 */
export interface Watch {
  readonly storage: Storage;
  readonly kind: ResourceKind;
  readonly namespace: string;
  readonly options: ListOptions;
  readonly representation: Representation;
  readonly now: () => Date;
}

/** A reader that is this many changes behind is let go; it can watch again from where it was. */
const queueLimit = 1000;

/** --min-request-timeout: the server ends a watch after 1 to 2 times this. */
const minRequestTimeoutSeconds = 1800;

/** pkg/storage/cacher/cacher.go, defaultBookmarkFrequency. */
const bookmarkIntervalMs = 60_000;

/** setTimeout takes no more than this. */
const longestTimeoutSeconds = 2 ** 31 / 1000 - 1;

/** Serves a watch until the client leaves, the time is up or the server closes the connection. */
export async function serveWatch(api: ApiRequest, watch: Omit<Watch, 'representation'>): Promise<Answered> {
  const { request, response, upgrade } = api;
  if (request.method !== 'GET') return sendFailure(response, methodNotAllowed());
  const mediaType = negotiateStream(request.headers.accept ?? '');
  if (isFailure(mediaType)) return sendFailure(response, mediaType);
  const representation = representationOf(api, watch.kind, mediaType);
  if (upgrade !== null && isWebSocketRequest(request)) {
    const sink = await webSocketSink(request, upgrade);
    if (sink !== null) runWatch({ ...watch, representation }, sink);
    return 'answered';
  }
  runWatch({ ...watch, representation }, responseSink(response));
  return 'answered';
}

/** What waits to be sent: an object that was there at the start, or what changed since. */
type Pending = { readonly object: KubeObject } | { readonly change: Change };

export function runWatch(watch: Watch, sink: Sink): void {
  const { storage, kind, namespace, options, representation, now } = watch;
  const queue: Pending[] = [];
  let head = 0;
  let first = true;
  let draining = false;

  const lineOf = (pending: Pending): Buffer | null => {
    if ('object' in pending)
      return eventLine({ type: 'ADDED', object: pending.object }, representation, first, now());
    const event = selectChange(pending.change, options.selection);
    return event === null ? null : changeLine(pending.change, event, representation, first, now());
  };
  /** Writes until the reader has enough for now; what is left is kept as it is in storage, not as text. */
  const pump = (): void => {
    draining = false;
    while (head < queue.length) {
      const line = lineOf(queue[head] as Pending);
      head += 1;
      if (line === null) continue;
      first = false;
      if (!sink.write(line) && head < queue.length) {
        draining = true;
        sink.whenDrained(pump);
        return;
      }
    }
    queue.length = 0;
    head = 0;
  };
  const notify = (change: Change): void => {
    // What does not concern the watch costs it no room.
    if (selectChange(change, options.selection) === null) return;
    queue.push({ change });
    if (!draining) {
      if (sink.full()) {
        draining = true;
        sink.whenDrained(pump);
      } else pump();
    } else if (queue.length - head > initial + queueLimit) sink.cut();
  };

  // Version 0 or none: what there is now comes first, as if it had just been added.
  let from = Number(options.resourceVersion);
  if (from === 0) {
    from = storage.durableRevision;
    const snapshot = storage.snapshot(kind, namespace, from);
    for (const key of snapshot?.keys ?? []) {
      const object = snapshot?.object(key) as KubeObject;
      if (matchesSelection(kind, options.selection, object)) queue.push({ object });
    }
  }
  const initial = queue.length;
  pump();
  const stop = storage.watch(kind, from, notify, namespace, nameSelected(options.selection));
  if (stop === null) {
    sink.end(errorLine(expired(`too old resource version: ${from} (${storage.oldestRevision(kind)})`)));
    return;
  }
  const bookmark = (): Buffer => bookmarkLine(kind, representation.as, storage.durableRevision);
  const seconds = options.timeoutSeconds ?? minRequestTimeoutSeconds * (1 + Math.random());
  const deadline = setTimeout(
    () => sink.end(options.allowWatchBookmarks && !draining ? bookmark() : null),
    Math.min(seconds, longestTimeoutSeconds) * 1000,
  );
  const bookmarks = options.allowWatchBookmarks
    ? setInterval(() => {
        if (!draining) sink.write(bookmark());
      }, bookmarkIntervalMs)
    : null;
  sink.whenClosed(() => {
    clearTimeout(deadline);
    if (bookmarks !== null) clearInterval(bookmarks);
    stop();
  });
}

/** Once the watch runs, what is wrong is told in it: the answer is 200 all the same. */
function errorLine(failure: Failure): Buffer {
  return Buffer.from(`${JSON.stringify({ type: 'ERROR', object: failure })}\n`);
}

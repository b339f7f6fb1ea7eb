import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PendingUpgrade } from './api-request';
import { acceptWebSocket } from './websocket';

/** Where the events of a watch go. */
export interface Sink {
  /** False when the reader has enough for now. */
  write(line: Buffer): boolean;
  full(): boolean;
  /** Called once, when there is room again. */
  whenDrained(listener: () => void): void;
  end(last: Buffer | null): void;
  /** For a reader that does not read. */
  cut(): void;
  whenClosed(listener: () => void): void;
}

/** Lines in a chunked answer. The head goes out at once: clients wait for it before they wait for events. */
export function responseSink(response: ServerResponse): Sink {
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  const open = (): boolean => !response.writableEnded && !response.destroyed;
  return {
    write: (line) => !open() || response.write(line),
    full: () => response.writableNeedDrain,
    whenDrained: (listener) => {
      response.once('drain', listener);
    },
    end: (last) => {
      if (!open()) return;
      if (last === null) response.end();
      else response.end(last);
    },
    cut: () => {
      response.destroy();
    },
    whenClosed: (listener) => {
      response.once('close', listener);
    },
  };
}

/** What may wait in a WebSocket before its reader counts as busy. */
const unsentLimit = 64 * 1024;

/** One event a text message (handlers/watch.go, HandleWS). Null when the handshake failed and was answered. */
export async function webSocketSink(request: IncomingMessage, pending: PendingUpgrade): Promise<Sink | null> {
  const websocket = await acceptWebSocket(request, pending, '');
  if (websocket === null) return null;
  websocket.on('error', () => websocket.terminate());
  let waiting: (() => void) | null = null;
  const sent = (): void => {
    if (waiting === null || websocket.bufferedAmount > unsentLimit) return;
    const listener = waiting;
    waiting = null;
    listener();
  };
  const write = (line: Buffer): boolean => {
    if (websocket.readyState !== websocket.OPEN) return true;
    websocket.send(line.subarray(0, line.length - 1), { binary: false }, sent);
    return websocket.bufferedAmount <= unsentLimit;
  };
  return {
    write,
    full: () => websocket.bufferedAmount > unsentLimit,
    whenDrained: (listener) => {
      waiting = listener;
    },
    end: (last) => {
      if (last !== null) write(last);
      websocket.close(1000);
    },
    cut: () => websocket.terminate(),
    whenClosed: (listener) => {
      websocket.once('close', listener);
    },
  };
}

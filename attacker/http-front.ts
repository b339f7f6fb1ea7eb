import { createServer, type IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { HeaderList } from '../wire/http-head';

/** The largest request head that is read; Go's servers stop at 1 MiB, and an exec may carry a long command in its URL. */
const MAX_HEAD_BYTES = 256 * 1024;

/** One request and the two ways to answer it. */
export interface HttpExchange {
  readonly request: IncomingMessage;
  readonly headers: HeaderList;
  readonly response: ServerResponse;
  /** The stream behind the head, for a request that asks for an upgrade; null for others. */
  readonly upgradeSocket: Duplex | null;
}

/** Reads HTTP/1 from a stream that is already in clear. A request that cannot be read ends the stream. */
export function serveHttp(socket: Duplex, take: (exchange: HttpExchange) => void): void {
  const server = createServer({
    maxHeaderSize: MAX_HEAD_BYTES,
    keepAliveTimeout: 0,
    requireHostHeader: false,
  });
  server.on('request', (request, response) => {
    take({ request, headers: headerList(request.rawHeaders), response, upgradeSocket: null });
  });
  server.on('upgrade', (request, upgradeSocket, head) => {
    if (head.length > 0) upgradeSocket.unshift(head);
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    take({ request, headers: headerList(request.rawHeaders), response, upgradeSocket });
  });
  server.on('clientError', (_error, broken) => broken.destroy());
  server.emit('connection', socket);
}

/** Sends a head with exactly these headers; Node adds what frames the body. */
export function writeHead(
  exchange: HttpExchange,
  status: number,
  statusText: string | undefined,
  headers: HeaderList,
): void {
  const { response, upgradeSocket } = exchange;
  // Node types the socket of an upgrade as a Duplex; a response needs nothing more than that.
  if (upgradeSocket !== null && response.socket === null) response.assignSocket(upgradeSocket as never);
  const raw = headers.flat();
  if (statusText === undefined) response.writeHead(status, raw);
  else response.writeHead(status, statusText, raw);
}

function headerList(raw: readonly string[]): HeaderList {
  const headers: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) headers.push([raw[at] ?? '', raw[at + 1] ?? '']);
  return headers;
}

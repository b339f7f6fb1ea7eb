import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type WebSocket from 'ws';
import { protocolList } from '../wire/remote-command';
import type { PendingUpgrade } from './api-request';

/** The server side of WebSocket. `ws` is loaded with the first upgrade: most of what an apiserver does needs none. */

/** Connection mentions `upgrade` and Upgrade is `websocket` (k8s.io/apimachinery pkg/util/httpstream/wsstream). */
export function isWebSocketRequest(request: IncomingMessage): boolean {
  return (
    /upgrade/i.test(request.headers.connection ?? '') &&
    (request.headers.upgrade ?? '').toLowerCase() === 'websocket'
  );
}

export function offeredSubprotocols(request: IncomingMessage): string[] {
  return protocolList(request.headers['sec-websocket-protocol']);
}

/**
 * Answers the handshake with this subprotocol ('': with none). Resolves null when the handshake itself was wrong: `ws` has then
 * answered 400 and closed.
 *
 * `ws` holds subprotocols to RFC 6455's token, and `SPDY/3.1+portforward.k8s.io` is none (it has a slash): so the
 * client's offer is kept from it, and the answer is written beside it.
 */
export function acceptWebSocket(
  request: IncomingMessage,
  pending: PendingUpgrade,
  subprotocol: string,
): Promise<WebSocket | null> {
  const ws: typeof import('ws') = require('ws');
  const server = new ws.WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false });
  const socket: Duplex = pending.take();
  delete request.headers['sec-websocket-protocol'];
  if (subprotocol !== '')
    server.on('headers', (lines) => lines.push(`Sec-WebSocket-Protocol: ${subprotocol}`));
  return new Promise((resolve) => {
    const refused = (): void => resolve(null);
    socket.once('close', refused);
    server.handleUpgrade(request, socket, Buffer.alloc(0), (accepted) => {
      socket.off('close', refused);
      resolve(accepted);
    });
  });
}

/** What a reader that does not read may make us hold back before its source is paused. */
const unsentLimit = 256 * 1024;

/** Sends what comes out of a stream as messages, at the reader's pace. */
export function pumpToWebSocket(
  from: Duplex,
  websocket: WebSocket,
  encode: (bytes: Buffer) => Buffer | string,
): void {
  from.on('data', (bytes: Buffer) => {
    if (websocket.readyState !== websocket.OPEN) return;
    if (websocket.bufferedAmount > unsentLimit) from.pause();
    websocket.send(encode(bytes), () => from.resume());
  });
}

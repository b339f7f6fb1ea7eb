import type { IncomingMessage } from 'node:http';
import { type ClientOptions, WebSocket } from 'ws';
import type { Refusal } from '../network/network';
import { goTextOf } from '../network/secure-client';
import { wasAborted } from './aborted';
import type { ApiserverLink } from './apiserver-link';
import { Collected, readBody } from './read-body';

export type OpenedWebSocket =
  /** Paused: attach listeners, then `resume()`; bytes may have come right behind the handshake. */
  | { readonly kind: 'open'; readonly socket: WebSocket }
  /** Anything but 101. */
  | { readonly kind: 'answer'; readonly status: number; readonly body: Buffer }
  /** The apiserver was not reached or not believed. */
  | Refusal
  /** The exchange failed after the TLS handshake, in the words of the Go client. */
  | { readonly kind: 'dropped'; readonly text: string };

/** kubectl reads no more than this of the answer to a failed handshake. */
const MOST_ANSWER_BYTES = 64 * 1024;
/** The frames of this protocol carry at most 32 KB each; Go sets no limit, memory does. */
const LARGEST_MESSAGE_BYTES = 16 * 1024 * 1024;
/** How long a server that has said Close may leave the connection open. */
const CLOSE_TIMEOUT_MS = 2_000;

/** Upgrades one path of the apiserver to a WebSocket that speaks this one protocol, on a connection of its own. */
export async function openWebSocket(
  link: ApiserverLink,
  request: { readonly path: string; readonly protocol: string; readonly signal?: AbortSignal | undefined },
): Promise<OpenedWebSocket> {
  const { path, protocol, signal } = request;
  const secure = await link.dial({ signal });
  if (secure.kind === 'refusal') return secure;

  // `ws` rejects `SPDY/3.1+…` as a subprotocol ("/" is no token character), so it is kept out of the negotiation: we set
  // the header ourselves, and take the server's choice out of the answer before `ws` looks at it.
  let chosen: string | undefined;
  const options: ClientOptions & { closeTimeout: number } = {
    headers: { ...link.headers, 'Sec-WebSocket-Protocol': protocol },
    perMessageDeflate: false,
    maxPayload: LARGEST_MESSAGE_BYTES,
    closeTimeout: CLOSE_TIMEOUT_MS,
    // The TLS of the connection is already there; a `ws:` URL keeps `ws` from starting another.
    createConnection: () => secure.socket,
    finishRequest: (outgoing) => {
      outgoing.prependListener('upgrade', (answer: IncomingMessage) => {
        chosen = answer.headers['sec-websocket-protocol'];
        delete answer.headers['sec-websocket-protocol'];
      });
      outgoing.end();
    },
  };
  const socket = new WebSocket(`ws://${link.server}${path}`, options);

  return new Promise((resolve) => {
    const abandon = (): void => void secure.socket.destroy();
    const settle = (outcome: OpenedWebSocket): void => {
      signal?.removeEventListener('abort', abandon);
      resolve(outcome);
    };
    signal?.addEventListener('abort', abandon);
    if (wasAborted(signal)) abandon();
    socket.on('open', () => {
      if (chosen === protocol) {
        socket.pause();
        settle({ kind: 'open', socket });
        return;
      }
      socket.terminate();
      const got = `invalid protocol, expected one of ["${protocol}"], got "${chosen ?? ''}"`;
      settle({ kind: 'dropped', text: `unable to upgrade streaming request: ${got}` });
    });
    socket.on('unexpected-response', (_outgoing, answer) => {
      const kept = new Collected(MOST_ANSWER_BYTES);
      void readBody(answer, (chunk) => kept.add(chunk)).then(() => {
        secure.socket.destroy();
        settle({ kind: 'answer', status: answer.statusCode ?? 0, body: kept.bytes() });
      });
    });
    // Stays for the life of the WebSocket: what fails later is told by its close code.
    socket.on('error', (error) => {
      secure.socket.destroy();
      const text = goTextOf(error, secure.connection);
      // http.ReadResponse, which reads this answer, calls an end before the head an unexpected one.
      settle({ kind: 'dropped', text: text === 'EOF' ? 'unexpected EOF' : text });
    });
  });
}

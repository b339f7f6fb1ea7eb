import { goQuote } from './go-quote';

/**
 * Port-forward over SPDY: which streams belong together, which are refused, and the words of both.
 * Source: kubelet/pkg/cri/streaming/portforward/{constants,httpstream}.go, client-go/tools/portforward.
 */

export const PORT_FORWARD_PROTOCOL = 'portforward.k8s.io';

/** Before a stream protocol's name: that protocol's SPDY session travels inside WebSocket binary messages. */
export const TUNNEL_PREFIX = 'SPDY/3.1+';
export const PORT_FORWARD_TUNNEL_PROTOCOL = `${TUNNEL_PREFIX}${PORT_FORWARD_PROTOCOL}`;

/** How long a server waits for the second stream of a pair. */
export const PAIR_DEADLINE_MS = 30_000;

/** A client opens both streams of a connection at once: more halves than this is no client. */
const MOST_WAITING = 4096;

export interface PortForwardStream {
  readonly id: number;
  readonly headers: Readonly<Record<string, string>>;
}

export type PairingStep<Stream> =
  /** The other stream of this connection has yet to come. `text` is what to write on an error stream at the deadline. */
  | { readonly kind: 'waiting'; readonly requestId: string }
  | {
      readonly kind: 'paired';
      readonly requestId: string;
      readonly port: number;
      readonly error: Stream;
      readonly data: Stream;
    }
  /** Reset the stream; when `tell` is set, write the text on that error stream first. */
  | { readonly kind: 'refused'; readonly text: string; readonly tell: Stream | null };

/** Pairs the error and data stream of each forwarded connection, by request id. */
export class PortForwardPairing<Stream extends PortForwardStream> {
  readonly #waiting = new Map<string, { error: Stream | null; data: Stream | null }>();

  /** Takes one newly opened stream. */
  offer(stream: Stream): PairingStep<Stream> {
    const checked = checkHeaders(stream.headers);
    if (checked.kind === 'refused') return { kind: 'refused', text: checked.text, tell: null };
    const { type, port } = checked;
    const requestId = requestIdOf(stream, type);

    const pair = this.#waiting.get(requestId) ?? { error: null, data: null };
    if (pair[type] !== null) {
      const text = `error processing stream for request ${requestId}: ${type} stream already assigned`;
      return { kind: 'refused', text, tell: pair.error };
    }
    pair[type] = stream;
    if (pair.error !== null && pair.data !== null) {
      this.#waiting.delete(requestId);
      return { kind: 'paired', requestId, port, error: pair.error, data: pair.data };
    }
    if (this.#waiting.size >= MOST_WAITING) {
      return { kind: 'refused', text: 'too many connections wait for their second stream', tell: null };
    }
    this.#waiting.set(requestId, pair);
    return { kind: 'waiting', requestId };
  }

  /** Forgets a request whose second stream never came, and gives back the half that did. */
  giveUp(requestId: string): { error: Stream | null; data: Stream | null } | null {
    const pair = this.#waiting.get(requestId) ?? null;
    this.#waiting.delete(requestId);
    return pair;
  }
}

type CheckedHeaders =
  | { readonly kind: 'accepted'; readonly type: 'error' | 'data'; readonly port: number }
  | { readonly kind: 'refused'; readonly text: string };

/** Port first, then stream type: the order in which the runtime looks. */
function checkHeaders(headers: Readonly<Record<string, string>>): CheckedHeaders {
  const portText = headers['port'] ?? '';
  if (portText === '') return refused('"port" header is required');
  if (!/^[0-9]+$/.test(portText)) {
    return refused(
      `unable to parse ${goQuote(portText)} as a port: strconv.ParseUint: parsing ${goQuote(portText)}: invalid syntax`,
    );
  }
  const port = Number(portText);
  if (port > 65535) {
    return refused(
      `unable to parse ${goQuote(portText)} as a port: strconv.ParseUint: parsing ${goQuote(portText)}: value out of range`,
    );
  }
  if (port < 1) return refused(`port ${goQuote(portText)} must be > 0`);
  const type = headers['streamtype'] ?? '';
  if (type === '') return refused('"streamType" header is required');
  if (type !== 'error' && type !== 'data') return refused(`invalid stream type ${goQuote(type)}`);
  return { kind: 'accepted', type, port };
}

function refused(text: string): CheckedHeaders {
  return { kind: 'refused', text };
}

/** Clients before request ids opened the error stream directly before its data stream, two ids apart. */
function requestIdOf(stream: PortForwardStream, type: 'error' | 'data'): string {
  const given = stream.headers['requestid'] ?? '';
  if (given !== '') return given;
  return String(type === 'error' ? stream.id : stream.id - 2);
}

/** The two streams' headers, as a client sends them. */
export function portForwardHeaders(
  type: 'error' | 'data',
  port: number,
  requestId: number,
): Record<string, string> {
  return { streamtype: type, port: String(port), requestid: String(requestId) };
}

/** What a runtime writes on the error stream when it cannot reach the port or the copy breaks. */
export function forwardingErrorText(port: number, pod: string, uid: string, cause: string): string {
  return `error forwarding port ${port} to pod ${pod}, uid ${uid}: ${cause}`;
}

/** What is written on a lonely error stream when the deadline passes. */
export function pairDeadlineText(connection: string, requestId: string): string {
  return `(conn=${connection}, request=${requestId}) timed out waiting for streams`;
}

/** What the client makes of a text on the error stream. */
export function clientForwardingErrorText(localPort: number, remotePort: number, text: string): string {
  return `an error occurred forwarding ${localPort} -> ${remotePort}: ${text}`;
}

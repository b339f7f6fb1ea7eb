import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import type { KeyPair } from '../wire/pem';
import type { Connection, Host, Refusal } from './network';
import type { SecureConnection, Trust } from './secure';
import { goTextOf, startTls } from './secure-client';

/**
 * What Go's http.Transport is to a Kubernetes component: dials, shakes hands, carries one HTTP/1.1 exchange.
 *
 * One difference, on purpose: nothing is pooled and no session is resumed, so every request is judged by a handshake
 * of its own. (Upstream keeps connections alive, and so verifies per connection and not per request.)
 */
export interface TransportOptions {
  readonly from: Host;
  /** Whom to believe when dialling this host (a name or an IP literal). */
  readonly trust: (host: string) => Trust;
  /** Offered to every server that asks for one. */
  readonly clientCertificate?: KeyPair;
}

export interface Target {
  readonly host: string;
  readonly port: number;
  readonly scheme: 'http' | 'https';
}

export interface OutgoingRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Sent in this order and spelling, and nothing besides them but what frames the body. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body?: Buffer | Readable;
}

export interface CallOptions {
  /** ALPN protocols to offer; none by default. */
  readonly alpn?: readonly string[];
  readonly signal?: AbortSignal;
}

export interface HttpResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Ends the connection when it has been read or is destroyed. */
  readonly body: Readable;
  readonly connection: Connection;
  readonly secure: SecureConnection | null;
}

export interface Upgraded {
  readonly kind: 'upgraded';
  readonly status: number;
  readonly statusText: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The stream after the head; what the server sent right behind it is the first to be read. */
  readonly socket: Duplex;
  readonly connection: Connection;
  readonly secure: SecureConnection | null;
}

export class Transport {
  readonly #options: TransportOptions;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  async connect(target: Target, options: CallOptions = {}): Promise<SecureConnection | Connection | Refusal> {
    const { from, trust, clientCertificate } = this.#options;
    const connection = await from.dial(
      target,
      options.signal === undefined ? {} : { signal: options.signal },
    );
    if (connection.kind === 'refusal' || target.scheme === 'http') return connection;
    return startTls(connection, {
      at: from,
      trust: trust(target.host),
      serverName: target.host,
      ...(clientCertificate === undefined ? {} : { clientCertificate }),
      ...(options.alpn === undefined ? {} : { alpn: [...options.alpn] }),
    });
  }

  /** One request, one response. An answer with status 101 counts as a response here, with an empty body. */
  async roundTrip(
    target: Target,
    request: OutgoingRequest,
    options: CallOptions = {},
  ): Promise<HttpResponse | Refusal> {
    const answer = await this.upgrade(target, request, options);
    if (answer.kind !== 'upgraded') return answer;
    answer.socket.destroy();
    const { status, statusText, headers, connection, secure, socket } = answer;
    return { kind: 'response', status, statusText, headers, body: socket, connection, secure };
  }

  /** A request that asks for an upgrade: 101 hands over the stream, anything else is an ordinary response. */
  async upgrade(
    target: Target,
    request: OutgoingRequest,
    options: CallOptions = {},
  ): Promise<Upgraded | HttpResponse | Refusal> {
    const peer = await this.connect(target, options);
    if (peer.kind === 'refusal') return plainHttpRefusal(peer, request);
    return exchange(peer, request, options.signal);
  }
}

/** For a plain request Go's http.Transport says more about a peer that answers a ClientHello in HTTP than crypto/tls does. */
function plainHttpRefusal(refusal: Refusal, request: OutgoingRequest): Refusal {
  const upgrades = request.headers.some(([name]) => name.toLowerCase() === 'upgrade');
  if (refusal.code !== 'NOT_TLS' || refusal.speaksHttp !== true || upgrades) return refusal;
  return { ...refusal, text: 'http: server gave HTTP response to HTTPS client' };
}

/** Carries one exchange over an open connection, and ends the connection with it (unless it was upgraded). */
export function exchange(
  peer: SecureConnection | Connection,
  request: OutgoingRequest,
  signal?: AbortSignal,
): Promise<Upgraded | HttpResponse | Refusal> {
  const secure = peer.kind === 'secure-connection' ? peer : null;
  const connection = secure?.connection ?? (peer as Connection);
  const socket = peer.socket;
  return new Promise((resolve) => {
    const outgoing = httpRequest({
      method: request.method,
      path: request.path,
      createConnection: () => socket,
      setHost: false,
      ...(signal === undefined ? {} : { signal }),
    });
    setHeaders(outgoing, request.headers);
    outgoing.on('upgrade', (message, upgradedSocket, head) => {
      if (head.length > 0) upgradedSocket.unshift(head);
      resolve({ kind: 'upgraded', ...headOf(message), socket: upgradedSocket, connection, secure });
    });
    outgoing.on('response', (message) => {
      message.once('close', () => socket.destroy());
      resolve({ kind: 'response', ...headOf(message), body: message, connection, secure });
    });
    outgoing.on('error', (error) => {
      socket.destroy();
      resolve({
        kind: 'refusal',
        code: 'CONNECTION_CLOSED',
        text: goTextOf(error, connection),
        peer: connection.remote,
      });
    });
    if (request.body === undefined || Buffer.isBuffer(request.body)) outgoing.end(request.body);
    else request.body.pipe(outgoing);
  });
}

function headOf(message: IncomingMessage): Pick<HttpResponse, 'status' | 'statusText' | 'headers'> {
  const headers: [string, string][] = [];
  for (let index = 0; index + 1 < message.rawHeaders.length; index += 2) {
    headers.push([message.rawHeaders[index] ?? '', message.rawHeaders[index + 1] ?? '']);
  }
  return { status: message.statusCode ?? 0, statusText: message.statusMessage ?? '', headers };
}

/** Repeated names keep their repetition; Node adds neither `Host` nor `Connection` of its own. */
function setHeaders(outgoing: ClientRequest, headers: OutgoingRequest['headers']): void {
  const values = new Map<string, { name: string; values: string[] }>();
  for (const [name, value] of headers) {
    const entry = values.get(name.toLowerCase());
    if (entry === undefined) values.set(name.toLowerCase(), { name, values: [value] });
    else entry.values.push(value);
  }
  outgoing.removeHeader('connection');
  for (const { name, values: all } of values.values())
    outgoing.setHeader(name, all.length === 1 ? (all[0] ?? '') : all);
}

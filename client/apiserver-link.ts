import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type Host, joinHostPort, type Refusal } from '../network/network';
import type { SecureConnection, Trust } from '../network/secure';
import { goTextOf, startTls } from '../network/secure-client';
import { exchange, type HttpResponse, type Upgraded } from '../network/transport';
import { emulatedKubernetes } from '../version';
import type { KeyPair } from '../wire/pem';
import { wasAborted } from './aborted';
import { DialRefused, KeepAliveAgent } from './keep-alive-agent';

const KUBECTL = `kubectl/${emulatedKubernetes} (linux/amd64) kubernetes/midplane`;

export interface KubeClientOptions {
  readonly from: Host;
  readonly server: { readonly host: string; readonly port: number };
  readonly trust: Trust;
  /** Shown to a server that asks for one. A function is asked at every handshake; null: none is shown. */
  readonly clientCertificate?: KeyPair | (() => KeyPair | null);
  /** Sent as `Authorization: Bearer …` with every request. */
  readonly token?: string;
  readonly userAgent?: string;
  readonly observer?: AnswerObserver;
}

/** Sees what a client took for the apiserver's answers, and why it took none: for whoever judges what a client believed. */
export interface AnswerObserver {
  /** Bytes of a body, of requests and watches alike. */
  received(bytes: Buffer): void;
  /** A request is answered, a watch refused. */
  answered(answer: ObservedAnswer): void;
}

export interface ObservedAnswer {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** 0 when there was no answer: see `refusal`. */
  readonly status: number;
  readonly refusal: Refusal | null;
  /** What kubectl would say about it; '' for a success. */
  readonly words: string;
}

export interface LinkRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  readonly signal?: AbortSignal | undefined;
}

/** An answer whose body has yet to be read. */
export interface LiveAnswer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: IncomingMessage;
}

/** The apiserver of one client: how to reach it, what every request carries, and what is open towards it. */
export class ApiserverLink {
  readonly options: KubeClientOptions;
  /** `host:port`, as URLs and kubectl's messages name it. */
  readonly server: string;
  readonly #agent: KeepAliveAgent;
  readonly #open = new Set<() => void>();
  readonly #sockets = new Set<Duplex>();

  constructor(options: KubeClientOptions) {
    this.options = options;
    this.server = joinHostPort(options.server.host, options.server.port);
    // kubectl offers h2 first; the lab speaks HTTP/1.1 only.
    this.#agent = new KeepAliveAgent((signal) => this.dial({ alpn: ['http/1.1'], signal }));
  }

  /** What every request carries, in the order client-go sends it. */
  get headers(): Record<string, string> {
    const { token, userAgent = KUBECTL } = this.options;
    return {
      Host: this.server,
      'User-Agent': userAgent,
      ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }),
    };
  }

  /** A connection of its own. Upgrades offer no ALPN, as client-go's round trippers do not. */
  async dial(options: {
    readonly alpn?: readonly string[];
    readonly signal?: AbortSignal | undefined;
  }): Promise<SecureConnection | Refusal> {
    const { from, server, trust } = this.options;
    const { signal, alpn } = options;
    const clientCertificate = this.#clientCertificate();
    const connection = await from.dial(server, signal === undefined ? {} : { signal });
    if (connection.kind === 'refusal') return connection;
    const abandon = (): void => void connection.socket.destroy();
    signal?.addEventListener('abort', abandon);
    const secure = await startTls(connection, {
      trust,
      at: from,
      serverName: server.host,
      ...(clientCertificate === null ? {} : { clientCertificate }),
      ...(alpn === undefined ? {} : { alpn }),
    });
    signal?.removeEventListener('abort', abandon);
    if (secure.kind === 'refusal') return secure;
    if (wasAborted(signal)) secure.socket.destroy();
    this.#sockets.add(secure.socket);
    secure.socket.once('close', () => this.#sockets.delete(secure.socket));
    return secure;
  }

  #clientCertificate(): KeyPair | null {
    const { clientCertificate = null } = this.options;
    return typeof clientCertificate === 'function' ? clientCertificate() : clientCertificate;
  }

  /** Every connection ends at once, whatever it carries; what is asked from now on has a handshake of its own. */
  closeConnections(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** One request on a connection of its own, which ends with the answer's body. */
  async exchange(request: LinkRequest): Promise<Upgraded | HttpResponse | Refusal> {
    const { signal, method, path, body } = request;
    const upgrades = request.headers['Upgrade'] !== undefined;
    const secure = await this.dial(upgrades ? { signal } : { signal, alpn: ['http/1.1'] });
    if (secure.kind === 'refusal') return secure;
    const headers = Object.entries({ ...this.headers, ...request.headers });
    return exchange(secure, { method, path, headers, ...(body === undefined ? {} : { body }) }, signal);
  }

  /** One request on a kept connection. A connection that turns out to be stale costs a safe request nothing. */
  async send(request: LinkRequest): Promise<LiveAnswer | Refusal> {
    const sent = await this.#sendOnce(request);
    return sent.kind === 'stale' ? this.#sendOnce(request).then(withoutStale) : sent;
  }

  #sendOnce(request: LinkRequest): Promise<LiveAnswer | Refusal | { kind: 'stale'; refusal: Refusal }> {
    const { method, path, body, signal } = request;
    return new Promise((resolve) => {
      const outgoing = httpRequest({
        agent: this.#agent,
        host: this.options.server.host,
        port: this.options.server.port,
        method,
        path,
        headers: { ...this.headers, ...request.headers },
        ...(signal === undefined ? {} : { signal }),
      });
      // While there is no socket node:http keeps the error of an abort to itself; the dial may go on for long.
      const abandon = (): void => {
        if (outgoing.socket === null) resolve(canceled);
      };
      signal?.addEventListener('abort', abandon);
      if (wasAborted(signal)) abandon();
      outgoing.on('close', () => signal?.removeEventListener('abort', abandon));
      outgoing.on('response', (message) => {
        resolve({ kind: 'answer', status: message.statusCode ?? 0, headers: message.headers, body: message });
      });
      outgoing.on('error', (error) => {
        const refusal = this.#refusalOf(error, outgoing.socket);
        const retry = outgoing.reusedSocket && (method === 'GET' || method === 'HEAD');
        resolve(retry && !wasAborted(signal) ? { kind: 'stale', refusal } : refusal);
      });
      outgoing.end(body);
    });
  }

  #refusalOf(error: Error, socket: Parameters<KeepAliveAgent['connectionOf']>[0] | null): Refusal {
    if (error instanceof DialRefused) return error.refusal;
    const connection = socket === null ? null : this.#agent.connectionOf(socket);
    const text = connection === null ? error.message : goTextOf(error, connection);
    return { kind: 'refusal', code: 'CONNECTION_CLOSED', text, peer: connection?.remote ?? null };
  }

  /**
   * Has `stop` called when the signal aborts or the client closes, once and only while the work lasts. Returns what
   * ends that.
   */
  guard(signal: AbortSignal | undefined, stop: () => void): () => void {
    const release = (): void => {
      this.#open.delete(once);
      signal?.removeEventListener('abort', once);
    };
    const once = (): void => {
      release();
      stop();
    };
    this.#open.add(once);
    signal?.addEventListener('abort', once);
    if (wasAborted(signal)) once();
    return release;
  }

  close(): void {
    for (const stop of [...this.#open]) stop();
    this.#agent.destroy();
  }
}

/** Go's context.Canceled. */
const canceled: Refusal = {
  kind: 'refusal',
  code: 'CONNECTION_CLOSED',
  text: 'context canceled',
  peer: null,
};

function withoutStale(
  answer: LiveAnswer | Refusal | { kind: 'stale'; refusal: Refusal },
): LiveAnswer | Refusal {
  return answer.kind === 'stale' ? answer.refusal : answer;
}

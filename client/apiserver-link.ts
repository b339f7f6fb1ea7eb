import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { type Connection, type Host, joinHostPort, type Refusal } from '../network/network';
import type { SecureConnection, Trust } from '../network/secure';
import { goTextOf, startTls } from '../network/secure-client';
import { exchange, type HttpResponse, type Upgraded } from '../network/transport';
import { emulatedKubernetes } from '../version';
import type { KeyPair } from '../wire/pem';
import { wasAborted } from './aborted';
import { DialRefused, KeepAliveAgent } from './keep-alive-agent';
import { MOST_REDIRECTS, redirect } from './redirect';

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
  /** It comes from a stream, which can be read once: a redirect that would repeat it is not followed. */
  readonly bodyIsStreamed?: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** An answer whose body has yet to be read. */
export interface LiveAnswer {
  readonly kind: 'answer';
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Readable;
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
    const { server, trust } = this.options;
    const { signal } = options;
    const connection = await this.options.from.dial(server, signal === undefined ? {} : { signal });
    if (connection.kind === 'refusal') return connection;
    return this.#secure(connection, trust, server.host, options);
  }

  /** With whatever this client shows and believes; every server that asks is shown its certificate. */
  async #secure(
    connection: Connection,
    trust: Trust,
    serverName: string,
    { alpn, signal }: { readonly alpn?: readonly string[]; readonly signal?: AbortSignal | undefined },
  ): Promise<SecureConnection | Refusal> {
    const clientCertificate = this.#clientCertificate();
    const abandon = (): void => void connection.socket.destroy();
    signal?.addEventListener('abort', abandon);
    const secure = await startTls(connection, {
      trust,
      at: this.options.from,
      serverName,
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

  /** One request on a connection of its own, which ends with the answer's body. Redirects are followed. */
  async exchange(request: LinkRequest): Promise<Upgraded | HttpResponse | Refusal> {
    const answer = await this.#exchangeOnce(request);
    if (answer.kind !== 'response' || request.headers['Upgrade'] !== undefined) return answer;
    return this.#follow(request, answer, (it) => headersOf(it.headers).location);
  }

  async #exchangeOnce(request: LinkRequest): Promise<Upgraded | HttpResponse | Refusal> {
    const { signal, method, path, body } = request;
    const upgrades = request.headers['Upgrade'] !== undefined;
    const secure = await this.dial(upgrades ? { signal } : { signal, alpn: ['http/1.1'] });
    if (secure.kind === 'refusal') return secure;
    const headers = Object.entries({ ...this.headers, ...request.headers });
    return exchange(secure, { method, path, headers, ...(body === undefined ? {} : { body }) }, signal);
  }

  /**
   * One request on a kept connection. A connection that turns out to be stale costs a safe request nothing. Redirects are
   * followed.
   */
  async send(request: LinkRequest): Promise<LiveAnswer | Refusal> {
    const sent = await this.#sendOnce(request);
    const answer = sent.kind === 'stale' ? withoutStale(await this.#sendOnce(request)) : sent;
    if (answer.kind === 'refusal') return answer;
    const end = await this.#follow(request, answer, (it) => it.headers.location);
    if (end.kind !== 'response') return end;
    return { kind: 'answer', status: end.status, headers: headersOf(end.headers), body: end.body };
  }

  /** As long as it is sent on, with what it has to show, to wherever that is. */
  async #follow<First extends { readonly status: number; readonly body: Readable }>(
    request: LinkRequest,
    first: First,
    locationOf: (first: First) => string | undefined,
  ): Promise<First | HttpResponse | Refusal> {
    let answer: First | HttpResponse = first;
    let location = locationOf(first);
    let asked = { ...request, url: `https://${this.server}${request.path}` };
    for (let redirects = 0; ; redirects += 1) {
      const bodyCanBeRepeated = asked.body === undefined || asked.bodyIsStreamed !== true;
      const next = redirect({ status: answer.status, location }, { ...asked, bodyCanBeRepeated });
      if (next === null) return answer;
      answer.body.resume();
      if (redirects === MOST_REDIRECTS) return stopped(asked.method, next.url);
      const { body, ...withoutBody } = asked;
      const again = next.keepsBody && body !== undefined ? { ...withoutBody, body } : withoutBody;
      asked = { ...again, method: next.method, url: next.url.href };
      const followed = await this.#askAt(next.url, asked);
      if (followed.kind === 'refusal') return followed;
      answer = followed;
      location = headersOf(followed.headers).location;
    }
  }

  async #askAt(url: URL, request: LinkRequest): Promise<HttpResponse | Refusal> {
    const { method, body, signal } = request;
    const host = url.hostname.replace(/^\[|\]$/g, '');
    const port = url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
    const connection = await this.options.from.dial({ host, port }, signal === undefined ? {} : { signal });
    if (connection.kind === 'refusal') return connection;
    const peer =
      url.protocol === 'https:'
        ? await this.#secure(connection, this.#trustIn(host), host, { signal, alpn: ['http/1.1'] })
        : connection;
    if (peer.kind === 'refusal') return peer;
    const headers = Object.entries({ ...this.headers, ...request.headers, Host: url.host }).filter(
      ([name]) => body !== undefined || !/^content-(type|length)$/i.test(name),
    );
    const path = `${url.pathname}${url.search}`;
    const answer = await exchange(
      peer,
      { method, path, headers, ...(body === undefined ? {} : { body }) },
      signal,
    );
    if (answer.kind !== 'upgraded') return answer;
    answer.socket.destroy();
    return { ...answer, kind: 'response', body: answer.socket };
  }

  /** The same authorities, for another name. The kubeconfig's own server may go by a name that is not where it is dialled. */
  #trustIn(host: string): Trust {
    const { trust, server } = this.options;
    if (trust.kind !== 'verify') return trust;
    return { ...trust, host: host === server.host ? trust.host : host };
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

function stopped(method: string, url: URL): Refusal {
  const operation = `${method.charAt(0)}${method.slice(1).toLowerCase()}`;
  const text = `${operation} "${url.href}": stopped after ${MOST_REDIRECTS} redirects`;
  return { kind: 'refusal', code: 'CONNECTION_CLOSED', text, peer: null };
}

/** As node:http gives them, but that a repeated one is its first. */
function headersOf(headers: HttpResponse['headers']): IncomingHttpHeaders {
  return Object.fromEntries([...headers].reverse().map(([name, value]) => [name.toLowerCase(), value]));
}

function withoutStale(
  answer: LiveAnswer | Refusal | { kind: 'stale'; refusal: Refusal },
): LiveAnswer | Refusal {
  return answer.kind === 'stale' ? answer.refusal : answer;
}

import { createServer, type IncomingMessage, type Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Logger } from 'pino';
import { type Connection, type Endpoint, type Host, joinHostPort, type Listener } from '../network/network';
import type { SecureConnection } from '../network/secure';
import { TlsAcceptor } from '../network/secure-server';
import type { KeyPair } from '../wire/pem';
import { answerMuxed } from './answer-muxed';
import type { Identity } from './authentication';
import { type AccessCheck, attributesOf, authorize } from './authorization';
import { type Exchange, handle, type NodeView } from './handlers';
import { healthText } from './health-text';
import { patternsOf, type RoutedServer, routeOf } from './routes';
import { type Muxed, serveMux } from './serve-mux';
import { type Answer, NO_SNIFF, type Upgrade, upgradeKind } from './upgrade';

/**
 * The kubelet's ports: 10250 with TLS, where everybody is authenticated and authorized before anything else, and 10255
 * in clear for whoever asks. The TLS side asks for a client certificate when there is an authority to judge it by, and
 * never insists: who may do what is decided above TLS.
 */
export interface ServerOptions {
  readonly host: Host;
  readonly node: NodeView;
  readonly identify: (request: IncomingMessage, peer: Peer) => Promise<Identity>;
  readonly check: AccessCheck;
  readonly servingKeyPair: KeyPair | null;
  /** What is served with from now on, when somebody keeps it up to date: null for nothing, undefined for nobody. */
  readonly currentKeyPair?: () => KeyPair | null | undefined;
  readonly clientCaPem: string | null;
  readonly log: Logger;
}

/** The connection that a request came on. */
export interface Peer {
  readonly connectionId: string;
  readonly secure: SecureConnection | null;
}

const LARGEST_HEAD_BYTES = 1 << 20;
const IDLE_MS = 90_000;

export class KubeletServer {
  readonly #options: ServerOptions;
  readonly #acceptor: TlsAcceptor;
  readonly #http: { readonly secured: Server; readonly readOnly: Server; readonly healthz: Server };
  readonly #peers = new WeakMap<Duplex, Peer>();
  readonly #listeners: Listener[] = [];
  #at: Endpoint | null = null;
  #served: KeyPair | null = null;

  constructor(options: ServerOptions) {
    const { servingKeyPair: keyPair, clientCaPem, host, node } = options;
    this.#options = options;
    this.#acceptor = new TlsAcceptor({
      keyPair,
      requestClientCertificate: clientCaPem !== null,
      ...(clientCaPem === null ? {} : { clientCaPem }),
      alpn: ['http/1.1'],
      minVersion: node.settings.tlsMinVersion,
      at: host,
    });
    this.#http = {
      secured: this.#createServer((...args) => this.#secured(...args)),
      readOnly: this.#createServer((...args) => this.#readOnly(...args)),
      healthz: createServer((request, response) => serveHealth(request, answerOn(response))),
    };
  }

  get at(): Endpoint | null {
    return this.#at;
  }

  /** Null: from now on clients get the alert internal_error. */
  replaceKeyPair(keyPair: KeyPair | null): void {
    this.#acceptor.replaceKeyPair(keyPair);
  }

  async listen(): Promise<Endpoint> {
    const { host, node } = this.#options;
    const { address, port, readOnlyPort, healthzPort, healthzBindAddress } = node.settings;
    const secured = await host.listen({ address, port }, (connection) => void this.#accept(connection));
    this.#listeners.push(secured);
    this.#at = secured.at;
    if (readOnlyPort !== 0) {
      this.#listeners.push(
        await host.listen({ address, port: readOnlyPort }, (connection) => {
          this.#serve(this.#http.readOnly, connection.socket, { connectionId: connection.id, secure: null });
        }),
      );
    }
    // Machines of the fabric have no loopback interface, and so no health port.
    if (healthzPort !== 0 && host.addresses.includes(healthzBindAddress)) {
      this.#listeners.push(
        await host.listen({ address: healthzBindAddress, port: healthzPort }, ({ socket }) => {
          this.#http.healthz.emit('connection', socket);
        }),
      );
    }
    return secured.at;
  }

  async close(): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    for (const server of Object.values(this.#http)) {
      server.closeAllConnections();
      server.close();
    }
  }

  #createServer(
    serve: (request: IncomingMessage, response: ServerResponse, upgrade: Upgrade | null) => Promise<void>,
  ): Server {
    const server = createServer({ maxHeaderSize: LARGEST_HEAD_BYTES, keepAliveTimeout: IDLE_MS });
    const guarded = (request: IncomingMessage, response: ServerResponse, upgrade: Upgrade | null): void => {
      // Go's server does not announce that it keeps connections.
      response.removeHeader('Connection');
      serve(request, response, upgrade).catch((error: unknown) => {
        this.#options.log.error({ err: error, url: request.url }, 'request failed');
        request.socket.destroy();
      });
    };
    server.on('request', (request, response) => guarded(request, response, null));
    server.on('upgrade', (request, socket, head) => {
      if (!socket.listeners('error').includes(ignoreError)) socket.on('error', ignoreError);
      const response = new ServerResponse(request);
      response.assignSocket(socket as Socket);
      // What was answered without switching protocols leaves a connection for further requests, as with Go's server.
      response.on('finish', () => {
        response.detachSocket(socket as Socket);
        if (socket.destroyed) return;
        if (head.length > 0) socket.unshift(head);
        server.emit('connection', socket);
      });
      guarded(request, response, { kind: upgradeKind(request.headers) ?? 'spdy', socket, head });
    });
    return server;
  }

  async #accept(connection: Connection): Promise<void> {
    const current = this.#options.currentKeyPair?.();
    if (current !== undefined && current !== this.#served) {
      this.#served = current;
      this.#acceptor.replaceKeyPair(current);
    }
    const accepted = await this.#acceptor.accept(connection);
    if (accepted.kind === 'handshake-failure') {
      const { address, port } = connection.remote;
      // net/http server.go, conn.serve.
      this.#options.log.info(
        { connection: connection.id },
        `http: TLS handshake error from ${joinHostPort(address, port)}: ${accepted.text}`,
      );
      return;
    }
    this.#serve(this.#http.secured, accepted.socket, { connectionId: connection.id, secure: accepted });
  }

  #serve(server: Server, socket: Duplex, peer: Peer): void {
    this.#peers.set(socket, peer);
    server.emit('connection', socket);
  }

  #peerOf(request: IncomingMessage): Peer {
    return this.#peers.get(request.socket) ?? { connectionId: '', secure: null };
  }

  async #secured(request: IncomingMessage, response: ServerResponse, upgrade: Upgrade | null): Promise<void> {
    const { identify, check, node } = this.#options;
    const { nodeName, settings } = node;
    const server: RoutedServer = { readOnly: false, settings };
    const answer = answerOn(response);
    const peer = this.#peerOf(request);
    const muxed = this.#mux(request, server);
    // Nobody is asked who they are for what is not there.
    if (muxed.kind !== 'handler') {
      this.#record(request, peer, null);
      answerMuxed(muxed, request.method, answer);
      return;
    }
    const identity = await identify(request, peer);
    this.#record(request, peer, identity.kind === 'user' ? identity.user.name : null);
    if (identity.kind === 'unauthenticated') {
      this.#options.log.debug(
        { connection: peer.connectionId, text: identity.text },
        'request not authenticated',
      );
      this.#deny(peer, answer, 401, 'Unauthorized');
      return;
    }
    const { method = 'GET' } = request;
    const attributes = attributesOf({ method, path: muxed.path }, identity.user, {
      nodeName,
      fineGrained: settings.fineGrainedAuthorization,
    });
    const decision = await authorize(attributes, settings.authorization.mode, check);
    if (decision.kind === 'refused') {
      this.#deny(peer, answer, decision.code, decision.text);
      return;
    }
    await this.#handle(server, muxed, { request, response, answer, upgrade });
  }

  async #readOnly(
    request: IncomingMessage,
    response: ServerResponse,
    upgrade: Upgrade | null,
  ): Promise<void> {
    const server: RoutedServer = { readOnly: true, settings: this.#options.node.settings };
    const answer = answerOn(response);
    const muxed = this.#mux(request, server);
    this.#record(request, this.#peerOf(request), null);
    if (muxed.kind !== 'handler') answerMuxed(muxed, request.method, answer);
    else await this.#handle(server, muxed, { request, response, answer, upgrade });
  }

  #mux({ method = 'GET', url = '/' }: IncomingMessage, server: RoutedServer): Muxed {
    const muxed = serveMux(url, patternsOf(server));
    const path = 'path' in muxed ? muxed.path : url;
    this.#options.node.requests.count(method, path, server.readOnly ? 'readonly' : 'readwrite');
    return muxed;
  }

  async #handle(
    server: RoutedServer,
    { path, query }: Extract<Muxed, { kind: 'handler' }>,
    exchange: Pick<Exchange, 'request' | 'response' | 'answer' | 'upgrade'>,
  ): Promise<void> {
    const { node } = this.#options;
    const { method = 'GET', headers } = exchange.request;
    const route = routeOf({ method, path, accept: headers.accept ?? '' }, server);
    const { connectionId } = this.#peerOf(exchange.request);
    await handle(route, { ...exchange, node, query, connectionId });
  }

  #record({ method, url }: IncomingMessage, { connectionId }: Peer, user: string | null): void {
    const { host } = this.#options;
    host.timeline.record(host.name, connectionId, 'request-received', { method, path: url, user });
  }

  #deny({ connectionId }: Peer, answer: Answer, code: number, text: string): void {
    const { host } = this.#options;
    host.timeline.record(host.name, connectionId, 'request-denied', { code, text });
    answer(code, text);
  }
}

/** Source: cmd/kubelet/app/server.go, and healthz.InstallHandler without checks of its own. */
function serveHealth(request: IncomingMessage, answer: Answer): void {
  const muxed = serveMux(request.url ?? '/', ['/healthz', '/healthz/ping']);
  if (muxed.kind !== 'handler') answerMuxed(muxed, request.method, answer);
  else if (muxed.path !== '/healthz') answer(200, 'ok');
  else answer(200, healthText(['ping'], muxed.query), NO_SNIFF);
}

function answerOn(response: ServerResponse): Answer {
  return (code, body, headers = {}) => {
    const bytes = Buffer.from(body);
    response.writeHead(code, {
      ...(bytes.length === 0 ? {} : { 'Content-Type': 'text/plain; charset=utf-8' }),
      'Content-Length': bytes.length,
      ...headers,
    });
    response.end(response.req.method === 'HEAD' ? undefined : bytes);
  };
}

/** Whoever wrote to the connection is told by its end. */
function ignoreError(): void {}

import type { Duplex } from 'node:stream';
import type { Connection, Endpoint, Host, Refusal } from '../network/network';
import type { HandshakeFailure, SecureConnection } from '../network/secure';
import type { TlsAcceptor } from '../network/secure-server';
import { ClientHelloReader } from '../wire/client-hello';
import { type HeaderList, headerValue } from '../wire/http-head';
import type { CertificateShown } from './certificate';
import { GenuineEndpoint, type Speech } from './genuine';
import { GenuineHttp, type GenuineHttpConnection } from './genuine-http';
import type { AttackHooks, OwnAnswer, PassingRequest } from './hooks';
import { type HttpExchange, serveHttp, writeHead } from './http-front';
import { ImpersonatedExchange } from './impersonate';
import { FIRST_BYTES_MS } from './limits';
import type { LootBag, ShownCertificate } from './loot';
import { OpenSockets } from './open-sockets';
import { peek } from './peek';
import { Play, type PlayAction, type PlayEvent, type Script } from './play';
import { poseAsProxy } from './pose-as-proxy';
import { poseAsSshd, type SshdPose } from './pose-as-sshd';
import { type RelayContext, RelayedExchange } from './relay';
import { passBytes } from './relay-raw';
import { describeShown } from './tls-observer';
import type { Side } from './transcript';

/** What every connection of one attack shares. */
export interface Interception {
  readonly host: Host;
  /** Where the victim wanted to go. */
  readonly genuine: Endpoint;
  readonly script: Script;
  readonly hooks?: AttackHooks;
  readonly acceptor: TlsAcceptor;
  readonly shown: CertificateShown;
  readonly loot: LootBag;
  readonly held: OpenSockets;
  /** For victims that speak SSH; without it they are hung up on. */
  readonly sshd?: Pick<SshdPose, 'hostKey' | 'onChannel'>;
  /** Told of every redirect that is answered. */
  readonly onRedirect?: (status: number, location: string) => void;
  /** Set for a place that clients are redirected to: told what comes there. */
  readonly arrivals?: Arrivals;
}

/** What became of those who were sent to one place. */
export interface Arrivals {
  refused(alert: string | null): void;
  asked(headers: HeaderList, clientCertificate: ShownCertificate | null): void;
}

/**
 * One intercepted connection: reports to the play what happens on it and carries out what the play answers. The promise
 * of `run` is kept when it is known what the victim made of the attacker: its handshake is over, or it has left.
 */
export class InterceptedConnection {
  readonly #connection: Connection;
  readonly #shared: Interception;
  readonly #play: Play;
  readonly #genuine: GenuineEndpoint;
  /** Only this connection's: what it dialled ends with it. */
  readonly #dialled = new OpenSockets();
  readonly #impersonated = new Map<number, ImpersonatedExchange>();
  readonly #relayed = new Map<number, RelayedExchange>();
  #clear: Duplex;
  #speech: Speech = { kind: 'plaintext' };
  #handshake: Promise<void> = Promise.resolve();
  #serverName: string | null = null;
  #clientCertificate: ShownCertificate | null = null;
  #genuineHttp: GenuineHttp | null = null;
  #exchanges = 0;

  constructor(connection: Connection, shared: Interception) {
    this.#connection = connection;
    this.#shared = shared;
    this.#play = new Play(shared.script);
    this.#genuine = new GenuineEndpoint(shared.host, shared.genuine, this.#dialled);
    this.#clear = connection.socket;
  }

  async run(): Promise<void> {
    const { socket, remote } = this.#connection;
    const { genuine, held, loot } = this.#shared;
    held.add(socket);
    socket.once('close', () => void this.#dialled.close());
    loot.countConnection();
    this.#note('connection-intercepted', { from: remote, to: genuine });
    this.#see({ kind: 'connection-accepted' });
    const first = await peek(socket, firstBytesReader(), FIRST_BYTES_MS);
    if (first === null) {
      socket.destroy();
      return;
    }
    if (first.kind === 'tls') {
      this.#speech = { kind: 'tls', alpn: first.alpn };
      this.#serverName = first.serverName;
    }
    this.#see({ kind: 'first-bytes-received', protocol: first.kind });
    await this.#handshake;
  }

  #see(event: PlayEvent): void {
    for (const action of this.#play.see(event)) this.#act(action);
  }

  #act(action: PlayAction): void {
    switch (action.kind) {
      case 'dial-genuine':
        this.#genuine.dialAhead();
        break;
      case 'show-certificate':
        this.#handshake = this.#showCertificate();
        break;
      case 'show-host-key':
        this.#handshake = this.#showHostKey();
        break;
      case 'read-requests':
        this.#readRequests().catch((error: unknown) => this.#failed(error));
        break;
      case 'hang-up':
        this.#clear.destroy();
        this.#connection.socket.destroy();
        break;
      case 'answer':
        if (action.status >= 300 && action.status < 400) {
          const location = headerValue(action.headers, 'location') ?? '';
          this.#shared.onRedirect?.(action.status, location);
          this.#note('redirected', { status: action.status, location });
        }
        this.#impersonated.get(action.exchange)?.act(action);
        break;
      case 'upgrade':
      case 'accept-stream':
      case 'refuse-stream':
      case 'write':
      case 'finish':
      case 'end-session':
        this.#impersonated.get(action.exchange)?.act(action);
        break;
      case 'forward':
      case 'pass-on':
      case 'forward-stream':
        this.#relayed.get(action.exchange)?.act(action);
        break;
    }
  }

  async #showHostKey(): Promise<void> {
    const { sshd, loot } = this.#shared;
    // The genuine sshd has nothing to say to who cannot pass the session on.
    void this.#dialled.close();
    if (sshd === undefined) this.#act({ kind: 'hang-up' });
    else await poseAsSshd(this.#connection, { ...sshd, loot, note: (kind, data) => this.#note(kind, data) });
  }

  async #showCertificate(): Promise<void> {
    const { acceptor, shown } = this.#shared;
    this.#note('certificate-shown', { ...shown });
    const outcome = await acceptor.accept(this.#connection);
    const clientCertificate = this.#keepHandshake(outcome);
    if (outcome.kind === 'handshake-failure') {
      this.#note('handshake-failed', { alert: outcome.alert, text: outcome.text });
      this.#shared.arrivals?.refused(outcome.alert);
      this.#see({ kind: 'handshake-failed', alert: outcome.alert });
      return;
    }
    this.#clear = outcome.socket;
    this.#shared.held.add(outcome.socket);
    // The attack was withdrawn meanwhile. Handing a closed stream to node:http has ended the whole process before.
    if (outcome.socket.destroyed) return;
    this.#note('handshake-finished', { version: outcome.version, alpn: outcome.alpn });
    this.#clientCertificate = clientCertificate;
    if (clientCertificate !== null) this.#note('client-certificate-captured', { ...clientCertificate });
    this.#see({ kind: 'handshake-finished', showedCertificate: clientCertificate !== null });
  }

  #keepHandshake(outcome: SecureConnection | HandshakeFailure): ShownCertificate | null {
    const completed = outcome.kind === 'secure-connection';
    const clientCertificate = completed ? describeShown(outcome.peerCertificates[0]) : null;
    this.#shared.loot.keepHandshake({
      connection: this.#connection.id,
      completed,
      version: outcome.version,
      alert: completed ? null : outcome.alert,
      serverName: this.#serverName,
      clientCertificateAsked: true,
      clientCertificate,
    });
    return clientCertificate;
  }

  async #readRequests(): Promise<void> {
    const { sshd, loot } = this.#shared;
    if (this.#speech.kind === 'tls' && sshd !== undefined) {
      const note = (kind: string, data: Record<string, unknown>): void => this.#note(kind, data);
      const { onChannel } = sshd;
      if (await poseAsProxy(this.#connection, this.#clear, { loot, note, onChannel })) return;
    }
    // An impersonator understands HTTP or nothing; a relay passes on what it does not understand.
    if (this.#shared.script.mode === 'relay') {
      const http = await peek(this.#clear, looksLikeHttp, FIRST_BYTES_MS);
      if (http === null) {
        this.#clear.destroy();
        return;
      }
      if (!http) return this.#relayUnknown();
    }
    await serveHttp(
      this.#clear,
      (exchange) => this.#take(exchange),
      (waitedFor) => this.#note('given-up', { waitedFor }),
    );
  }

  async #relayUnknown(): Promise<void> {
    const peer = await this.#genuine.reach(this.#speech);
    if (peer.kind === 'refusal') {
      this.#note('relay-refused', { status: null, text: peer.text });
      this.#see({ kind: 'genuine-refused', text: peer.text });
      return;
    }
    passBytes(this.#clear, peer.socket, (direction, bytes) => {
      this.#shared.loot.keep(direction, this.#connection.id, bytes);
      this.#note('bytes-captured', { direction, length: bytes.length });
    });
  }

  #take(exchange: HttpExchange): void {
    const { id } = this.#connection;
    const { loot, hooks } = this.#shared;
    const number = this.#exchanges;
    this.#exchanges += 1;
    const { method, target: path, headers } = exchange.head;
    const lane = `${id}/${number}`;
    const kept = loot.keepRequest({ connection: id, method, path, headers }, lane);
    this.#note('request-captured', { method, path });
    this.#shared.arrivals?.asked(headers, this.#clientCertificate);
    const context = {
      number,
      lane,
      kept,
      loot,
      failed: (error: unknown) => this.#failed(error),
      report: (event: PlayEvent) => this.#see(event),
      note: (kind: string, data: Record<string, unknown>) => this.#note(kind, data),
    };
    // A connection may carry any number of them. After an upgrade it carries no other, and ends with this one.
    exchange.response.once('close', () => {
      this.#relayed.delete(number);
      this.#impersonated.delete(number);
      this.#play.forget(number);
    });
    const request = { method, path, headers };
    if (hooks?.onRequest === undefined) this.#begin(exchange, request, context);
    else this.#ask(hooks.onRequest(request), exchange, request, context).catch(context.failed);
  }

  /** A hook has its say first. */
  async #ask(
    asked: ReturnType<NonNullable<AttackHooks['onRequest']>>,
    exchange: HttpExchange,
    request: PassingRequest,
    context: TakenContext,
  ): Promise<void> {
    const change = await asked;
    if (change === undefined) return this.#begin(exchange, request, context);
    if ('answer' in change) return this.#answer(exchange, change.answer, context);
    const { method = request.method, path = request.path, headers = request.headers } = change;
    const head = { ...exchange.head, method, target: path, headers };
    this.#begin({ ...exchange, head, headers }, { method, path, headers }, context);
  }

  #answer(exchange: HttpExchange, answer: OwnAnswer, { number, note }: TakenContext): void {
    const { status, headers = [], body = '' } = answer;
    const { id } = this.#connection;
    exchange.body.resume();
    const length = Buffer.byteLength(body);
    writeHead(exchange, status, undefined, [...headers, ['Content-Length', `${length}`]]);
    exchange.response.end(body);
    note('answer-forged', { status, length });
    const write = (stream: string, text: string | Buffer): void =>
      this.#shared.loot.book.write(
        { connection: id, exchange: number, stream, side: 'client-got' },
        Buffer.from(text),
      );
    write('answer', `${status}`);
    write('body', body);
  }

  #begin(exchange: HttpExchange, request: PassingRequest, context: TakenContext): void {
    const { id } = this.#connection;
    const { loot, script, hooks } = this.#shared;
    const { number } = context;
    const received = { kind: 'request-received', exchange: number, ...request } as const;
    if (script.mode === 'relay') {
      const relayed = {
        ...context,
        request,
        ...(hooks === undefined ? {} : { hooks }),
        rules: script.rules ?? [],
        reach: () => this.#reach(),
        write: (stream: string, side: Side, bytes: Buffer) =>
          loot.book.write({ connection: id, exchange: number, stream, side }, bytes),
      };
      this.#relayed.set(number, new RelayedExchange(exchange, relayed));
      this.#see(received);
      return;
    }
    const impersonated = new ImpersonatedExchange(exchange, context);
    this.#impersonated.set(number, impersonated);
    this.#see(received);
    impersonated.readBody();
  }

  #reach(): Promise<GenuineHttpConnection | Refusal> {
    this.#genuineHttp ??= new GenuineHttp(this.#genuine, this.#speech);
    return this.#genuineHttp.reach();
  }

  #failed(error: unknown): void {
    this.#note('connection-failed', { text: `${error}` });
    this.#connection.socket.destroy();
  }

  #note(kind: string, data: Record<string, unknown>): void {
    const { host } = this.#shared;
    host.timeline.record(host.name, this.#connection.id, kind, data);
  }
}

type TakenContext = ConstructorParameters<typeof ImpersonatedExchange>[1] &
  Pick<RelayContext, 'loot' | 'failed' | 'report'>;

type FirstBytes =
  | { readonly kind: 'plaintext' }
  /** RFC 4253 §4.2: a client need not wait for the server's line, and none does. */
  | { readonly kind: 'ssh' }
  | { readonly kind: 'tls'; readonly serverName: string | null; readonly alpn: readonly string[] };

const SSH = 'SSH-';

function firstBytesReader(): (piece: Buffer) => FirstBytes | null {
  const reader = new ClientHelloReader();
  let start = '';
  return (piece) => {
    start += piece.toString('latin1', 0, SSH.length - start.length);
    if (start === SSH) return { kind: 'ssh' };
    if (SSH.startsWith(start)) return null;
    const hello = reader.push(piece);
    switch (hello.kind) {
      case 'incomplete':
        return null;
      case 'not-tls':
        return { kind: 'plaintext' };
      case 'client-hello':
        return { kind: 'tls', serverName: hello.serverName, alpn: hello.alpn };
    }
  };
}

/** A method and a blank, or as much of them as has come; not HTTP/2, whose preface begins with PRI. */
function looksLikeHttp(bytes: Buffer): boolean {
  const start = bytes.toString('latin1', 0, 12);
  return /^[A-Z]{1,8}(?: |$)/.test(start) && !start.startsWith('PRI ');
}

import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import type { KeyPair } from '../wire/pem';
import * as alerts from '../wire/tls-alerts';
import { alertRecord, TLS_1_2, TLS_1_3 } from '../wire/tls-records';
import { alertOf, goTextOf } from './go-error-text';
import { goServerContext } from './go-tls-options';
import { tellKeys } from './key-log';
import { type Connection, joinHostPort } from './network';
import { type Peeked, peekClientHello } from './peek-client-hello';
import { certificatesOf } from './peer-certificates';
import type { HandshakeFailure, SecureConnection, Site, TlsVersion } from './secure';

/**
 * The TLS server side of the lab's components, and of the attacker.
 *
 * Rules kept here: one secure context for all connections of a key pair; no session is ever resumed; a client
 * certificate is asked for but never required (Go's RequestClientCert), and who it is is decided above TLS.
 */
export interface TlsAcceptorOptions {
  /** Null: every ClientHello is answered with the alert internal_error, as by a kubelet that waits for its certificate. */
  readonly keyPair: KeyPair | null;
  readonly requestClientCertificate: boolean;
  /** Named to the client as acceptable authorities. */
  readonly clientCaPem?: string;
  /** A client that offers ALPN and none of these is refused; without any, its offer is ignored (crypto/tls negotiateALPN). */
  readonly alpn?: readonly string[];
  readonly minVersion?: TlsVersion;
  readonly maxVersion?: TlsVersion;
  readonly timeoutMs?: number;
  /** The machine that accepts, for its timeline. */
  readonly at?: Site;
  /** Who learns the keys. Default: `at`. */
  readonly keysFor?: Site;
}

/** Node's tls.Server default; Go's http.Server has none unless it is given a read timeout. */
const HANDSHAKE_TIMEOUT_MS = 120_000;

/** What OpenSSL answers when it, and not the client, gives up. */
const ALERTS_SENT: Readonly<Record<string, number>> = {
  ERR_SSL_NO_SHARED_CIPHER: alerts.HANDSHAKE_FAILURE,
  ERR_SSL_UNSUPPORTED_PROTOCOL: alerts.PROTOCOL_VERSION,
  ERR_SSL_NO_APPLICATION_PROTOCOL: alerts.NO_APPLICATION_PROTOCOL,
};

/** net/http server.go, conn.serve: what a client hears that forgot the `s` of https. */
const PLAIN_HTTP_ANSWER = 'HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n';
const PLAIN_HTTP_STARTS = ['GET /', 'HEAD ', 'POST ', 'PUT /', 'OPTIO'];

type Hello = Extract<Peeked, { kind: 'client-hello' }>;

export class TlsAcceptor {
  readonly #options: TlsAcceptorOptions;
  #context: SecureContext | null;

  constructor(options: TlsAcceptorOptions) {
    this.#options = options;
    this.#context = this.#contextFor(options.keyPair);
  }

  /** For the handshakes that begin from now on. */
  replaceKeyPair(keyPair: KeyPair | null): void {
    this.#context = this.#contextFor(keyPair);
  }

  /** Consumes the connection: after a failure it is closed. */
  async accept(connection: Connection): Promise<SecureConnection | HandshakeFailure> {
    const raw = connection.socket;
    // The outcome is told by other events; without a listener an error would end the process.
    raw.on('error', () => undefined);
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      raw.destroy();
    }, this.#options.timeoutMs ?? HANDSHAKE_TIMEOUT_MS);
    const outcome = await this.#accept(connection);
    if (outcome.kind === 'handshake-failure') await closed(raw);
    clearTimeout(timer);
    return timedOut && outcome.kind === 'handshake-failure'
      ? { ...outcome, text: timeoutText(connection) }
      : outcome;
  }

  async #accept(connection: Connection): Promise<SecureConnection | HandshakeFailure> {
    const raw = connection.socket;
    const peeked = await peekClientHello(raw);
    switch (peeked.kind) {
      case 'client-hello': {
        if (this.#context !== null) return this.#shakeHands(connection, this.#context, peeked);
        raw.end(alertRecord(alerts.INTERNAL_ERROR), () => raw.destroy());
        this.#recordAlert('alert-sent', connection, alerts.INTERNAL_ERROR);
        return this.#failure(connection, peeked, 'no serving certificate available for the kubelet');
      }
      case 'not-tls': {
        const start = peeked.firstBytes.toString('latin1', 0, 5);
        raw.end(PLAIN_HTTP_STARTS.includes(start) ? PLAIN_HTTP_ANSWER : '', () => raw.destroy());
        return this.#failure(connection, null, 'tls: first record does not look like a TLS handshake');
      }
      case 'closed': {
        raw.destroy();
        const end = peeked.received > 0 ? 'unexpected EOF' : 'EOF';
        return this.#failure(
          connection,
          null,
          peeked.error === null ? end : goTextOf(peeked.error, connection),
        );
      }
    }
  }

  #shakeHands(
    connection: Connection,
    context: SecureContext,
    hello: Hello,
  ): Promise<SecureConnection | HandshakeFailure> {
    const { requestClientCertificate, alpn } = this.#options;
    const engine = new TLSSocket(connection.socket as Socket, {
      isServer: true,
      secureContext: context,
      requestCert: requestClientCertificate,
      rejectUnauthorized: false,
      ...(alpn === undefined ? {} : { ALPNProtocols: [...alpn] }),
    });
    tellKeys(engine, connection, this.#options.keysFor ?? this.#options.at);
    return new Promise((resolve) => {
      let pending = true;
      const fail = (text: string, alert: number | null = null): void => {
        if (!pending) return;
        pending = false;
        engine.destroy();
        resolve(this.#failure(connection, hello, text, alert));
      };
      engine.on('error', (error) => {
        const alert = alertOf(error);
        if (alert !== null) this.#recordAlert('alert-received', connection, alert);
        const sent = pending ? ALERTS_SENT[(error as NodeJS.ErrnoException).code ?? ''] : undefined;
        if (sent !== undefined) this.#recordAlert('alert-sent', connection, sent);
        fail(goTextOf(error, connection), alert);
      });
      engine.once('end', () => fail('EOF'));
      engine.once('close', () => fail('EOF'));
      engine.once('secure', () => {
        if (engine.isSessionReused()) {
          fail('tls: client resumed a session that was never issued');
          return;
        }
        pending = false;
        releaseControl(engine);
        resolve(this.#success(connection, engine));
      });
    });
  }

  #success(connection: Connection, engine: TLSSocket): SecureConnection {
    const version = engine.getProtocol() as TlsVersion;
    const alpn = engine.alpnProtocol || null;
    const { at, requestClientCertificate } = this.#options;
    at?.timeline.record(at.name, connection.id, 'handshake-finished', { version, alpn, role: 'server' });
    return {
      kind: 'secure-connection',
      connection,
      socket: engine,
      version,
      alpn,
      serverName: serverNameOf(engine),
      peerCertificates: requestClientCertificate ? certificatesOf(engine) : [],
    };
  }

  #failure(
    connection: Connection,
    hello: Hello | null,
    text: string,
    alert: number | null = null,
  ): HandshakeFailure {
    const { at } = this.#options;
    at?.timeline.record(at.name, connection.id, 'handshake-failed', { role: 'server', text });
    return {
      kind: 'handshake-failure',
      connection,
      alert: alert === null ? null : alerts.alertName(alert),
      version: hello === null ? null : this.#negotiated(hello),
      serverName: hello === null ? null : hello.serverName,
      text,
    };
  }

  /** What both sides support at best (RFC 8446 §4.2.1), null for nothing. */
  #negotiated({ versions }: Hello): TlsVersion | null {
    const { minVersion = 'TLSv1.2', maxVersion = 'TLSv1.3' } = this.#options;
    if (versions.includes(TLS_1_3) && maxVersion === 'TLSv1.3') return 'TLSv1.3';
    return versions.includes(TLS_1_2) && minVersion === 'TLSv1.2' ? 'TLSv1.2' : null;
  }

  #contextFor(keyPair: KeyPair | null): SecureContext | null {
    const { minVersion, maxVersion, clientCaPem } = this.#options;
    if (keyPair === null) return null;
    const versions = {
      ...(minVersion === undefined ? {} : { minVersion }),
      ...(maxVersion === undefined ? {} : { maxVersion }),
    };
    return goServerContext(keyPair, versions, clientCaPem);
  }

  #recordAlert(kind: 'alert-sent' | 'alert-received', connection: Connection, alert: number): void {
    const { at } = this.#options;
    at?.timeline.record(at.name, connection.id, kind, { alert: alerts.alertName(alert) });
  }
}

/**
 * What tls.Server does when a handshake is done, and all that a TLSSocket of one's own lacks: until then it keeps TLS
 * errors to itself, and node:http2 waits for it to be connected (lib/internal/tls/wrap.js, onServerSocketSecure).
 */
function releaseControl(engine: TLSSocket): void {
  const own = engine as TLSSocket & { _releaseControl(): boolean; secureConnecting: boolean };
  own._releaseControl();
  own.secureConnecting = false;
}

/** Node says false, or nothing, for a client that sent no SNI. */
function serverNameOf(engine: TLSSocket): string | null {
  return (engine as TLSSocket & { servername?: string | false | null }).servername || null;
}

function closed(raw: Connection['socket']): Promise<void> {
  return new Promise((resolve) => {
    if (raw.closed) resolve();
    else raw.once('close', () => resolve());
  });
}

function timeoutText({ local, remote }: Connection): string {
  return `read tcp ${joinHostPort(local.address, local.port)}->${joinHostPort(remote.address, remote.port)}: i/o timeout`;
}

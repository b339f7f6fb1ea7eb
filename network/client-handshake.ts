import type { Duplex } from 'node:stream';
import { type ConnectionOptions, type SecureContext, type TLSSocket, connect as tlsConnect } from 'node:tls';
import * as alerts from '../wire/tls-alerts';
import { sealRecord, trafficKeys } from '../wire/tls-keys';
import { ALERT, alertContent, alertRecord, changeCipherSpecRecord } from '../wire/tls-records';
import { type FlightStep, ServerFlight } from '../wire/tls-server-flight';
import { alertOf, closedLocally, goTextOf, signatureFailureText } from './go-error-text';
import { HandshakeTap } from './handshake-tap';
import { tellKeys } from './key-log';
import type { Connection, Refusal } from './network';
import type { Judge, SecureConnection, Site, TlsVersion } from './secure';
import { shownCertificate } from './shown-certificate';

/**
 * One TLS handshake as a Go client does it: the server's certificates are judged as they were sent, before the TLS
 * engine sees them and so before our own certificate can leave; a server that is refused gets a fatal alert.
 */
export interface HandshakePlan {
  readonly judge: Judge;
  readonly context: SecureContext;
  readonly alpn: readonly string[];
  /** What SNI says, null for none. */
  readonly serverName: string | null;
  readonly timeoutMs: number;
  readonly at: Site | undefined;
  /** For the record only: what `judge` stands for. */
  readonly trust: { readonly trust: 'verify-nobody' | 'verify'; readonly host: string | null };
}

export function shakeHands(connection: Connection, plan: HandshakePlan): Promise<SecureConnection | Refusal> {
  return new Promise((resolve) => new ClientHandshake(connection, plan, resolve).begin());
}

/** How long a server that is not believed may take to complete its flight, without which no alert can be sealed. */
const FAREWELL_MS = 1000;

class ClientHandshake {
  readonly #connection: Connection;
  readonly #plan: HandshakePlan;
  readonly #resolve: (outcome: SecureConnection | Refusal) => void;
  readonly #raw: Duplex;
  readonly #flight = new ServerFlight();
  readonly #tap: HandshakeTap;
  readonly #engine: TLSSocket;
  #timer: NodeJS.Timeout;
  readonly #secrets = new Map<string, Buffer>();
  #chain: readonly Buffer[] | null = null;
  #cipherSuite = 0;
  #retried = false;
  /** With `turning-away`: what is to be reported when the alert is out. */
  #farewell: { readonly refusal: Refusal; readonly alert: number } | null = null;
  #state: 'pending' | 'turning-away' | 'refused' | 'done' = 'pending';

  constructor(
    connection: Connection,
    plan: HandshakePlan,
    resolve: (outcome: SecureConnection | Refusal) => void,
  ) {
    this.#connection = connection;
    this.#plan = plan;
    this.#resolve = resolve;
    this.#raw = connection.socket;
    this.#timer = setTimeout(() => this.#timedOut(), plan.timeoutMs);
    this.#raw.on('error', (error: Error) => this.#broken(error));
    this.#raw.once('end', () => this.#ended());
    this.#raw.once('close', () => this.#closed());
    this.#tap = new HandshakeTap(this.#raw, (chunk) => this.#received(chunk));
    this.#engine = tlsConnect(this.#engineOptions());
  }

  begin(): void {
    // Stays for the life of the connection: its owner may not listen yet when the peer's alert comes in.
    this.#engine.on('error', (error) => this.#failed(error));
    this.#engine.on('keylog', (line) => this.#learned(line.toString('latin1')));
    tellKeys(this.#engine, this.#connection, this.#plan.at);
    this.#engine.once('secureConnect', () => this.#finished());
    if (this.#raw.destroyed) this.#closed();
  }

  #engineOptions(): ConnectionOptions {
    const { context, alpn, serverName } = this.#plan;
    return {
      socket: this.#tap,
      secureContext: context,
      rejectUnauthorized: false,
      ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
      ...(serverName === null ? {} : { servername: serverName }),
    };
  }

  /** Lines of the NSS key log: label, client random, secret. */
  #learned(line: string): void {
    if (this.#state === 'done') return;
    const [label, , secret] = line.trim().split(' ');
    if (label !== undefined && secret !== undefined) this.#secrets.set(label, Buffer.from(secret, 'hex'));
  }

  #received(chunk: Buffer): void {
    if (this.#state === 'turning-away') {
      this.#turnAway(chunk);
      return;
    }
    this.#flight.add(chunk);
    while (this.#state === 'pending' && this.#chain === null) {
      const step = this.#flight.next(this.#secrets.get('SERVER_HANDSHAKE_TRAFFIC_SECRET') ?? null);
      if (step === null) return;
      this.#act(step);
    }
  }

  #act(step: FlightStep): void {
    switch (step.kind) {
      case 'server-hello':
        this.#cipherSuite = step.cipherSuite;
        this.#retried ||= step.retry;
        this.#tap.deliver(step.bytes);
        return;
      case 'certificates':
        this.#judge(step.chain);
        return;
      case 'alert-received':
        this.#alerted(step.alert);
        return;
      case 'not-tls': {
        const speaksHttp = step.header.toString('latin1') === 'HTTP/';
        const text = 'tls: first record does not look like a TLS handshake';
        this.#refuse({ ...this.#refusal('NOT_TLS', text), speaksHttp });
        return;
      }
      case 'violation':
        this.#refuse(this.#refusal('NOT_TLS', step.text), step.alert);
        return;
    }
  }

  #judge(chain: readonly Buffer[]): void {
    const judgement = this.#plan.judge(chain);
    if (this.#plan.at?.timeline.listening === true) {
      this.#record('certificate-judged', {
        accepted: judgement.ok,
        error: judgement.ok ? null : judgement.error,
        ...this.#plan.trust,
        ...shownCertificate(chain),
      });
    }
    if (!judgement.ok) {
      const refusal = this.#refusal('CERTIFICATE_REFUSED', judgement.error);
      const alert = judgement.alert ?? alerts.BAD_CERTIFICATE;
      if (this.#flight.version === 'TLSv1.2') {
        this.#refuse(refusal, alert);
        return;
      }
      this.#farewell = { refusal, alert };
      this.#state = 'turning-away';
      this.#tap.mute();
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#timedOut(), Math.min(FAREWELL_MS, this.#plan.timeoutMs));
      this.#turnAway(this.#flight.takeHeld());
      return;
    }
    this.#chain = chain.map((der) => Buffer.from(der));
    this.#tap.open();
    this.#tap.deliver(this.#flight.takeHeld());
  }

  /**
   * An alert of TLS 1.3 must be sealed with our handshake key, and OpenSSL tells that key only when it makes the flight
   * that answers a complete flight of the server. So it is given that flight, and its answer is thrown away.
   */
  #turnAway(chunk: Buffer): void {
    this.#tap.deliver(chunk);
    if (this.#secrets.has('CLIENT_HANDSHAKE_TRAFFIC_SECRET')) this.#sayFarewell();
  }

  /** Without the key the alert goes in clear: it is still what OpenSSL would send at this point, and can read. */
  #sayFarewell(): void {
    const farewell = this.#farewell;
    if (this.#state !== 'turning-away' || farewell === null) return;
    this.#leave(farewell.refusal, farewell.alert);
  }

  #finished(): void {
    if (this.#state !== 'pending') return;
    const chain = this.#chain;
    // Neither can happen without a fault in what is above. A verdict must not come from it.
    if (chain === null || this.#engine.isSessionReused()) {
      this.#refuse(
        this.#refusal('CERTIFICATE_REFUSED', 'tls: server resumed a session that was not offered'),
      );
      return;
    }
    this.#state = 'done';
    clearTimeout(this.#timer);
    this.#secrets.clear();
    const version = this.#engine.getProtocol() as TlsVersion;
    const alpn = this.#engine.alpnProtocol || null;
    this.#record('handshake-finished', { version, alpn, role: 'client' });
    this.#resolve({
      kind: 'secure-connection',
      connection: this.#connection,
      socket: this.#engine,
      version,
      alpn,
      serverName: this.#plan.serverName,
      peerCertificates: chain,
    });
  }

  #failed(error: Error): void {
    const alert = alertOf(error);
    this.#sayFarewell();
    if (alert !== null && this.#state === 'done')
      this.#record('alert-received', { alert: alerts.alertName(alert) });
    if (this.#state !== 'pending') return;
    if (alert !== null) {
      this.#alerted(alert);
      return;
    }
    const signatureText = signatureFailureText(error, this.#chain?.[0]);
    this.#refuse(
      signatureText === null
        ? this.#refusal('NOT_TLS', goTextOf(error, this.#connection))
        : this.#refusal('CERTIFICATE_REFUSED', signatureText),
    );
  }

  #alerted(alert: number): void {
    if (alert === alerts.CLOSE_NOTIFY) {
      this.#refuse(this.#refusal('CONNECTION_CLOSED', 'EOF'));
      return;
    }
    this.#record('alert-received', { alert: alerts.alertName(alert) });
    this.#refuse(this.#refusal('ALERT_RECEIVED', `remote error: ${alerts.alertGoText(alert)}`));
  }

  #broken(error: Error): void {
    this.#sayFarewell();
    if (this.#state === 'done') this.#engine.destroy(error);
    else this.#refuse(this.#refusal('CONNECTION_RESET', goTextOf(error, this.#connection)));
  }

  #ended(): void {
    this.#sayFarewell();
    const text = this.#flight.insideRecord ? 'unexpected EOF' : 'EOF';
    this.#refuse(this.#refusal('CONNECTION_CLOSED', text));
  }

  #closed(): void {
    this.#sayFarewell();
    this.#refuse(this.#refusal('CONNECTION_CLOSED', closedLocally(this.#connection)));
  }

  #timedOut(): void {
    switch (this.#state) {
      case 'pending':
        this.#refuse(this.#refusal('TIMED_OUT', 'net/http: TLS handshake timeout'));
        return;
      case 'turning-away':
        this.#sayFarewell();
        return;
      case 'refused':
        // The peer does not even take the alert.
        this.#raw.destroy();
        return;
      case 'done':
        return;
    }
  }

  #refusal(code: Refusal['code'], text: string): Refusal {
    return { kind: 'refusal', code, text, peer: this.#connection.remote };
  }

  #refuse(refusal: Refusal, alert: number | null = null): void {
    if (this.#state === 'pending') this.#leave(refusal, alert);
  }

  /** Ends the connection, after an alert if there is one to send, and then reports. */
  #leave(refusal: Refusal, alert: number | null): void {
    this.#state = 'refused';
    this.#tap.detach();
    this.#engine.destroy();
    this.#record('handshake-failed', { role: 'client', text: refusal.text });
    const raw = this.#raw;
    const report = (): void => {
      clearTimeout(this.#timer);
      this.#resolve(refusal);
    };
    if (raw.closed) {
      report();
      return;
    }
    raw.once('close', report);
    if (alert === null || raw.destroyed) {
      raw.destroy();
      return;
    }
    this.#record('alert-sent', { alert: alerts.alertName(alert) });
    this.#timer.refresh();
    raw.end(this.#alertBytes(alert), () => raw.destroy());
  }

  /**
   * In TLS 1.3 the alert goes under our handshake traffic key, behind the change_cipher_spec that Go has sent by then
   * (handshake_client_tls13.go, sendDummyChangeCipherSpec; OpenSSL sends it late, unless there was a retry).
   */
  #alertBytes(alert: number): Buffer {
    const secret = this.#secrets.get('CLIENT_HANDSHAKE_TRAFFIC_SECRET');
    const keys = secret === undefined ? null : trafficKeys(this.#cipherSuite, secret);
    if (keys === null) return alertRecord(alert);
    const sealed = sealRecord(keys, 0, ALERT, alertContent(alert));
    return this.#retried ? sealed : Buffer.concat([changeCipherSpecRecord(), sealed]);
  }

  #record(kind: string, data: Record<string, unknown>): void {
    const { at } = this.#plan;
    at?.timeline.record(at.name, this.#connection.id, kind, data);
  }
}

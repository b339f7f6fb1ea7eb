import * as alerts from './tls-alerts';
import {
  CERTIFICATE,
  CERTIFICATE_REQUEST,
  ENCRYPTED_EXTENSIONS,
  type HandshakeMessage,
  HandshakeMessages,
  HELLO_REQUEST,
  parseCertificateMessage,
  parseServerHello,
  SERVER_HELLO,
} from './tls-handshake';
import { openRecord, type TrafficKeys, trafficKeys } from './tls-keys';
import {
  ALERT,
  APPLICATION_DATA,
  CHANGE_CIPHER_SPEC,
  HANDSHAKE,
  looksLikeTls,
  MAX_FRAGMENT_LENGTH,
  RECORD_HEADER_LENGTH,
  readRecord,
  TLS_1_2,
  TLS_1_3,
  type TlsRecord,
} from './tls-records';

/**
 * Reads what a TLS server sends first, up to its certificates, while holding every byte back from the TLS engine.
 *
 * The rule it keeps: whoever drives it hands the engine nothing of a flight whose certificates were not judged, so the
 * engine cannot answer an unverified server. The one exception is the TLS 1.3 ServerHello: the engine needs it to
 * derive the keys that open the rest, and a client answers nothing to it (nor to a HelloRetryRequest but a second
 * ClientHello).
 */
export type FlightStep =
  /** TLS 1.3 only: `bytes` may go to the engine now. */
  | {
      readonly kind: 'server-hello';
      readonly bytes: Buffer;
      readonly cipherSuite: number;
      readonly retry: boolean;
    }
  | {
      readonly kind: 'certificates';
      readonly version: 'TLSv1.2' | 'TLSv1.3';
      readonly chain: readonly Buffer[];
    }
  | { readonly kind: 'alert-received'; readonly alert: number }
  | { readonly kind: 'not-tls'; readonly header: Buffer }
  /** What Go says about it, and the alert it answers with. */
  | { readonly kind: 'violation'; readonly alert: number; readonly text: string };

export class ServerFlight {
  #held: Buffer = Buffer.alloc(0);
  #offset = 0;
  #awaits: 'server-hello' | 'certificate' = 'server-hello';
  #version: 'TLSv1.2' | 'TLSv1.3' | null = null;
  #cipherSuite = 0;
  #keys: TrafficKeys | null = null;
  #sequence = 0;
  readonly #messages = new HandshakeMessages();

  add(chunk: Buffer): void {
    this.#held = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
  }

  /** True when the stream stops inside a record. */
  get insideRecord(): boolean {
    return this.#held.length > this.#offset;
  }

  /** The protocol version, once the ServerHello has said it. */
  get version(): 'TLSv1.2' | 'TLSv1.3' | null {
    return this.#version;
  }

  /** Everything that was not handed out yet. */
  takeHeld(): Buffer {
    const held = this.#held;
    this.#held = Buffer.alloc(0);
    this.#offset = 0;
    return held;
  }

  /**
   * The next thing to act on; null when more bytes must come first, or (TLS 1.3) `serverSecret`, the server handshake
   * traffic secret.
   */
  next(serverSecret: Buffer | null): FlightStep | null {
    for (;;) {
      const header = this.#held.subarray(this.#offset, this.#offset + RECORD_HEADER_LENGTH);
      if (header.length < RECORD_HEADER_LENGTH) return null;
      if (this.#version === null && !looksLikeTls(header)) return { kind: 'not-tls', header };
      const length = header.readUInt16BE(3);
      if (length > MAX_FRAGMENT_LENGTH)
        return violation(alerts.RECORD_OVERFLOW, `tls: oversized record received with length ${length}`);
      const record = readRecord(this.#held, this.#offset);
      if (record === null) return null;
      if (record.type === APPLICATION_DATA && this.#awaits === 'certificate' && serverSecret === null)
        return null;
      this.#offset += record.bytes.length;
      const step = this.#read(record, serverSecret);
      if (step !== null) return step;
    }
  }

  #read(record: TlsRecord, serverSecret: Buffer | null): FlightStep | null {
    const isTls13 = this.#version === 'TLSv1.3';
    switch (record.type) {
      case ALERT:
        return alertStep(record.fragment, isTls13);
      case HANDSHAKE:
        // In TLS 1.3 everything behind the ServerHello is protected.
        if (isTls13 && this.#awaits === 'certificate') return unexpectedMessage();
        return this.#readMessages(record.fragment);
      case CHANGE_CIPHER_SPEC:
        // Meaningless in TLS 1.3 (RFC 8446 §5); before the certificates of TLS 1.2 it resumes a session nobody offered.
        return isTls13 ? null : unexpectedMessage();
      case APPLICATION_DATA:
        if (!isTls13 || serverSecret === null) return unexpectedMessage();
        return this.#readProtected(record, serverSecret);
      default:
        return unexpectedMessage();
    }
  }

  #readProtected(record: TlsRecord, serverSecret: Buffer): FlightStep | null {
    this.#keys ??= trafficKeys(this.#cipherSuite, serverSecret);
    const opened = this.#keys === null ? null : openRecord(this.#keys, this.#sequence, record);
    this.#sequence += 1;
    if (opened === null) return violation(alerts.BAD_RECORD_MAC, 'local error: tls: bad record MAC');
    switch (opened.type) {
      case ALERT:
        return alertStep(opened.content, true);
      case HANDSHAKE:
        return this.#readMessages(opened.content);
      default:
        return unexpectedMessage();
    }
  }

  #readMessages(fragment: Buffer): FlightStep | null {
    this.#messages.add(fragment);
    for (let message = this.#messages.next(); message !== null; message = this.#messages.next()) {
      if (message.kind === 'oversized') {
        const { length, limit } = message;
        const text = `tls: handshake message of length ${length} bytes exceeds maximum of ${limit} bytes`;
        return violation(alerts.INTERNAL_ERROR, text);
      }
      const step =
        this.#awaits === 'server-hello' ? this.#readServerHello(message) : this.#readAfterHello(message);
      if (step !== null) return step;
    }
    return null;
  }

  #readServerHello(message: HandshakeMessage): FlightStep | null {
    if (message.type !== SERVER_HELLO) return unexpectedMessage();
    const hello = parseServerHello(message.body);
    if (hello === null) return unexpectedMessage();
    if (hello.version !== TLS_1_2 && hello.version !== TLS_1_3) {
      const text = `tls: server selected unsupported protocol version ${hello.version.toString(16)}`;
      return violation(alerts.PROTOCOL_VERSION, text);
    }
    if (hello.version === TLS_1_2) {
      if (this.#version !== null) return unexpectedMessage();
      this.#version = 'TLSv1.2';
      this.#awaits = 'certificate';
      return null;
    }
    // RFC 8446 §5.1: no message may share a record with the one behind which the keys change.
    if (this.#messages.pending > 0) return unexpectedMessage();
    this.#version = 'TLSv1.3';
    this.#cipherSuite = hello.cipherSuite;
    if (!hello.retry) this.#awaits = 'certificate';
    const bytes = this.#held.subarray(0, this.#offset);
    this.#held = this.#held.subarray(this.#offset);
    this.#offset = 0;
    return { kind: 'server-hello', bytes, cipherSuite: hello.cipherSuite, retry: hello.retry };
  }

  #readAfterHello(message: HandshakeMessage): FlightStep | null {
    const version = this.#version ?? 'TLSv1.2';
    switch (message.type) {
      case ENCRYPTED_EXTENSIONS:
      case CERTIFICATE_REQUEST:
        return version === 'TLSv1.3' ? null : unexpectedMessage();
      case HELLO_REQUEST:
        return version === 'TLSv1.2' ? null : unexpectedMessage();
      case CERTIFICATE: {
        const chain = parseCertificateMessage(message.body, version);
        if (chain === null) return unexpectedMessage();
        if (chain.length > 0) return { kind: 'certificates', version, chain };
        return version === 'TLSv1.3'
          ? violation(alerts.DECODE_ERROR, 'tls: received empty certificates message')
          : unexpectedMessage();
      }
      default:
        // Among others a TLS 1.3 Finished: the server resumes a session nobody offered.
        return unexpectedMessage();
    }
  }
}

/** Go ignores warnings below TLS 1.3 and user_canceled in it; close_notify is an end of file (crypto/tls conn.go, readRecordOrCCS). */
function alertStep(content: Buffer, isTls13: boolean): FlightStep | null {
  const [level, alert] = content;
  if (content.length !== 2 || level === undefined || alert === undefined) return unexpectedMessage();
  if (alert === alerts.CLOSE_NOTIFY) return { kind: 'alert-received', alert };
  if (isTls13 ? alert === alerts.USER_CANCELED : level === 1) return null;
  return { kind: 'alert-received', alert };
}

function unexpectedMessage(): FlightStep {
  return violation(
    alerts.UNEXPECTED_MESSAGE,
    `local error: ${alerts.alertGoText(alerts.UNEXPECTED_MESSAGE)}`,
  );
}

function violation(alert: number, text: string): FlightStep {
  return { kind: 'violation', alert, text };
}

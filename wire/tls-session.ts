import { ByteQueue } from './byte-queue';
import {
  CERTIFICATE,
  CLIENT_HELLO,
  type HandshakeMessage,
  HandshakeMessages,
  parseCertificateMessage,
  parseServerHello,
  SERVER_HELLO,
} from './tls-handshake';
import { nextTrafficSecret, openRecord, type TrafficKeys, trafficKeys } from './tls-keys';
import {
  APPLICATION_DATA,
  CHANGE_CIPHER_SPEC,
  HANDSHAKE,
  MAX_FRAGMENT_LENGTH,
  RECORD_HEADER_LENGTH,
  readRecord,
  TLS_1_3,
  type TlsRecord,
} from './tls-records';
import { openTls12Record, type Tls12Keys, tls12Keys } from './tls12-keys';

const FINISHED = 20;
const KEY_UPDATE = 24;

/** `up` is what the client sent. */
export type Direction = 'up' | 'down';

export type SessionPiece =
  /** What was said inside TLS. */
  | { readonly kind: 'said'; readonly bytes: Buffer }
  /** The certificates that this side showed, as DER, in the order sent. */
  | { readonly kind: 'certificates'; readonly chain: readonly Buffer[] }
  /** Application data, or what must be that, which no key of the log opens. */
  | { readonly kind: 'sealed'; readonly length: number };

/**
 * A TLS session, read afterwards: the bytes that passed on the wire, in the order in which they did, and the lines of an
 * NSS key log. Nothing is verified but that a record opens: whoever has the keys of a session believes its own ears.
 */
export class TlsSession {
  readonly #keyLog: readonly string[];
  readonly #sides: Readonly<Record<Direction, Side>> = { up: new Side(), down: new Side() };
  #clientRandom: Buffer | null = null;
  #hello: { version: number; cipherSuite: number; serverRandom: Buffer } | null = null;

  constructor(keyLog: readonly string[]) {
    this.#keyLog = keyLog;
  }

  push(direction: Direction, bytes: Buffer): SessionPiece[] {
    const side = this.#sides[direction];
    side.unread.add(bytes);
    const pieces: SessionPiece[] = [];
    for (;;) {
      const held = side.unread.view();
      if (held.length >= RECORD_HEADER_LENGTH && held.readUInt16BE(3) > MAX_FRAGMENT_LENGTH) side.lost = true;
      if (side.lost) {
        if (held.length > 0) pieces.push({ kind: 'sealed', length: held.length });
        side.unread.drop(held.length);
        return pieces;
      }
      const record = readRecord(held);
      if (record === null) return pieces;
      side.unread.drop(record.bytes.length);
      pieces.push(...this.#read(direction, record));
    }
  }

  /** Bytes are missing here: what follows in this direction cannot be opened. */
  lose(direction: Direction): void {
    const side = this.#sides[direction];
    side.lost = true;
    side.unread.drop(side.unread.length);
  }

  #read(direction: Direction, record: TlsRecord): SessionPiece[] {
    const side = this.#sides[direction];
    const isTls13 = this.#hello?.version === TLS_1_3;
    if (record.type === CHANGE_CIPHER_SPEC) {
      if (!isTls13) side.isProtected = true;
      return [];
    }
    const isSealed = isTls13 ? record.type === APPLICATION_DATA : side.isProtected;
    if (!isSealed) return record.type === HANDSHAKE ? this.#readMessages(direction, record.fragment) : [];
    const opened = isTls13 ? this.#open13(direction, record) : this.#open12(direction, record);
    if (opened === null) return [{ kind: 'sealed', length: record.fragment.length }];
    if (opened.type === HANDSHAKE) return this.#readMessages(direction, opened.content);
    if (opened.type !== APPLICATION_DATA || opened.content.length === 0) return [];
    return [{ kind: 'said', bytes: opened.content }];
  }

  #open13(direction: Direction, record: TlsRecord): { type: number; content: Buffer } | null {
    const side = this.#sides[direction];
    if (side.keys === null) {
      const label = `${direction === 'up' ? 'CLIENT' : 'SERVER'}_${LABELS[side.epoch]}`;
      side.secret ??= this.#logged(label);
      if (side.secret === null) return null;
      side.keys = trafficKeys(this.#hello?.cipherSuite ?? 0, side.secret);
      side.sequence = 0;
    }
    const opened = side.keys === null ? null : openRecord(side.keys, side.sequence, record);
    side.sequence += 1;
    return opened;
  }

  #open12(direction: Direction, record: TlsRecord): { type: number; content: Buffer } | null {
    const side = this.#sides[direction];
    if (side.keys12 === null) {
      const master = this.#logged('CLIENT_RANDOM');
      const { cipherSuite = 0, serverRandom } = this.#hello ?? {};
      if (master === null || serverRandom === undefined || this.#clientRandom === null) return null;
      side.keys12 = tls12Keys(cipherSuite, master, this.#clientRandom, serverRandom)?.[direction] ?? null;
    }
    const content = side.keys12 === null ? null : openTls12Record(side.keys12, side.sequence, record);
    side.sequence += 1;
    return content === null ? null : { type: record.type, content };
  }

  #readMessages(direction: Direction, fragment: Buffer): SessionPiece[] {
    const side = this.#sides[direction];
    side.messages.add(fragment);
    const pieces: SessionPiece[] = [];
    for (let message = side.messages.next(); message !== null; message = side.messages.next()) {
      if (message.kind === 'oversized') {
        side.lost = true;
        return pieces;
      }
      pieces.push(...this.#readMessage(direction, message));
    }
    return pieces;
  }

  #readMessage(direction: Direction, { type, body }: HandshakeMessage): SessionPiece[] {
    const side = this.#sides[direction];
    const isTls13 = this.#hello?.version === TLS_1_3;
    switch (type) {
      case CLIENT_HELLO:
        this.#clientRandom ??= body.subarray(2, 34);
        return [];
      case SERVER_HELLO: {
        const hello = parseServerHello(body);
        if (hello !== null && !hello.retry) this.#hello = { ...hello, serverRandom: body.subarray(2, 34) };
        return [];
      }
      case CERTIFICATE: {
        const chain = parseCertificateMessage(body, isTls13 ? 'TLSv1.3' : 'TLSv1.2') ?? [];
        return chain.length === 0 ? [] : [{ kind: 'certificates', chain }];
      }
      case FINISHED:
        if (isTls13) side.turn('application');
        return [];
      case KEY_UPDATE:
        if (isTls13) side.update(this.#hello?.cipherSuite ?? 0);
        return [];
      default:
        return [];
    }
  }

  #logged(label: string): Buffer | null {
    const begin = `${label} ${this.#clientRandom?.toString('hex') ?? ''} `;
    const line = this.#keyLog.find((it) => it.startsWith(begin));
    return line === undefined ? null : Buffer.from(line.slice(begin.length), 'hex');
  }
}

/** As key logs name them behind CLIENT_ and SERVER_. */
const LABELS = { handshake: 'HANDSHAKE_TRAFFIC_SECRET', application: 'TRAFFIC_SECRET_0' } as const;

/** Of which version the session is, only its server has said when the first sealed record comes. */
class Side {
  readonly unread = new ByteQueue();
  readonly messages = new HandshakeMessages();
  lost = false;
  /** TLS 1.2: behind its ChangeCipherSpec. */
  isProtected = false;
  epoch: keyof typeof LABELS = 'handshake';
  secret: Buffer | null = null;
  keys: TrafficKeys | null = null;
  keys12: Tls12Keys | null = null;
  sequence = 0;

  turn(epoch: keyof typeof LABELS): void {
    this.epoch = epoch;
    this.secret = null;
    this.keys = null;
  }

  /** RFC 8446 §7.2. */
  update(cipherSuite: number): void {
    this.secret = this.secret === null ? null : nextTrafficSecret(cipherSuite, this.secret);
    this.keys = null;
  }
}

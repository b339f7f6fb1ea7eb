import { createHash } from 'node:crypto';
import { ByteQueue } from './byte-queue';
import { ByteReader } from './byte-reader';

/** TLS handshake messages (RFC 8446 §4, RFC 5246 §7.4): putting them together from records, and reading three of them. */

export const HELLO_REQUEST = 0;
export const CLIENT_HELLO = 1;
export const SERVER_HELLO = 2;
export const ENCRYPTED_EXTENSIONS = 8;
export const CERTIFICATE = 11;
export const CERTIFICATE_REQUEST = 13;

const SUPPORTED_VERSIONS = 43;

/** RFC 8446 §4.1.3: the Random of a ServerHello that is a HelloRetryRequest. */
const RETRY_RANDOM = createHash('sha256').update('HelloRetryRequest').digest();

/** crypto/tls common.go: maxHandshake and maxHandshakeCertificateMsg. */
const MAX_LENGTH = 65_536;
const MAX_CERTIFICATE_LENGTH = 262_144;

const HEADER_LENGTH = 4;

export interface HandshakeMessage {
  readonly kind: 'message';
  readonly type: number;
  readonly body: Buffer;
}

export interface OversizedMessage {
  readonly kind: 'oversized';
  readonly length: number;
  readonly limit: number;
}

/** Messages may share a record or span several. */
export class HandshakeMessages {
  readonly #pending = new ByteQueue();

  add(fragment: Buffer): void {
    this.#pending.add(fragment);
  }

  /** Bytes of a message that is not complete yet, or of messages not asked for yet. */
  get pending(): number {
    return this.#pending.length;
  }

  next(): HandshakeMessage | OversizedMessage | null {
    const pending = this.#pending.view();
    if (pending.length < HEADER_LENGTH) return null;
    const type = pending.readUInt8(0);
    const length = pending.readUIntBE(1, 3);
    const limit = type === CERTIFICATE ? MAX_CERTIFICATE_LENGTH : MAX_LENGTH;
    if (length > limit) return { kind: 'oversized', length, limit };
    const end = HEADER_LENGTH + length;
    if (pending.length < end) return null;
    this.#pending.drop(end);
    return { kind: 'message', type, body: pending.subarray(HEADER_LENGTH, end) };
  }
}

export interface ServerHello {
  /** The version the server chose, wherever it says so. */
  readonly version: number;
  readonly cipherSuite: number;
  /** It is a HelloRetryRequest: the client shall send another ClientHello. */
  readonly retry: boolean;
}

export function parseServerHello(body: Buffer): ServerHello | null {
  const reader = new ByteReader(body);
  const legacyVersion = reader.uint(2);
  const random = reader.take(32);
  reader.vector(1);
  const cipherSuite = reader.uint(2);
  const compression = reader.uint(1);
  if (legacyVersion === null || random === null || cipherSuite === null || compression === null) return null;
  const extensions = reader.done ? Buffer.alloc(0) : reader.vector(2);
  const found = extensions === null ? null : readExtensions(extensions);
  if (found === null) return null;
  const chosen = found.get(SUPPORTED_VERSIONS);
  if (chosen !== undefined && chosen.length !== 2) return null;
  return {
    version: chosen === undefined ? legacyVersion : chosen.readUInt16BE(0),
    cipherSuite,
    retry: random.equals(RETRY_RANDOM),
  };
}

/** The DER certificates of a Certificate message, in the order sent. The message differs between 1.2 and 1.3. */
export function parseCertificateMessage(body: Buffer, version: 'TLSv1.2' | 'TLSv1.3'): Buffer[] | null {
  const message = new ByteReader(body);
  if (version === 'TLSv1.3' && message.vector(1) === null) return null;
  const list = message.vector(3);
  if (list === null || !message.done) return null;
  const entries = new ByteReader(list);
  const certificates: Buffer[] = [];
  while (!entries.done) {
    const der = entries.vector(3);
    if (der === null || (version === 'TLSv1.3' && entries.vector(2) === null)) return null;
    certificates.push(der);
  }
  return certificates;
}

/** The extensions of a hello by their number; null when malformed. */
export function readExtensions(bytes: Buffer): Map<number, Buffer> | null {
  const reader = new ByteReader(bytes);
  const extensions = new Map<number, Buffer>();
  while (!reader.done) {
    const type = reader.uint(2);
    const data = reader.vector(2);
    if (type === null || data === null) return null;
    extensions.set(type, data);
  }
  return extensions;
}

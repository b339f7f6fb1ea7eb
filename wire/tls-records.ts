/** The TLS record layer (RFC 8446 §5.1, RFC 5246 §6.2): splitting a byte stream into records, and writing small ones. */

export const CHANGE_CIPHER_SPEC = 20;
export const ALERT = 21;
export const HANDSHAKE = 22;
export const APPLICATION_DATA = 23;

export const TLS_1_2 = 0x0303;
export const TLS_1_3 = 0x0304;

export const RECORD_HEADER_LENGTH = 5;
/** RFC 5246 §6.2.3 allows 2048 bytes of expansion, RFC 8446 §5.2 256: the larger of the two bounds every record. */
export const MAX_FRAGMENT_LENGTH = 16384 + 2048;

const FATAL = 2;

export interface TlsRecord {
  readonly type: number;
  /** As the header says: 0x0303 also in TLS 1.3. */
  readonly version: number;
  readonly fragment: Buffer;
  /** Header and fragment. */
  readonly bytes: Buffer;
}

/** The record that starts at `offset`, or null when more bytes must come first. */
export function readRecord(bytes: Buffer, offset = 0): TlsRecord | null {
  if (bytes.length - offset < RECORD_HEADER_LENGTH) return null;
  const end = offset + RECORD_HEADER_LENGTH + bytes.readUInt16BE(offset + 3);
  if (bytes.length < end) return null;
  return {
    type: bytes.readUInt8(offset),
    version: bytes.readUInt16BE(offset + 1),
    fragment: bytes.subarray(offset + RECORD_HEADER_LENGTH, end),
    bytes: bytes.subarray(offset, end),
  };
}

/** Go's test of the first record a peer sends (crypto/tls conn.go, readRecordOrCCS): an alert or a handshake, version below 16.0. */
export function looksLikeTls(header: Buffer): boolean {
  const type = header.readUInt8(0);
  return (type === ALERT || type === HANDSHAKE) && header.readUInt16BE(1) < 0x1000;
}

/** A fatal alert in clear. */
export function alertRecord(alert: number, version = TLS_1_2): Buffer {
  return Buffer.from([ALERT, version >> 8, version & 0xff, 0, 2, FATAL, alert]);
}

/** The content of a fatal alert record, to be sealed. */
export function alertContent(alert: number): Buffer {
  return Buffer.from([FATAL, alert]);
}

/** The one that carries nothing and is sent so that middleboxes see a TLS 1.2 handshake (RFC 8446 appendix D.4). */
export function changeCipherSpecRecord(): Buffer {
  return Buffer.from([CHANGE_CIPHER_SPEC, 3, 3, 0, 1, 1]);
}

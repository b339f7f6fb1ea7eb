import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import { APPLICATION_DATA, RECORD_HEADER_LENGTH, TLS_1_2, type TlsRecord } from './tls-records';

/** TLS 1.3 record protection from a traffic secret (RFC 8446 §5.2, §5.3, §7.1, §7.3). */

const TAG_LENGTH = 16;
const IV_LENGTH = 12;

/** RFC 8446 appendix B.4; the other two suites of that table (CCM) are offered neither by Go nor by us. */
const SUITES = {
  4865: { cipher: 'aes-128-gcm', keyLength: 16, hash: 'sha256' },
  4866: { cipher: 'aes-256-gcm', keyLength: 32, hash: 'sha384' },
  4867: { cipher: 'chacha20-poly1305', keyLength: 32, hash: 'sha256' },
} as const;

type Suite = (typeof SUITES)[keyof typeof SUITES];

/** One direction's keys of one epoch. */
export interface TrafficKeys {
  readonly cipher: Suite['cipher'];
  readonly key: Buffer;
  readonly iv: Buffer;
}

/** HKDF-Expand-Label(secret, label, context, length). */
export function expandLabel(
  hash: 'sha256' | 'sha384',
  secret: Buffer,
  label: string,
  context: Buffer,
  length: number,
): Buffer {
  const name = Buffer.from(`tls13 ${label}`, 'ascii');
  const info = Buffer.concat([
    Buffer.from([length >> 8, length & 0xff, name.length]),
    name,
    Buffer.from([context.length]),
    context,
  ]);
  let block: Buffer = Buffer.alloc(0);
  const blocks: Buffer[] = [];
  for (let made = 0; made < length; made += block.length) {
    const counter = Buffer.from([blocks.length + 1]);
    block = createHmac(hash, secret).update(block).update(info).update(counter).digest();
    blocks.push(block);
  }
  return Buffer.concat(blocks).subarray(0, length);
}

/** Null for a suite that is not one of TLS 1.3. */
export function trafficKeys(cipherSuite: number, secret: Buffer): TrafficKeys | null {
  const suite = SUITES[cipherSuite as keyof typeof SUITES] as Suite | undefined;
  if (suite === undefined) return null;
  const none = Buffer.alloc(0);
  return {
    cipher: suite.cipher,
    key: expandLabel(suite.hash, secret, 'key', none, suite.keyLength),
    iv: expandLabel(suite.hash, secret, 'iv', none, IV_LENGTH),
  };
}

/** What takes the place of an application traffic secret behind a KeyUpdate (RFC 8446 §7.2). */
export function nextTrafficSecret(cipherSuite: number, secret: Buffer): Buffer | null {
  const suite = SUITES[cipherSuite as keyof typeof SUITES] as Suite | undefined;
  if (suite === undefined) return null;
  return expandLabel(suite.hash, secret, 'traffic upd', Buffer.alloc(0), secret.length);
}

/** One protected record; `sequence` counts the records sealed with these keys, from 0. */
export function sealRecord(keys: TrafficKeys, sequence: number, type: number, content: Buffer): Buffer {
  const header = Buffer.alloc(RECORD_HEADER_LENGTH);
  header.writeUInt8(APPLICATION_DATA, 0);
  header.writeUInt16BE(TLS_1_2, 1);
  header.writeUInt16BE(content.length + 1 + TAG_LENGTH, 3);
  const sealer = createCipheriv(keys.cipher as 'aes-128-gcm', keys.key, nonce(keys.iv, sequence), {
    authTagLength: TAG_LENGTH,
  });
  sealer.setAAD(header, { plaintextLength: content.length + 1 });
  const sealed = sealer.update(Buffer.concat([content, Buffer.from([type])]));
  return Buffer.concat([header, sealed, sealer.final(), sealer.getAuthTag()]);
}

/** The true type and content of a protected record, or null when the keys or the sequence number do not fit it. */
export function openRecord(
  keys: TrafficKeys,
  sequence: number,
  record: TlsRecord,
): { type: number; content: Buffer } | null {
  const end = record.fragment.length - TAG_LENGTH;
  if (end < 1) return null;
  const opener = createDecipheriv(keys.cipher as 'aes-128-gcm', keys.key, nonce(keys.iv, sequence), {
    authTagLength: TAG_LENGTH,
  });
  opener.setAAD(record.bytes.subarray(0, RECORD_HEADER_LENGTH), { plaintextLength: end });
  opener.setAuthTag(record.fragment.subarray(end));
  const inner = opener.update(record.fragment.subarray(0, end));
  try {
    opener.final();
  } catch {
    return null;
  }
  let typeAt = inner.length - 1;
  while (typeAt >= 0 && inner[typeAt] === 0) typeAt -= 1;
  if (typeAt < 0) return null;
  return { type: inner.readUInt8(typeAt), content: inner.subarray(0, typeAt) };
}

function nonce(iv: Buffer, sequence: number): Buffer {
  const result = Buffer.from(iv);
  result.writeUInt32BE((result.readUInt32BE(IV_LENGTH - 4) ^ sequence) >>> 0, IV_LENGTH - 4);
  return result;
}

import { createDecipheriv, createHmac } from 'node:crypto';
import type { TlsRecord } from './tls-records';

/** TLS 1.2 record protection from a master secret: RFC 5246 §5, §6.3; RFC 5288 and RFC 7905 for the two kinds of nonces. */

const TAG_LENGTH = 16;
const EXPLICIT_LENGTH = 8;

/** Those that Go prefers, all with an authenticated cipher (crypto/tls cipher_suites.go). */
const SUITES: Readonly<Record<number, Suite>> = {
  49195: { cipher: 'aes-128-gcm', keyLength: 16, ivLength: 4, hash: 'sha256' },
  49199: { cipher: 'aes-128-gcm', keyLength: 16, ivLength: 4, hash: 'sha256' },
  49196: { cipher: 'aes-256-gcm', keyLength: 32, ivLength: 4, hash: 'sha384' },
  49200: { cipher: 'aes-256-gcm', keyLength: 32, ivLength: 4, hash: 'sha384' },
  52392: { cipher: 'chacha20-poly1305', keyLength: 32, ivLength: 12, hash: 'sha256' },
  52393: { cipher: 'chacha20-poly1305', keyLength: 32, ivLength: 12, hash: 'sha256' },
};

interface Suite {
  readonly cipher: 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';
  readonly keyLength: number;
  readonly ivLength: number;
  readonly hash: 'sha256' | 'sha384';
}

/** One direction's keys. */
export interface Tls12Keys {
  readonly cipher: Suite['cipher'];
  readonly key: Buffer;
  readonly iv: Buffer;
}

/** Of both directions, `up` being the client's. Null for a suite that is none of those above. */
export function tls12Keys(
  cipherSuite: number,
  masterSecret: Buffer,
  clientRandom: Buffer,
  serverRandom: Buffer,
): { readonly up: Tls12Keys; readonly down: Tls12Keys } | null {
  const suite = SUITES[cipherSuite];
  if (suite === undefined) return null;
  const { cipher, keyLength, ivLength, hash } = suite;
  const seed = Buffer.concat([Buffer.from('key expansion', 'ascii'), serverRandom, clientRandom]);
  const block = expand(hash, masterSecret, seed, 2 * (keyLength + ivLength));
  const ivs = block.subarray(2 * keyLength);
  return {
    up: { cipher, key: block.subarray(0, keyLength), iv: ivs.subarray(0, ivLength) },
    down: { cipher, key: block.subarray(keyLength, 2 * keyLength), iv: ivs.subarray(ivLength) },
  };
}

/** P_hash of RFC 5246 §5. */
export function expand(hash: 'sha256' | 'sha384', secret: Buffer, seed: Buffer, length: number): Buffer {
  const blocks: Buffer[] = [];
  let a = seed;
  for (let made = 0; made < length; made += blocks.at(-1)?.length ?? 0) {
    a = createHmac(hash, secret).update(a).digest();
    blocks.push(createHmac(hash, secret).update(a).update(seed).digest());
  }
  return Buffer.concat(blocks).subarray(0, length);
}

/** The content of a protected record, or null when the keys or the sequence number do not fit it. */
export function openTls12Record(
  { cipher, key, iv }: Tls12Keys,
  sequence: number,
  record: TlsRecord,
): Buffer | null {
  const explicit = iv.length < 12 ? EXPLICIT_LENGTH : 0;
  const length = record.fragment.length - explicit - TAG_LENGTH;
  if (length < 0) return null;
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(sequence));
  const nonce =
    explicit > 0 ? Buffer.concat([iv, record.fragment.subarray(0, explicit)]) : masked(iv, counter);
  const additional = Buffer.concat([counter, Buffer.from([record.type, 3, 3, length >> 8, length & 0xff])]);
  const opener = createDecipheriv(cipher as 'aes-128-gcm', key, nonce, { authTagLength: TAG_LENGTH });
  opener.setAAD(additional, { plaintextLength: length });
  opener.setAuthTag(record.fragment.subarray(explicit + length));
  const content = opener.update(record.fragment.subarray(explicit, explicit + length));
  try {
    opener.final();
  } catch {
    return null;
  }
  return content;
}

/** RFC 7905 §2: the counter, filled up in front, over the whole nonce. */
function masked(iv: Buffer, counter: Buffer): Buffer {
  const nonce = Buffer.from(iv);
  for (const [index, byte] of counter.entries()) nonce[4 + index] = (nonce[4 + index] ?? 0) ^ byte;
  return nonce;
}

import { createPublicKey, type KeyObject } from 'node:crypto';
import type { Randomness } from '../randomness';
import { generateKey, type KeyAlgorithm } from './key-algorithm';

/** A key for SSH: of a host, or of somebody who logs in. */
export interface SshKey {
  /** PKCS #1 or SEC 1, which ssh, Go and this lab read alike. */
  readonly privateKeyPem: string;
  /** `ssh-rsa AAAA…`: a line of authorized_keys, and of known_hosts behind the host. */
  readonly publicKey: string;
}

export async function generateSshKey(algorithm: KeyAlgorithm, random?: Randomness): Promise<SshKey> {
  const { privateKey, publicKey } = await generateKey(algorithm, random);
  const type = algorithm === 'rsa-2048' ? 'pkcs1' : 'sec1';
  return {
    privateKeyPem: privateKey.export({ type, format: 'pem' }) as string,
    publicKey: sshPublicKey(publicKey),
  };
}

/** The public half of a private key in PEM. Throws for what is no such key. */
export function publicKeyOf(privateKeyPem: string): string {
  return sshPublicKey(createPublicKey(privateKeyPem));
}

/** RFC 4253 §6.6 for RSA, RFC 5656 §3.1 for P-256. */
function sshPublicKey(key: KeyObject): string {
  const { n, e, x, y, crv } = key.export({ format: 'jwk' });
  const octets = (text: string | undefined): Buffer => Buffer.from(text ?? '', 'base64url');
  if (key.asymmetricKeyType === 'rsa') return line('ssh-rsa', positive(octets(e)), positive(octets(n)));
  if (crv !== 'P-256') throw new TypeError(`no SSH form for a key of type "${key.asymmetricKeyType}"`);
  const point = Buffer.concat([Buffer.from([4]), octets(x), octets(y)]);
  return line('ecdsa-sha2-nistp256', Buffer.from('nistp256'), point);
}

function line(type: string, ...fields: readonly Buffer[]): string {
  const blob = Buffer.concat([Buffer.from(type), ...fields].map(withLength));
  return `${type} ${blob.toString('base64')}`;
}

/** An mpint is signed: RFC 4251 §5. */
function positive(octets: Buffer): Buffer {
  return (octets[0] ?? 0) < 0x80 ? octets : Buffer.concat([Buffer.alloc(1), octets]);
}

function withLength(field: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(field.length);
  return Buffer.concat([length, field]);
}

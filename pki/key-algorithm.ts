import { createHash, generateKeyPair, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';
import { type Randomness, systemRandomness } from '../randomness';
import { DerReader, tags } from '../wire/der';
import type * as SeededKey from './seeded-key';

/**
 * `ec-p256` is what a kubelet makes for itself and what the lab uses unless told otherwise: a key costs a fraction of a
 * millisecond. `rsa-2048` is kubeadm's profile: a key costs 100-400 ms. `rsa-768` was factored in 2009, and Go refuses
 * RSA keys below 1024 bits since 1.24: for certificates that should not pass.
 */
export type KeyAlgorithm = 'ec-p256' | 'rsa-2048' | 'rsa-768';

export interface PrivateAndPublicKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

const generateInThreadPool = promisify(generateKeyPair);

/**
 * RSA keys are made in the thread pool, so that several asked for at once use several cores and block nobody. OpenSSL
 * takes a key from nowhere but its own generator, so one from a seed is computed here.
 */
export async function generateKey(
  algorithm: KeyAlgorithm,
  random: Randomness = systemRandomness,
): Promise<PrivateAndPublicKey> {
  if (random !== systemRandomness) return loadSeededKey().keyFrom(random, algorithm);
  switch (algorithm) {
    case 'ec-p256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' });
    case 'rsa-2048':
      return generateInThreadPool('rsa', { modulusLength: 2048 });
    case 'rsa-768':
      return generateInThreadPool('rsa', { modulusLength: 768 });
  }
}

const loadSeededKey = (): typeof SeededKey => require('./seeded-key');

/** PKCS #8, the one form that Go, OpenSSL and Node read for every algorithm. */
export function privateKeyPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }) as string;
}

/** RFC 5280 §4.2.1.2 method 1: SHA-1 over the bits of the public key, without the algorithm around them. */
export function keyIdentifier(publicKey: KeyObject): Buffer {
  return createHash('sha1').update(publicKeyBits(publicKey)).digest();
}

/** The second field of SubjectPublicKeyInfo, RFC 5280 §4.1. */
function publicKeyBits(publicKey: KeyObject): Buffer {
  const info = new DerReader(publicKey.export({ type: 'spki', format: 'der' })).enter(tags.sequence);
  info?.read(tags.sequence);
  const bits = info?.readBitString();
  if (bits === undefined || bits === null) throw new Error('a public key without bits');
  return bits.bytes;
}

/** `ECDSA P-256`, `RSA 2048`, `Ed25519`: for people. */
export function describeKey(publicKey: KeyObject): string {
  const details = publicKey.asymmetricKeyDetails ?? {};
  switch (publicKey.asymmetricKeyType) {
    case 'rsa':
    case 'rsa-pss':
      return `RSA ${details.modulusLength}`;
    case 'ec':
      return `ECDSA ${nistCurves[details.namedCurve ?? ''] ?? details.namedCurve}`;
    case 'ed25519':
      return 'Ed25519';
    default:
      return publicKey.asymmetricKeyType ?? 'unknown';
  }
}

/** OpenSSL's names of the NIST curves, and the names that people know. */
const nistCurves: Readonly<Record<string, string>> = {
  secp224r1: 'P-224',
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

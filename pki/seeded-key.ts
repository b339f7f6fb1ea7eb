import { checkPrime, createECDH, createPrivateKey, createPublicKey, type JsonWebKey } from 'node:crypto';
import { promisify } from 'node:util';
import type { Randomness } from '../randomness';
import type { KeyAlgorithm, PrivateAndPublicKey } from './key-algorithm';

/** Key pairs that are a function of a stream of random octets: the same stream, the same key. */
export async function keyFrom(random: Randomness, algorithm: KeyAlgorithm): Promise<PrivateAndPublicKey> {
  switch (algorithm) {
    case 'ec-p256':
      return pairOf(p256(random));
    case 'rsa-2048':
      return pairOf(await rsa(random, 2048));
    case 'rsa-768':
      return pairOf(await rsa(random, 768));
  }
}

function pairOf(key: JsonWebKey): PrivateAndPublicKey {
  const privateKey = createPrivateKey({ key, format: 'jwk' });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

const P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const COORDINATE_BYTES = 32;

/** FIPS 186-5, A.2.2: octets that are no number from 1 to n-1 are thrown away. */
function p256(random: Randomness): JsonWebKey {
  let secret = random.bytes(COORDINATE_BYTES);
  while (numberOf(secret) === 0n || numberOf(secret) >= P256_ORDER) secret = random.bytes(COORDINATE_BYTES);
  const curve = createECDH('prime256v1');
  curve.setPrivateKey(secret);
  const point = curve.getPublicKey();
  return {
    kty: 'EC',
    crv: 'P-256',
    d: secret.toString('base64url'),
    x: point.subarray(1, 1 + COORDINATE_BYTES).toString('base64url'),
    y: point.subarray(1 + COORDINATE_BYTES).toString('base64url'),
  };
}

const EXPONENT = 65_537n;

async function rsa(random: Randomness, bits: number): Promise<JsonWebKey> {
  const [p, q] = await Promise.all([prime(random.for('p'), bits / 2), prime(random.for('q'), bits / 2)]);
  const d = inverse(EXPONENT, (p - 1n) * (q - 1n));
  return {
    kty: 'RSA',
    n: base64url(p * q),
    e: base64url(EXPONENT),
    d: base64url(d),
    p: base64url(p),
    q: base64url(q),
    dp: base64url(d % (p - 1n)),
    dq: base64url(d % (q - 1n)),
    qi: base64url(inverse(q, p)),
  };
}

const isPrime = promisify(checkPrime);

/** Both upper bits are set, so that two of them make a modulus of full length. */
async function prime(random: Randomness, bits: number): Promise<bigint> {
  for (;;) {
    const drawn = numberOf(random.bytes(bits / 8)) | (3n << BigInt(bits - 2)) | 1n;
    const mayBe = smallPrimes.every((divisor) => drawn % divisor !== 0n) && drawn % EXPONENT !== 1n;
    if (mayBe && (await isPrime(drawn))) return drawn;
  }
}

/** Most candidates are divided by one of these, which is found sooner here than by OpenSSL in another thread. */
const smallPrimes: readonly bigint[] = primesBelow(2000).map(BigInt);

function primesBelow(limit: number): number[] {
  const found: number[] = [];
  for (let number = 3; number < limit; number += 2)
    if (found.every((it) => number % it !== 0)) found.push(number);
  return found;
}

/** Extended Euclid. The two have no common divisor. */
function inverse(value: bigint, modulus: bigint): bigint {
  let [rest, next] = [modulus, value % modulus];
  let [before, factor] = [0n, 1n];
  while (next !== 0n) {
    const times = rest / next;
    [rest, next] = [next, rest - times * next];
    [before, factor] = [factor, before - times * factor];
  }
  return before < 0n ? before + modulus : before;
}

function numberOf(octets: Buffer): bigint {
  return BigInt(`0x${octets.toString('hex')}`);
}

function base64url(number: bigint): string {
  const hex = number.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex').toString('base64url');
}

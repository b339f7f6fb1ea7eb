import { type AlgorithmIdentifier, nullParameters } from './certificate-algorithm';
import { CertificateFault, required } from './certificate-fault';
import { DerReader, tags } from './der';

export type CurveName = 'P-224' | 'P-256' | 'P-384' | 'P-521';

/** A public key that Go can read; `other` is an algorithm Go has no name for, whose key it leaves alone. */
export type PublicKey =
  | { readonly kind: 'RSA'; readonly modulus: bigint; readonly bits: number; readonly exponent: bigint }
  | { readonly kind: 'ECDSA'; readonly curve: CurveName; readonly point: Buffer }
  | { readonly kind: 'Ed25519'; readonly octets: Buffer }
  | { readonly kind: 'DSA' }
  | { readonly kind: 'other'; readonly oid: string };

export function parsePublicKey(algorithm: AlgorithmIdentifier, key: Buffer): PublicKey {
  switch (algorithm.oid) {
    case '1.2.840.113549.1.1.1':
      return parseRsaKey(algorithm.parameters, key);
    case '1.2.840.10045.2.1':
      return parseEcKey(algorithm.parameters, key);
    case '1.3.101.112':
      return parseEd25519Key(algorithm.parameters, key);
    case '1.2.840.10040.4.1':
      return parseDsaKey(algorithm.parameters, key);
    default:
      return { kind: 'other', oid: algorithm.oid };
  }
}

function parseRsaKey(parameters: Buffer | null, key: Buffer): PublicKey {
  if (parameters?.equals(nullParameters) !== true)
    throw new CertificateFault('RSA key missing NULL parameters');
  const fields = required(new DerReader(key).enter(tags.sequence), 'invalid RSA public key');
  const modulus = required(fields.readInteger(), 'invalid RSA modulus');
  const exponent = required(smallExponent(fields), 'invalid RSA public exponent');
  if (modulus <= 0n) throw new CertificateFault('RSA modulus is not a positive number');
  if (exponent <= 0n) throw new CertificateFault('RSA public exponent is not a positive number');
  const hexDigits = modulus.toString(16);
  const bits = 4 * (hexDigits.length - 1) + Number.parseInt(hexDigits.charAt(0), 16).toString(2).length;
  return { kind: 'RSA', modulus, bits, exponent };
}

/** Go reads it into 64 bits, and finds it too large only when it is used. */
function smallExponent(fields: DerReader): bigint | null {
  const exponent = fields.readInteger();
  return exponent === null || exponent !== BigInt.asIntN(64, exponent) ? null : exponent;
}

/** Ed25519 keys have no parameters (RFC 8410 section 3). */
function parseEd25519Key(parameters: Buffer | null, key: Buffer): PublicKey {
  if (parameters !== null) throw new CertificateFault('Ed25519 key encoded with illegal parameters');
  if (key.length !== 32) throw new CertificateFault('wrong Ed25519 public key size');
  return { kind: 'Ed25519', octets: key };
}

/** Go reads DSA keys and then uses them for nothing. */
function parseDsaKey(parameters: Buffer | null, key: Buffer): PublicKey {
  const numbers = [required(new DerReader(key).readInteger(), 'invalid DSA public key')];
  const fields = required(
    new DerReader(parameters ?? Buffer.alloc(0)).enter(tags.sequence),
    'invalid DSA parameters',
  );
  for (let i = 0; i < 3; i += 1) numbers.push(required(fields.readInteger(), 'invalid DSA parameters'));
  if (numbers.some((number) => number <= 0n)) throw new CertificateFault('zero or negative DSA parameter');
  return { kind: 'DSA' };
}

interface Curve {
  readonly name: CurveName;
  /** Octets of one coordinate. */
  readonly size: number;
  readonly p: bigint;
  readonly b: bigint;
}

/** The curves of SP 800-186 (y² = x³ - 3x + b mod p), by the identifiers of RFC 5480. */
const curves: ReadonlyMap<string, Curve> = new Map([
  [
    '1.3.132.0.33',
    {
      name: 'P-224',
      size: 28,
      p: 2n ** 224n - 2n ** 96n + 1n,
      b: 0xb4050a850c04b3abf54132565044b0b7d7bfd8ba270b39432355ffb4n,
    },
  ],
  [
    '1.2.840.10045.3.1.7',
    {
      name: 'P-256',
      size: 32,
      p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
      b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    },
  ],
  [
    '1.3.132.0.34',
    {
      name: 'P-384',
      size: 48,
      p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
      b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    },
  ],
  [
    '1.3.132.0.35',
    {
      name: 'P-521',
      size: 66,
      p: 2n ** 521n - 1n,
      b: 0x0051953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e156193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00n,
    },
  ],
]);

function parseEcKey(parameters: Buffer | null, point: Buffer): PublicKey {
  const oid = required(new DerReader(parameters ?? Buffer.alloc(0)).readOid(), 'invalid ECDSA parameters');
  const curve = required(curves.get(oid) ?? null, 'unsupported elliptic curve');
  // Go 1.26 words this `ecdsa: invalid uncompressed public key`, and otherwise below that level.
  if (!isOnCurve(point, curve)) throw new CertificateFault('failed to unmarshal elliptic curve point');
  return { kind: 'ECDSA', curve: curve.name, point };
}

/** SEC 1 uncompressed form of a point that satisfies the curve's equation; compressed forms are refused, as in Go. */
function isOnCurve(point: Buffer, { size, p, b }: Curve): boolean {
  if (point.length !== 1 + 2 * size || point[0] !== 4) return false;
  const x = BigInt(`0x${point.toString('hex', 1, 1 + size)}`);
  const y = BigInt(`0x${point.toString('hex', 1 + size)}`);
  return x < p && y < p && (y * y - x * x * x + 3n * x - b) % p === 0n;
}

import { type KeyObject, sign } from 'node:crypto';
import { tags } from '../wire/der';
import type { WeakDigest } from './certificate-template';
import { encodeDer, encodeOid } from './encode-der';

interface SignatureAlgorithm {
  /** For node:crypto; null for Ed25519, which hashes by itself. */
  readonly digest: 'sha256' | 'sha384' | 'sha512' | WeakDigest | null;
  /** The AlgorithmIdentifier in DER. */
  readonly identifier: Buffer;
}

/** Go's choice for each kind of key (crypto/x509, signingParamsForKey), unless a weak digest is asked for. */
export function signatureOf(key: KeyObject, digest?: WeakDigest): SignatureAlgorithm {
  const { asymmetricKeyType, asymmetricKeyDetails } = key;
  const known = digest === undefined ? algorithms : sha1Algorithms;
  const found = known[asymmetricKeyDetails?.namedCurve ?? asymmetricKeyType ?? ''];
  if (found === undefined) throw new Error('a key whose signatures nobody can verify');
  return found;
}

/** What is said, how it is signed, and the signature: a certificate (RFC 5280 §4.1) or a request (RFC 2986 §4.2). */
export function encodeSigned(statement: Buffer, key: KeyObject, weak?: WeakDigest): Buffer {
  const { digest, identifier } = signatureOf(key, weak);
  const signature = encodeDer(tags.bitString, noUnusedBits, sign(digest, statement, key));
  return encodeDer(tags.sequence, statement, identifier, signature);
}

const noUnusedBits = Buffer.from([0]);

/** RSA's identifier has a NULL behind it (RFC 4055 §5), the others have none (RFC 5758 §3.2, RFC 8410 §3). */
const noParameters = Buffer.from([0x05, 0x00]);

const algorithms: Readonly<Record<string, SignatureAlgorithm>> = {
  rsa: { digest: 'sha256', identifier: identifier('1.2.840.113549.1.1.11', noParameters) },
  prime256v1: { digest: 'sha256', identifier: identifier('1.2.840.10045.4.3.2') },
  secp384r1: { digest: 'sha384', identifier: identifier('1.2.840.10045.4.3.3') },
  secp521r1: { digest: 'sha512', identifier: identifier('1.2.840.10045.4.3.4') },
  ed25519: { digest: null, identifier: identifier('1.3.101.112') },
};

const sha1Algorithms: Readonly<Record<string, SignatureAlgorithm>> = {
  rsa: { digest: 'sha1', identifier: identifier('1.2.840.113549.1.1.5', noParameters) },
  prime256v1: { digest: 'sha1', identifier: identifier('1.2.840.10045.4.1') },
};

function identifier(oid: string, ...parameters: readonly Buffer[]): Buffer {
  return encodeDer(tags.sequence, encodeOid(oid), ...parameters);
}

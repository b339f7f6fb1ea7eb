import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { Certificate, PublicKey } from '../wire/certificate';

/**
 * Whether `parent`'s key may and did sign `child`: null, or Go's error. The signature itself is left to OpenSSL; which
 * algorithms and keys count is decided here, because OpenSSL accepts more (SHA-1, short RSA keys, any PSS salt) and, with its
 * security levels, sometimes less.
 */
export function signatureFault(child: Certificate, parent: Certificate): string | null {
  const { basicConstraints, keyUsage } = parent.extensions;
  const mayBeAuthority = basicConstraints === null ? parent.version !== 3 : basicConstraints.isAuthority;
  const keyCertSign = 1 << 5;
  if (!mayBeAuthority || (keyUsage !== 0 && (keyUsage & keyCertSign) === 0)) {
    return 'x509: invalid signature: parent certificate cannot sign this kind of certificate';
  }
  const unimplemented = 'x509: cannot verify signature: algorithm unimplemented';
  const algorithm = child.signatureAlgorithm;
  const key = parent.publicKey;
  if (key.kind === 'other' || algorithm === null) return unimplemented;
  if (algorithm.hash === 'md5' || algorithm.hash === 'sha1') {
    return `x509: cannot verify signature: insecure algorithm ${algorithm.name}`;
  }
  if (key.kind === 'DSA') return unimplemented;
  if (algorithm.key !== key.kind) {
    return `x509: signature algorithm specifies an ${algorithm.key} public key, but have public key of type ${goType(key)}`;
  }
  const keyFault = key.kind === 'RSA' ? rsaKeyFault(key) : null;
  if (keyFault !== null) return keyFault;
  return isGenuine(child, algorithm.hash, algorithm.pss, parent) ? null : verificationFailure[key.kind];
}

const verificationFailure = {
  RSA: 'crypto/rsa: verification error',
  ECDSA: 'x509: ECDSA verification failure',
  Ed25519: 'x509: Ed25519 verification failure',
} as const;

/** How Go's `%T` shows the key. */
export function goType(key: PublicKey): string {
  switch (key.kind) {
    case 'RSA':
      return '*rsa.PublicKey';
    case 'ECDSA':
      return '*ecdsa.PublicKey';
    case 'Ed25519':
      return 'ed25519.PublicKey';
    case 'DSA':
      return '*dsa.PublicKey';
    case 'other':
      return '<nil>';
  }
}

/** Why Go's crypto/rsa (1.24 and later) would not use this key at all, in its order. */
export function rsaKeyFault({ bits, modulus, exponent }: PublicKey & { kind: 'RSA' }): string | null {
  if (bits < 1024) {
    return `crypto/rsa: ${bits}-bit keys are insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)`;
  }
  if (modulus % 2n === 0n) return 'crypto/rsa: public modulus is even';
  if (exponent < 2n) return 'crypto/rsa: public exponent too small or negative';
  if (exponent % 2n === 0n) return 'crypto/rsa: public exponent is even';
  return exponent > 2n ** 31n - 1n ? 'crypto/rsa: public exponent too large' : null;
}

/** Whether a signature is genuine does not change: asked once for each pair of parsed certificates. */
const genuine = new WeakMap<Certificate, WeakMap<Certificate, boolean>>();

function isGenuine(child: Certificate, hash: string | null, pss: boolean, parent: Certificate): boolean {
  let ofParent = genuine.get(parent);
  if (ofParent === undefined) {
    ofParent = new WeakMap();
    genuine.set(parent, ofParent);
  }
  const known = ofParent.get(child);
  if (known !== undefined) return known;
  const answer = verifySignature(child, hash, pss, parent);
  ofParent.set(child, answer);
  return answer;
}

function verifySignature(
  child: Certificate,
  hash: string | null,
  pss: boolean,
  parent: Certificate,
): boolean {
  try {
    const key = keyObject(parent);
    const padding = pss
      ? { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
      : key;
    return verify(hash, child.rawTbs, padding, child.signature);
  } catch {
    // OpenSSL will not load or use this key (a modulus beyond 16,384 bits, for one): not proven, so not genuine.
    return false;
  }
}

/** One key object for each parsed certificate: bundles are parsed once and judge many handshakes. */
const keyObjects = new WeakMap<Certificate, KeyObject>();

function keyObject(certificate: Certificate): KeyObject {
  const known = keyObjects.get(certificate);
  if (known !== undefined) return known;
  const made = makeKeyObject(certificate.publicKey);
  keyObjects.set(certificate, made);
  return made;
}

/** SubjectPublicKeyInfo up to the key's own octets (RFC 5480, RFC 8410). */
const publicKeyPrefix = {
  'P-224': '304e301006072a8648ce3d020106052b81040021033a00',
  'P-256': '3059301306072a8648ce3d020106082a8648ce3d030107034200',
  'P-384': '3076301006072a8648ce3d020106052b81040022036200',
  'P-521': '30819b301006072a8648ce3d020106052b8104002303818600',
  Ed25519: '302a300506032b6570032100',
} as const;

/** From the values that Go read, not from the certificate's bytes: those may be framed in ways that OpenSSL reads otherwise. */
function makeKeyObject(key: PublicKey): KeyObject {
  switch (key.kind) {
    case 'RSA':
      return createPublicKey({
        key: { kty: 'RSA', n: base64Url(key.modulus), e: base64Url(key.exponent) },
        format: 'jwk',
      });
    case 'ECDSA':
      return spki(publicKeyPrefix[key.curve], key.point);
    case 'Ed25519':
      return spki(publicKeyPrefix.Ed25519, key.octets);
    case 'DSA':
    case 'other':
      throw new TypeError(`no signature is checked with a key of kind ${key.kind}`);
  }
}

function spki(prefix: string, octets: Buffer): KeyObject {
  const der = Buffer.concat([Buffer.from(prefix, 'hex'), octets]);
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}

function base64Url(value: bigint): string {
  const digits = value.toString(16);
  return Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex').toString('base64url');
}

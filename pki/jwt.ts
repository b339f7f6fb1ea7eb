import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';

/**
 * JSON Web Tokens in their compact form (RFC 7515, RFC 7519), with the algorithms that service-account keys have.
 * What the claims mean is not known here. Source: pkg/serviceaccount/jwt.go, pkg/serviceaccount/openidmetadata.go.
 */
export type Algorithm = 'RS256' | 'ES256' | 'ES384' | 'ES512';

export interface PublicKey {
  /** Unpadded base64url of the SHA-256 of the SubjectPublicKeyInfo. */
  readonly id: string;
  readonly algorithm: Algorithm;
  readonly key: KeyObject;
}

export interface SigningKey extends PublicKey {
  readonly privateKey: KeyObject;
}

export interface Jwt {
  readonly keyId: string;
  readonly algorithm: string;
  readonly claims: Readonly<Record<string, unknown>>;
  readonly signed: string;
  readonly signature: Buffer;
}

/** A new P-256 key. */
export function generateSigningKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return signingKeyOf(privateKey);
}

/** Throws what node:crypto throws for a text that is no key, and an Error for a key of another kind. */
export function readSigningKey(pem: string): SigningKey {
  return signingKeyOf(createPrivateKey(pem));
}

function signingKeyOf(privateKey: KeyObject): SigningKey {
  return { ...publicKeyOf(createPublicKey(privateKey)), privateKey };
}

/** All keys of a PEM file; of private keys and certificates the public part. Throws as readSigningKey does. */
export function readPublicKeys(pem: string): PublicKey[] {
  const blocks = pem.match(/-----BEGIN ([^-]+)-----[\s\S]+?-----END \1-----/g) ?? [];
  const keys = blocks
    .filter((block) => !block.includes('EC PARAMETERS'))
    .map((block) => publicKeyOf(createPublicKey(block)));
  if (keys.length === 0) throw new Error('data does not contain any valid RSA or ECDSA public keys');
  return keys;
}

function publicKeyOf(key: KeyObject): PublicKey {
  const der = key.export({ type: 'spki', format: 'der' });
  const id = createHash('sha256').update(der).digest('base64url');
  return { id, algorithm: algorithmOf(key), key };
}

const curves: Readonly<Record<string, Algorithm>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};

function algorithmOf(key: KeyObject): Algorithm {
  if (key.asymmetricKeyType === 'rsa') return 'RS256';
  const algorithm = curves[key.asymmetricKeyDetails?.namedCurve ?? ''];
  if (key.asymmetricKeyType !== 'ec' || algorithm === undefined)
    throw new Error('data does not contain any valid RSA or ECDSA public keys');
  return algorithm;
}

export function signJwt(claims: object, key: SigningKey): string {
  const header = encode({ alg: key.algorithm, kid: key.id });
  const signed = `${header}.${encode(claims)}`;
  const signature = sign(digests[key.algorithm], Buffer.from(signed), {
    key: key.privateKey,
    dsaEncoding: 'ieee-p1363',
  });
  return `${signed}.${signature.toString('base64url')}`;
}

const digests: Readonly<Record<Algorithm, string>> = {
  RS256: 'sha256',
  ES256: 'sha256',
  ES384: 'sha384',
  ES512: 'sha512',
};

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/** Null for whatever is no three-part token with an object for its header and one for its claims. Nothing is verified. */
export function parseJwt(token: string): Jwt | null {
  const parts = token.split('.');
  if (parts.length !== 3 || !parts.every((part) => /^[\w-]+$/.test(part))) return null;
  const [header = '', payload = '', signature = ''] = parts;
  const [head, claims] = [decode(header), decode(payload)];
  if (head === null || claims === null) return null;
  return {
    keyId: typeof head['kid'] === 'string' ? head['kid'] : '',
    algorithm: typeof head['alg'] === 'string' ? head['alg'] : '',
    claims,
    signed: `${header}.${payload}`,
    signature: Buffer.from(signature, 'base64url'),
  };
}

function decode(part: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

/** The algorithm is the key's: a token cannot choose another, nor none. */
export function isSignedBy(jwt: Jwt, key: PublicKey): boolean {
  if (jwt.algorithm !== key.algorithm) return false;
  return verify(
    digests[key.algorithm],
    Buffer.from(jwt.signed),
    { key: key.key, dsaEncoding: 'ieee-p1363' },
    jwt.signature,
  );
}

/** As `/openid/v1/jwks` shows it (RFC 7517). */
export function jwkOf({ id, algorithm, key }: PublicKey): object {
  const { kty, ...numbers } = key.export({ format: 'jwk' });
  return { use: 'sig', kty, kid: id, alg: algorithm, ...numbers };
}

import 'reflect-metadata'; // must be there before @peculiar/x509 is loaded: its decorators need it

import { type KeyObject, sign, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import {
  type AltNames,
  type CertificateRole,
  type CertificateTemplate,
  extendedUsagesOf,
  type KeyUsageBit,
  keyUsageOf,
} from './certificate-template';
import { keyIdentifier } from './key-algorithm';

type Crypto = NonNullable<Parameters<typeof x509.X509CertificateGenerator.create>[1]>;
type SigningKey = x509.X509CertificateCreateWithKeyParams['signingKey'];

/**
 * Another pair of hands for the same certificate: @peculiar/x509 wants a CryptoKey and asks WebCrypto to sign with it;
 * both are replaced by a KeyObject and a direct signature.
 */
export async function mintWithPeculiar(
  template: CertificateTemplate,
  signingKey: KeyObject,
): Promise<Buffer> {
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: template.serialNumber.toString('hex'),
      subject: new x509.Name(template.subject),
      issuer: new x509.Name(template.issuer),
      notBefore: template.notBefore,
      notAfter: template.notAfter,
      publicKey: template.publicKey.export({ type: 'spki', format: 'der' }),
      signingKey: signerFor(signingKey),
      extensions: extensionsOf(template),
    },
    nativeCrypto,
  );
  return Buffer.from(certificate.rawData);
}

/** Stands where @peculiar/x509 expects a CryptoKey; of that it reads `algorithm`, the rest is for nativeCrypto. */
interface Signer {
  readonly algorithm: {
    readonly name: string;
    readonly namedCurve?: string;
    readonly hash?: string | { readonly name: string };
  };
  readonly key: KeyObject;
  /** Null for Ed25519, which hashes by itself. */
  readonly digest: string | null;
}

function signerFor(key: KeyObject): SigningKey {
  return { ...signatureOf(key), key } as unknown as SigningKey;
}

/** Go's choice for each kind of key (crypto/x509, signingParamsForKey). */
function signatureOf(key: KeyObject): Omit<Signer, 'key'> {
  switch (key.asymmetricKeyType) {
    case 'rsa':
      return { algorithm: { name: 'RSASSA-PKCS1-v1_5', hash: { name: 'SHA-256' } }, digest: 'sha256' };
    case 'ed25519':
      return { algorithm: { name: 'Ed25519' }, digest: null };
    default: {
      const curve = curves[key.asymmetricKeyDetails?.namedCurve ?? ''];
      if (curve === undefined) throw new Error('an authority with a key that nobody can verify');
      const { namedCurve, bits } = curve;
      return { algorithm: { name: 'ECDSA', namedCurve, hash: `SHA-${bits}` }, digest: `sha${bits}` };
    }
  }
}

const curves: Readonly<Record<string, { readonly namedCurve: string; readonly bits: number }>> = {
  prime256v1: { namedCurve: 'P-256', bits: 256 },
  secp384r1: { namedCurve: 'P-384', bits: 384 },
  secp521r1: { namedCurve: 'P-521', bits: 512 },
};

const nativeCrypto = {
  getRandomValues: webcrypto.getRandomValues.bind(webcrypto),
  subtle: {
    async sign(_algorithm: unknown, { key, digest }: Signer, data: ArrayBuffer): Promise<ArrayBuffer> {
      // WebCrypto's form of an ECDSA signature is r and s side by side; the others have but one form and ignore the option.
      return new Uint8Array(sign(digest, new Uint8Array(data), { key, dsaEncoding: 'ieee-p1363' })).buffer;
    },
  },
} as unknown as Crypto;

function extensionsOf(template: CertificateTemplate): x509.Extension[] {
  const { role, authorityKeyIdentifier } = template;
  const extensions: x509.Extension[] = [];
  const bits = keyUsageOf(template);
  if (bits.length > 0) extensions.push(keyUsageExtension(bits));
  extensions.push(basicConstraintsExtension(role));
  const usages = extendedUsagesOf(template);
  if (usages.length > 0) extensions.push(new x509.ExtendedKeyUsageExtension([...usages]));
  // Go gives it to authorities only, so no certificate that Kubernetes signed has one.
  if (role.kind !== 'requested')
    extensions.push(
      new x509.SubjectKeyIdentifierExtension(keyIdentifier(template.publicKey).toString('hex')),
    );
  extensions.push(new x509.AuthorityKeyIdentifierExtension(authorityKeyIdentifier.toString('hex')));
  const entries = generalNames(template.altNames);
  // RFC 5280 §4.2.1.6: critical where nothing else says whose certificate it is.
  const critical = template.subject.equals(emptyName);
  if (entries.length > 0) extensions.push(new x509.SubjectAlternativeNameExtension(entries, critical));
  return extensions;
}

const emptyName = Buffer.from([0x30, 0x00]);

function generalNames({ dnsNames, emailAddresses = [], ipAddresses, uris = [] }: AltNames) {
  const entries: x509.JsonGeneralNames = [
    ...dnsNames.map((value) => ({ type: 'dns', value }) as const),
    ...emailAddresses.map((value) => ({ type: 'email', value }) as const),
    ...ipAddresses.map((value) => ({ type: 'ip', value }) as const),
    ...uris.map((value) => ({ type: 'url', value }) as const),
  ];
  return entries;
}

function keyUsageExtension(names: readonly KeyUsageBit[]): x509.Extension {
  const bits = names.reduce((sum, name) => sum | keyUsageBits[name], 0);
  return new x509.KeyUsagesExtension(bits, true);
}

function basicConstraintsExtension(role: CertificateRole): x509.Extension {
  const isAuthority = role.kind === 'authority';
  const pathLength = isAuthority ? (role.pathLength ?? undefined) : undefined;
  return new x509.BasicConstraintsExtension(isAuthority, pathLength, true);
}

const keyUsageBits: Readonly<Record<KeyUsageBit, x509.KeyUsageFlags>> = {
  digitalSignature: x509.KeyUsageFlags.digitalSignature,
  contentCommitment: x509.KeyUsageFlags.nonRepudiation,
  keyEncipherment: x509.KeyUsageFlags.keyEncipherment,
  dataEncipherment: x509.KeyUsageFlags.dataEncipherment,
  keyAgreement: x509.KeyUsageFlags.keyAgreement,
  keyCertSign: x509.KeyUsageFlags.keyCertSign,
  cRLSign: x509.KeyUsageFlags.cRLSign,
  encipherOnly: x509.KeyUsageFlags.encipherOnly,
  decipherOnly: x509.KeyUsageFlags.decipherOnly,
};

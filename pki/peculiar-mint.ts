import 'reflect-metadata'; // must be there before @peculiar/x509 is loaded: its decorators need it

import { type KeyObject, sign, webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import {
  type CertificateRole,
  type CertificateTemplate,
  type ExtendedUsage,
  type KeyUsageBit,
  keyUsageOf,
} from './certificate-template';
import { keyIdentifier } from './key-algorithm';

type Crypto = NonNullable<Parameters<typeof x509.X509CertificateGenerator.create>[1]>;
type SigningKey = x509.X509CertificateCreateWithKeyParams['signingKey'];

/**
 * Writes certificates in which at least one key is not RSA: ECDSA P-256 with SHA-256, or an RSA authority that certifies
 * an EC key. @peculiar/x509 wants a CryptoKey and asks WebCrypto to sign with it; both are replaced by a KeyObject and a
 * direct signature, which spares an import of each key and a trip through the thread pool.
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
    readonly hash: string | { name: string };
  };
  readonly key: KeyObject;
}

function signerFor(key: KeyObject): SigningKey {
  const signer: Signer =
    key.asymmetricKeyType === 'rsa'
      ? { algorithm: { name: 'RSASSA-PKCS1-v1_5', hash: { name: 'SHA-256' } }, key }
      : { algorithm: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }, key };
  return signer as unknown as SigningKey;
}

const nativeCrypto = {
  getRandomValues: webcrypto.getRandomValues.bind(webcrypto),
  subtle: {
    async sign(_algorithm: unknown, signer: Signer, data: ArrayBuffer): Promise<ArrayBuffer> {
      // WebCrypto's form of an ECDSA signature is r and s side by side; RSA has but one form and ignores the option.
      return new Uint8Array(
        sign('sha256', new Uint8Array(data), { key: signer.key, dsaEncoding: 'ieee-p1363' }),
      ).buffer;
    },
  },
} as unknown as Crypto;

function extensionsOf(template: CertificateTemplate): x509.Extension[] {
  const { role, altNames, authorityKeyIdentifier } = template;
  const extensions = [keyUsageExtension(keyUsageOf(template)), basicConstraintsExtension(role)];
  if (role.kind === 'leaf') extensions.push(extendedKeyUsageExtension(role.usages));
  extensions.push(new x509.SubjectKeyIdentifierExtension(keyIdentifier(template.publicKey).toString('hex')));
  extensions.push(new x509.AuthorityKeyIdentifierExtension(authorityKeyIdentifier.toString('hex')));
  const entries: x509.JsonGeneralNames = [
    ...altNames.dnsNames.map((value) => ({ type: 'dns', value }) as const),
    ...altNames.ipAddresses.map((value) => ({ type: 'ip', value }) as const),
  ];
  if (entries.length > 0) extensions.push(new x509.SubjectAlternativeNameExtension(entries));
  return extensions;
}

function keyUsageExtension(names: readonly KeyUsageBit[]): x509.Extension {
  const bits = names.reduce((sum, name) => sum | keyUsageBits[name], 0);
  return remembered(`keyUsage ${bits}`, () => new x509.KeyUsagesExtension(bits, true));
}

function basicConstraintsExtension(role: CertificateRole): x509.Extension {
  const isAuthority = role.kind === 'authority';
  const pathLength = isAuthority ? (role.pathLength ?? undefined) : undefined;
  return remembered(
    `basicConstraints ${isAuthority} ${pathLength}`,
    () => new x509.BasicConstraintsExtension(isAuthority, pathLength, true),
  );
}

function extendedKeyUsageExtension(usages: readonly ExtendedUsage[]): x509.Extension {
  return remembered(
    `extKeyUsage ${usages.join(' ')}`,
    () => new x509.ExtendedKeyUsageExtension(usages.map((usage) => extendedUsageOids[usage])),
  );
}

/** Encoding these costs a sixth of a certificate, and a lab has only a handful of different ones. */
const extensionsMade = new Map<string, x509.Extension>();

function remembered(what: string, make: () => x509.Extension): x509.Extension {
  const made = extensionsMade.get(what) ?? make();
  extensionsMade.set(what, made);
  return made;
}

const keyUsageBits: Readonly<Record<KeyUsageBit, x509.KeyUsageFlags>> = {
  digitalSignature: x509.KeyUsageFlags.digitalSignature,
  keyEncipherment: x509.KeyUsageFlags.keyEncipherment,
  keyCertSign: x509.KeyUsageFlags.keyCertSign,
};

const extendedUsageOids: Readonly<Record<ExtendedUsage, string>> = {
  serverAuth: x509.ExtendedKeyUsage.serverAuth,
  clientAuth: x509.ExtendedKeyUsage.clientAuth,
};

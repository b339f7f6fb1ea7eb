import type { KeyObject } from 'node:crypto';
import { type Randomness, systemRandomness } from '../randomness';
import { parseIp } from '../wire/ip-address';

/**
 * Everything that a certificate will say, before anybody has signed it. Names are DER and are written as they are: Go
 * compares an issuer with a subject byte for byte, so the same name in another string type is another name.
 */
export interface CertificateTemplate {
  readonly serialNumber: Buffer;
  readonly subject: Buffer;
  readonly issuer: Buffer;
  /** X.509 counts whole seconds; fractions are cut off. */
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly publicKey: KeyObject;
  readonly role: CertificateRole;
  /** Both lists empty: no subjectAltName extension at all. */
  readonly altNames: AltNames;
  /** The subjectKeyIdentifier of whoever signs. */
  readonly authorityKeyIdentifier: Buffer;
  /** Left out: Go's choice for the signing key. */
  readonly digest?: WeakDigest | undefined;
}

/** A digest that nobody should believe any more. */
export type WeakDigest = 'sha1';

export type CertificateRole =
  | {
      readonly kind: 'authority';
      /** null: no limit. */
      readonly pathLength: number | null;
      /** Names that nothing below it may bear (RFC 5280 §4.2.1.10, excludedSubtrees). */
      readonly excluded?: AltNames | undefined;
    }
  | { readonly kind: 'leaf'; readonly usages: readonly ExtendedUsage[] }
  /** What somebody's request was granted; an empty list is no extension. */
  | ({ readonly kind: 'requested' } & GrantedUsages);

export type ExtendedUsage = 'serverAuth' | 'clientAuth';

export interface GrantedUsages {
  readonly keyUsages: readonly KeyUsageBit[];
  /** Dotted object identifiers, in their order. */
  readonly extendedKeyUsages: readonly string[];
}

export interface AltNames {
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly emailAddresses?: readonly string[];
  readonly uris?: readonly string[];
}

/** RFC 5280 §4.2.1.3, in the order of the bits. */
export const keyUsageBits = [
  'digitalSignature',
  'contentCommitment',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const;

export type KeyUsageBit = (typeof keyUsageBits)[number];

/**
 * The keyUsage bits that kubeadm and the kubernetes.io signers give. keyEncipherment means something for RSA only;
 * certificates for EC keys leave it out (certificates.k8s.io made it optional for that reason).
 */
export function keyUsageOf(template: CertificateTemplate): readonly KeyUsageBit[] {
  if (template.role.kind === 'requested') return template.role.keyUsages;
  const bits: KeyUsageBit[] = ['digitalSignature'];
  if (template.publicKey.asymmetricKeyType === 'rsa') bits.push('keyEncipherment');
  if (template.role.kind === 'authority') bits.push('keyCertSign');
  return bits;
}

/** Dotted object identifiers; [] for an authority, which is for everything. */
export function extendedUsagesOf({ role }: CertificateTemplate): readonly string[] {
  switch (role.kind) {
    case 'authority':
      return [];
    case 'leaf':
      return role.usages.map((usage) => extendedUsageOids[usage]);
    case 'requested':
      return role.extendedKeyUsages;
  }
}

const extendedUsageOids: Readonly<Record<ExtendedUsage, string>> = {
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
};

/**
 * 16 random octets that are a positive INTEGER in its shortest form: Go 1.23 and later refuse a negative serial, and
 * every version a superfluous leading zero, so the top two bits are fixed to 01.
 */
export function randomSerialNumber(random: Randomness = systemRandomness): Buffer {
  const serial = random.bytes(16);
  serial.writeUInt8((serial.readUInt8(0) & 0x7f) | 0x40, 0);
  return serial;
}

/** Sorts addresses from names: an IP literal is only ever matched against iPAddress entries, a name against dNSName. */
export function altNamesOf(...hosts: readonly string[]): AltNames {
  return {
    dnsNames: hosts.filter((host) => parseIp(host) === null),
    ipAddresses: hosts.filter((host) => parseIp(host) !== null),
  };
}

/** Refuses what no writer notices: a dNSName is an IA5String, an iPAddress is 4 or 16 octets. A bug if it throws. */
export function checkAltNames({ dnsNames, ipAddresses }: AltNames): void {
  for (const name of dnsNames) {
    if (!/^[\x21-\x7e]+$/.test(name)) throw new Error(`not a DNS name in ASCII: "${name}"`);
  }
  for (const address of ipAddresses) {
    if (parseIp(address) === null) throw new Error(`not an IP address: "${address}"`);
  }
}

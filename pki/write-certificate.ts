import { type KeyObject, sign } from 'node:crypto';
import { constructedContextTag, contextTag, tags } from '../wire/der';
import { parseIp } from '../wire/ip-address';
import {
  type AltNames,
  type CertificateRole,
  type CertificateTemplate,
  type ExtendedUsage,
  type KeyUsageBit,
  keyUsageOf,
} from './certificate-template';
import { encodeDer, encodeOid } from './encode-der';
import { keyIdentifier } from './key-algorithm';
import { signatureOf } from './signature-algorithm';

/** An X.509 certificate (RFC 5280 §4.1) by whatever key, written octet by octet and signed by node:crypto: DER. */
export function writeCertificate(template: CertificateTemplate, signingKey: KeyObject): Buffer {
  const { digest, identifier } = signatureOf(signingKey);
  const { serialNumber, issuer, notBefore, notAfter, subject, publicKey } = template;
  const statement = encodeDer(
    tags.sequence,
    version3,
    encodeDer(tags.integer, serialNumber),
    identifier,
    issuer,
    encodeDer(tags.sequence, encodeTime(notBefore), encodeTime(notAfter)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    encodeDer(constructedContextTag(3), encodeDer(tags.sequence, ...extensionsOf(template))),
  );
  return encodeDer(
    tags.sequence,
    statement,
    identifier,
    encodeDer(tags.bitString, noUnusedBits, sign(digest, statement, signingKey)),
  );
}

const noUnusedBits = Buffer.from([0]);
const version3 = encodeDer(constructedContextTag(0), encodeDer(tags.integer, Buffer.from([2])));

/** RFC 5280 §4.1.2.5: two digits of the year until 2049, four from 2050 on; whole seconds. */
function encodeTime(time: Date): Buffer {
  const digits = time.toISOString().replace(/\.\d+|[-:T]/g, '');
  const year = time.getUTCFullYear();
  return year >= 1950 && year < 2050
    ? encodeDer(tags.utcTime, Buffer.from(digits.slice(2), 'latin1'))
    : encodeDer(tags.generalizedTime, Buffer.from(digits, 'latin1'));
}

function extensionsOf(template: CertificateTemplate): Buffer[] {
  const { role, publicKey, authorityKeyIdentifier, altNames } = template;
  const extensions: Buffer[] = [];
  const bits = keyUsageOf(template);
  if (bits.length > 0) extensions.push(extension(oids.keyUsage, encodeBits(bits), 'critical'));
  extensions.push(extension(oids.basicConstraints, basicConstraints(role), 'critical'));
  const usages = extendedUsagesOf(role);
  if (usages.length > 0)
    extensions.push(extension(oids.extKeyUsage, encodeDer(tags.sequence, ...usages.map(encodeOid))));
  // Go gives it to authorities only, so no certificate that Kubernetes signed has one.
  if (role.kind !== 'requested') {
    const identifier = encodeDer(tags.octetString, keyIdentifier(publicKey));
    extensions.push(extension(oids.subjectKeyIdentifier, identifier));
  }
  const authorityKey = encodeDer(tags.sequence, encodeDer(contextTag(0), authorityKeyIdentifier));
  extensions.push(extension(oids.authorityKeyIdentifier, authorityKey));
  const names = generalNames(altNames);
  if (names.length > 0) {
    // RFC 5280 §4.2.1.6: critical where nothing else says whose certificate it is.
    const weight = template.subject.equals(emptyName) ? 'critical' : undefined;
    extensions.push(extension(oids.subjectAltName, encodeDer(tags.sequence, ...names), weight));
  }
  return extensions;
}

const oids = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
} as const;

const emptyName = encodeDer(tags.sequence);
const isTrue = encodeDer(tags.boolean, Buffer.from([0xff]));

function extension(oid: string, value: Buffer, weight?: 'critical'): Buffer {
  const critical = weight === 'critical' ? [isTrue] : [];
  return encodeDer(tags.sequence, encodeOid(oid), ...critical, encodeDer(tags.octetString, value));
}

/** A list of named bits ends with its last one that is set (X.690 §11.2.2). */
function encodeBits(names: readonly KeyUsageBit[]): Buffer {
  const set = names.map((name) => keyUsageBits.indexOf(name));
  const last = Math.max(...set);
  const octets = Buffer.alloc((last >> 3) + 1);
  for (const bit of set) octets[bit >> 3] = (octets[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return encodeDer(tags.bitString, Buffer.from([7 - (last & 7)]), octets);
}

/** In the order of the bits, RFC 5280 §4.2.1.3. */
const keyUsageBits: readonly KeyUsageBit[] = [
  'digitalSignature',
  'contentCommitment',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
];

function basicConstraints(role: CertificateRole): Buffer {
  if (role.kind !== 'authority') return encodeDer(tags.sequence);
  const { pathLength } = role;
  const limit = pathLength === null ? [] : [encodeDer(tags.integer, Buffer.from([pathLength]))];
  return encodeDer(tags.sequence, isTrue, ...limit);
}

function extendedUsagesOf(role: CertificateRole): readonly string[] {
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

/** GeneralName, RFC 5280 §4.2.1.6. */
function generalNames({ dnsNames, emailAddresses = [], ipAddresses, uris = [] }: AltNames): Buffer[] {
  const text = (tag: number, values: readonly string[]): Buffer[] =>
    values.map((value) => encodeDer(contextTag(tag), Buffer.from(value, 'latin1')));
  return [
    ...text(2, dnsNames),
    ...text(1, emailAddresses),
    ...ipAddresses.map((address) => encodeDer(contextTag(7), octetsOf(address))),
    ...text(6, uris),
  ];
}

function octetsOf(address: string): Buffer {
  const octets = parseIp(address);
  if (octets === null) throw new Error(`not an IP address: "${address}"`);
  return octets;
}

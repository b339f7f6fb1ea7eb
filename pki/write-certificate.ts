import type { KeyObject } from 'node:crypto';
import { constructedContextTag, contextTag, tags } from '../wire/der';
import {
  type CertificateRole,
  type CertificateTemplate,
  extendedUsagesOf,
  type KeyUsageBit,
  keyUsageBits,
  keyUsageOf,
} from './certificate-template';
import { encodeDer, encodeOid } from './encode-der';
import { excludedSubtrees, extension, isTrue, subjectAltName } from './encode-extension';
import { keyIdentifier } from './key-algorithm';
import { encodeSigned, signatureOf } from './signature-algorithm';

/** An X.509 certificate (RFC 5280 §4.1) by whatever key, written octet by octet and signed by node:crypto: DER. */
export function writeCertificate(template: CertificateTemplate, signingKey: KeyObject): Buffer {
  const { serialNumber, issuer, notBefore, notAfter, subject, publicKey, digest } = template;
  const statement = encodeDer(
    tags.sequence,
    version3,
    encodeDer(tags.integer, serialNumber),
    signatureOf(signingKey, digest).identifier,
    issuer,
    encodeDer(tags.sequence, encodeTime(notBefore), encodeTime(notAfter)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    encodeDer(constructedContextTag(3), encodeDer(tags.sequence, ...extensionsOf(template))),
  );
  return encodeSigned(statement, signingKey, digest);
}

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
  if (role.kind === 'authority' && role.excluded !== undefined)
    extensions.push(...excludedSubtrees(role.excluded));
  const usages = extendedUsagesOf(template);
  if (usages.length > 0)
    extensions.push(extension(oids.extKeyUsage, encodeDer(tags.sequence, ...usages.map(encodeOid))));
  // Go gives it to authorities only, so no certificate that Kubernetes signed has one.
  if (role.kind !== 'requested') {
    const identifier = encodeDer(tags.octetString, keyIdentifier(publicKey));
    extensions.push(extension(oids.subjectKeyIdentifier, identifier));
  }
  const authorityKey = encodeDer(tags.sequence, encodeDer(contextTag(0), authorityKeyIdentifier));
  extensions.push(extension(oids.authorityKeyIdentifier, authorityKey));
  // RFC 5280 §4.2.1.6: critical where nothing else says whose certificate it is.
  const weight = template.subject.equals(emptyName) ? 'critical' : undefined;
  return [...extensions, ...subjectAltName(altNames, weight)];
}

const oids = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
} as const;

const emptyName = encodeDer(tags.sequence);

/** A list of named bits ends with its last one that is set (X.690 §11.2.2). */
function encodeBits(names: readonly KeyUsageBit[]): Buffer {
  const set = names.map((name) => keyUsageBits.indexOf(name));
  const last = Math.max(...set);
  const octets = Buffer.alloc((last >> 3) + 1);
  for (const bit of set) octets[bit >> 3] = (octets[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return encodeDer(tags.bitString, Buffer.from([7 - (last & 7)]), octets);
}

function basicConstraints(role: CertificateRole): Buffer {
  if (role.kind !== 'authority') return encodeDer(tags.sequence);
  const { pathLength } = role;
  const limit = pathLength === null ? [] : [encodeDer(tags.integer, Buffer.from([pathLength]))];
  return encodeDer(tags.sequence, isTrue, ...limit);
}

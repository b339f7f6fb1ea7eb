import { X509Certificate } from 'node:crypto';
import { constructedContextTag, contextTag, DerReader, tags } from '../wire/der';
import { ipText } from '../wire/ip-address';
import { memoByBytes } from '../wire/memo';
import { describeKey } from './key-algorithm';
import { decodeName, elementsOf, formatName, nameOfIssuer, nameOfSubject, tbsFields } from './names';

/** A certificate as people talk about it: for stories, reports and hints. No trust decision is ever made from this. */
export interface CertificateDescription {
  /** `O=system:nodes, CN=system:node:node-1`: RFC 4514 escapes, the certificate's own order. */
  readonly subject: string;
  readonly issuer: string;
  /** `IP:10.0.0.11`, `DNS:node-1`, `URI:…`, `email:…`, in the certificate's order. */
  readonly sans: string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** `ECDSA P-256`, `RSA 2048`. */
  readonly keyAlgorithm: string;
  /** SHA-256 of the whole certificate as OpenSSL prints it: `AB:CD:…`. */
  readonly fingerprintSha256: string;
  /** Kubernetes' user name, when this is a client certificate; the last CN of several, as Go reads it. */
  readonly subjectCommonName: string | null;
  /** Kubernetes' groups, when this is a client certificate. */
  readonly organizations: string[];
}

/** Throws what OpenSSL throws when the octets are no certificate. The result is shared: do not change it. */
export const describeCertificate: (der: Buffer) => CertificateDescription = memoByBytes(2048, describe);

function describe(der: Buffer): CertificateDescription {
  const certificate = new X509Certificate(der);
  const subject = nameOfSubject(der);
  const attributes = decodeName(subject).flat();
  const valuesOf = (type: string) =>
    attributes.filter((attribute) => attribute.type === type).map(({ value }) => value);
  return {
    subject: formatName(subject),
    issuer: formatName(nameOfIssuer(der)),
    sans: alternativeNames(der),
    notBefore: new Date(certificate.validFrom),
    notAfter: new Date(certificate.validTo),
    keyAlgorithm: describeKey(certificate.publicKey),
    fingerprintSha256: certificate.fingerprint256,
    subjectCommonName: valuesOf('CN').at(-1) ?? null,
    organizations: valuesOf('O'),
  };
}

/** Read from the octets: Node's `subjectAltName` string writes IPv6 addresses in a form that nobody else uses. */
function alternativeNames(der: Buffer): string[] {
  const wrapped = tbsFields(der).find(({ tag }) => tag === constructedContextTag(3));
  const extensions = wrapped === undefined ? null : new DerReader(wrapped.content).read(tags.sequence);
  for (const { content } of extensions === null ? [] : elementsOf(extensions)) {
    const reader = new DerReader(content);
    if (reader.readOid() !== subjectAltName) continue;
    reader.readOptional(tags.boolean); // critical
    const names = reader.enter(tags.octetString)?.read(tags.sequence) ?? Buffer.alloc(0);
    return elementsOf(names).map((name) => generalName(name.tag, name.content));
  }
  return [];
}

const subjectAltName = '2.5.29.17';

/** GeneralName, RFC 5280 §4.2.1.6. */
function generalName(tag: number, content: Buffer): string {
  switch (tag) {
    case contextTag(1):
      return `email:${content.toString('latin1')}`;
    case contextTag(2):
      return `DNS:${content.toString('latin1')}`;
    case contextTag(6):
      return `URI:${content.toString('latin1')}`;
    case contextTag(7):
      return `IP:${content.length === 4 || content.length === 16 ? ipText(content) : content.toString('hex')}`;
    case constructedContextTag(4):
      return `DirName:${formatName(content)}`;
    default:
      return `other:${content.toString('hex')}`;
  }
}

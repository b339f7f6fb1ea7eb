import { parseAlgorithm, type SignatureAlgorithm, signatureAlgorithmOf } from './certificate-algorithm';
import { type Extensions, noExtensions, parseExtensions } from './certificate-extensions';
import { CertificateFault, required } from './certificate-fault';
import { type DistinguishedName, parseName } from './certificate-name';
import { constructedContextTag, DerReader, rightAligned, tags } from './der';

/** A PKCS #10 request (RFC 2986): who wants to be what, signed with the key that the certificate is for. */
export interface CertificateRequest {
  readonly kind: 'certificate-request';
  /** What the signature covers. */
  readonly rawInfo: Buffer;
  readonly rawSubject: Buffer;
  readonly subject: DistinguishedName;
  readonly rawPublicKey: Buffer;
  /** Those asked for; empty when none are. */
  readonly extensions: Readonly<Extensions>;
  /** Null: an algorithm that Go cannot check. */
  readonly signatureAlgorithm: SignatureAlgorithm | null;
  readonly signature: Buffer;
}

export interface UnreadableCertificateRequest {
  readonly kind: 'unreadable-certificate-request';
  readonly text: string;
}

/** pkcs-9-at-extensionRequest */
const extensionRequest = '1.2.840.113549.1.9.14';

/** Any bytes may be passed; it never throws. The texts are ours: Go's come from its general ASN.1 decoder. */
export function parseCertificateRequest(der: Buffer): CertificateRequest | UnreadableCertificateRequest {
  try {
    return readRequest(der);
  } catch (error) {
    if (!(error instanceof CertificateFault)) throw error;
    return { kind: 'unreadable-certificate-request', text: `x509: ${error.message}` };
  }
}

function readRequest(der: Buffer): CertificateRequest {
  const outer = required(new DerReader(der).enter(tags.sequence), 'malformed certificate request');
  const rawInfo = required(outer.readWhole(tags.sequence), 'malformed certificate request info');
  const info = required(new DerReader(rawInfo).enter(tags.sequence), 'malformed certificate request info');
  required(info.readSmallInteger(), 'malformed version');
  const rawSubject = required(info.readWhole(tags.sequence), 'malformed subject');
  const subject = parseName(required(new DerReader(rawSubject).enter(tags.sequence), 'malformed subject'));
  const rawPublicKey = required(info.readWhole(tags.sequence), 'malformed spki');
  const attributes = required(info.readOptional(constructedContextTag(0)), 'malformed attributes');
  const algorithm = parseAlgorithm(required(outer.enter(tags.sequence), 'malformed algorithm identifier'));
  const signature = rightAligned(required(outer.readBitString(), 'malformed signature'));
  return {
    kind: 'certificate-request',
    rawInfo,
    rawSubject,
    subject,
    rawPublicKey,
    extensions: attributes === 'absent' ? noExtensions() : readAttributes(new DerReader(attributes)),
    signatureAlgorithm: signatureAlgorithmOf(algorithm),
    signature,
  };
}

function readAttributes(attributes: DerReader): Extensions {
  while (!attributes.empty) {
    const attribute = required(attributes.enter(tags.sequence), 'malformed attribute');
    if (required(attribute.readOid(), 'malformed attribute') !== extensionRequest) continue;
    const values = required(attribute.enter(tags.set), 'malformed attribute');
    return parseExtensions(required(values.enter(tags.sequence), 'malformed extensions'));
  }
  return noExtensions();
}

import { type Asn1Time, parseGeneralizedTime, parseUtcTime } from './asn1-time';
import { parseAlgorithm, type SignatureAlgorithm, signatureAlgorithmOf } from './certificate-algorithm';
import { type Extensions, noExtensions, parseExtensions } from './certificate-extensions';
import { CertificateFault, type Remedy, required } from './certificate-fault';
import { type PublicKey, parsePublicKey } from './certificate-key';
import { type DistinguishedName, parseName } from './certificate-name';
import { constructedContextTag, contextTag, DerReader, rightAligned, tags } from './der';

export type { Asn1Time } from './asn1-time';
export type { SignatureAlgorithm } from './certificate-algorithm';
export type { IpRange, NameConstraints, Subtrees } from './certificate-constraints';
export type { Extensions, GeneralName } from './certificate-extensions';
export type { Remedy } from './certificate-fault';
export type { PublicKey } from './certificate-key';
export type { DistinguishedName } from './certificate-name';

/** An X.509 certificate as Go reads it. Buffers are views of the DER it came from. */
export interface Certificate {
  readonly kind: 'certificate';
  readonly raw: Buffer;
  /** What the signature covers. */
  readonly rawTbs: Buffer;
  readonly version: 1 | 2 | 3;
  readonly serialNumber: bigint;
  /** Null: an algorithm that Go cannot check. */
  readonly signatureAlgorithm: SignatureAlgorithm | null;
  readonly signature: Buffer;
  readonly rawIssuer: Buffer;
  readonly issuer: DistinguishedName;
  readonly rawSubject: Buffer;
  readonly subject: DistinguishedName;
  readonly notBefore: Asn1Time;
  readonly notAfter: Asn1Time;
  readonly rawPublicKey: Buffer;
  readonly publicKey: PublicKey;
  /** Of version 3 only: in older ones Go skips them. */
  readonly extensions: Readonly<Extensions>;
}

/** `text` is Go's error, from `x509: ` on. */
export interface UnreadableCertificate {
  readonly kind: 'unreadable-certificate';
  readonly text: string;
  readonly remedy: Remedy | null;
}

/**
 * Reads one certificate with the strictness, the order and the words of Go's x509.ParseCertificate (1.25): whatever Go
 * refuses comes out as a value with Go's text. Any bytes may be passed; it never throws and takes linear time.
 */
export function parseCertificate(der: Buffer): Certificate | UnreadableCertificate {
  try {
    return readCertificate(der);
  } catch (error) {
    if (!(error instanceof CertificateFault)) throw error;
    return { kind: 'unreadable-certificate', text: `x509: ${error.message}`, remedy: error.remedy };
  }
}

function readCertificate(der: Buffer): Certificate {
  const raw = required(new DerReader(der).readWhole(tags.sequence), 'malformed certificate');
  const outer = required(new DerReader(raw).enter(tags.sequence), 'malformed certificate');
  const rawTbs = required(outer.readWhole(tags.sequence), 'malformed tbs certificate');
  const tbs = required(new DerReader(rawTbs).enter(tags.sequence), 'malformed tbs certificate');

  const version = readVersion(tbs);
  const serialNumber = required(tbs.readInteger(), 'malformed serial number');
  if (serialNumber < 0n) throw new CertificateFault('negative serial number', 'positive-serial');

  const innerAlgorithm = required(tbs.read(tags.sequence), 'malformed signature algorithm identifier');
  const outerAlgorithm = required(outer.read(tags.sequence), 'malformed algorithm identifier');
  if (!outerAlgorithm.equals(innerAlgorithm)) {
    throw new CertificateFault("inner and outer signature algorithm identifiers don't match");
  }
  const signatureAlgorithm = signatureAlgorithmOf(parseAlgorithm(new DerReader(innerAlgorithm)));

  const issuer = readName(tbs);
  const validity = required(tbs.enter(tags.sequence), 'malformed validity');
  const notBefore = readTime(validity);
  const notAfter = readTime(validity);
  // Go says `issuer` for a subject that is no SEQUENCE, too.
  const subject = readName(tbs);
  const { rawPublicKey, publicKey } = readPublicKey(tbs);
  const extensions = readExtensions(tbs, version);
  const signature = rightAligned(required(outer.readBitString(), 'malformed signature'));
  if (raw.length !== der.length) throw new CertificateFault('trailing data');

  return {
    kind: 'certificate',
    raw,
    rawTbs,
    version,
    serialNumber,
    signatureAlgorithm,
    signature,
    rawIssuer: issuer.raw,
    issuer: issuer.name,
    rawSubject: subject.raw,
    subject: subject.name,
    notBefore,
    notAfter,
    rawPublicKey,
    publicKey,
    extensions,
  };
}

function readVersion(tbs: DerReader): 1 | 2 | 3 {
  const field = required(tbs.readOptional(constructedContextTag(0)), 'malformed version');
  if (field === 'absent') return 1;
  const reader = new DerReader(field);
  const version = required(reader.readSmallInteger(), 'malformed version');
  if (!reader.empty || version < 0) throw new CertificateFault('malformed version');
  switch (version) {
    case 0:
      return 1;
    case 1:
      return 2;
    case 2:
      return 3;
    default:
      throw new CertificateFault('invalid version');
  }
}

function readName(tbs: DerReader): { raw: Buffer; name: DistinguishedName } {
  const raw = required(tbs.readWhole(tags.sequence), 'malformed issuer');
  return { raw, name: parseName(required(new DerReader(raw).enter(tags.sequence), 'invalid RDNSequence')) };
}

function readTime(validity: DerReader): Asn1Time {
  if (validity.peek(tags.utcTime)) {
    const content = validity.read(tags.utcTime);
    return required(content === null ? null : parseUtcTime(content), 'malformed UTCTime');
  }
  if (validity.peek(tags.generalizedTime)) {
    const content = validity.read(tags.generalizedTime);
    return required(content === null ? null : parseGeneralizedTime(content), 'malformed GeneralizedTime');
  }
  throw new CertificateFault('unsupported time format');
}

function readPublicKey(tbs: DerReader): { rawPublicKey: Buffer; publicKey: PublicKey } {
  const rawPublicKey = required(tbs.readWhole(tags.sequence), 'malformed spki');
  const fields = required(new DerReader(rawPublicKey).enter(tags.sequence), 'malformed spki');
  const algorithmFields = required(fields.enter(tags.sequence), 'malformed public key algorithm identifier');
  const algorithm = parseAlgorithm(algorithmFields);
  const key = required(fields.readBitString(), 'malformed subjectPublicKey');
  return { rawPublicKey, publicKey: parsePublicKey(algorithm, rightAligned(key)) };
}

function readExtensions(tbs: DerReader, version: number): Extensions {
  if (version === 1) return noExtensions();
  required(tbs.readOptional(contextTag(1)), 'malformed issuerUniqueID');
  required(tbs.readOptional(contextTag(2)), 'malformed subjectUniqueID');
  if (version === 2) return noExtensions();
  const field = required(tbs.readOptional(constructedContextTag(3)), 'malformed extensions');
  if (field === 'absent') return noExtensions();
  return parseExtensions(required(new DerReader(field).enter(tags.sequence), 'malformed extensions'));
}

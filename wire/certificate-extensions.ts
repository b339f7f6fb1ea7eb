import { type NameConstraints, parseNameConstraints } from './certificate-constraints';
import { CertificateFault, required } from './certificate-fault';
import { bitIsSet, constructedContextTag, contextTag, DerReader, tags } from './der';
import { domainNameValid } from './general-name';
import { goQuote } from './go-quote';
import { type ParsedUri, parseUri } from './uri';

/** One entry of subjectAltName; the kinds Go does not read are left out. */
export type GeneralName =
  | { readonly kind: 'email' | 'dns'; readonly value: string }
  | { readonly kind: 'uri'; readonly value: string; readonly uri: ParsedUri }
  | { readonly kind: 'ip'; readonly octets: Buffer };

export interface SubjectAltName {
  /** The extension's value: whether two certificates are the same party depends on its bytes. */
  readonly raw: Buffer;
  /** In the order of the certificate. */
  readonly names: readonly GeneralName[];
}

/** What the extensions of one certificate say. Policies and their like are object identifiers as hex of their content. */
export interface Extensions {
  /** Dotted identifiers of critical extensions that Go does not understand, or not wholly. */
  unhandledCritical: string[];
  /** Bit n set: usage n of RFC 5280 section 4.2.1.3. 0 when absent, and Go takes "no bit set" for absent too. */
  keyUsage: number;
  basicConstraints: { readonly isAuthority: boolean; readonly pathLength: number | null } | null;
  subjectAltName: SubjectAltName | null;
  nameConstraints: NameConstraints | null;
  /** Empty when absent. */
  subjectKeyId: Buffer;
  authorityKeyId: Buffer;
  /** Dotted identifiers; empty when absent, and Go takes an empty list for absent too. */
  extendedKeyUsage: readonly string[];
  policies: readonly string[];
  policyMappings: readonly { readonly issuer: string; readonly subject: string }[];
  requireExplicitPolicy: number | null;
  inhibitPolicyMapping: number | null;
  inhibitAnyPolicy: number | null;
}

export function noExtensions(): Extensions {
  return {
    unhandledCritical: [],
    keyUsage: 0,
    basicConstraints: null,
    subjectAltName: null,
    nameConstraints: null,
    subjectKeyId: Buffer.alloc(0),
    authorityKeyId: Buffer.alloc(0),
    extendedKeyUsage: [],
    policies: [],
    policyMappings: [],
    requireExplicitPolicy: null,
    inhibitPolicyMapping: null,
    inhibitAnyPolicy: null,
  };
}

interface Extension {
  readonly oid: string;
  readonly critical: boolean;
  readonly value: Buffer;
}

/** All extensions are split first, so that a duplicate beats a broken value. */
export function parseExtensions(list: DerReader): Extensions {
  const seen = new Map<string, Extension>();
  while (!list.empty) {
    const fields = required(list.enter(tags.sequence), 'malformed extension');
    const oid = required(fields.readOid(), 'malformed extension OID field');
    const critical = fields.peek(tags.boolean)
      ? required(fields.readBoolean(), 'malformed extension critical field')
      : false;
    const value = required(fields.read(tags.octetString), 'malformed extension value field');
    if (seen.has(oid)) {
      throw new CertificateFault(
        `certificate contains duplicate extension with OID ${goQuote(oid)}`,
        'unique-extensions',
      );
    }
    seen.set(oid, { oid, critical, value });
  }
  const extensions = noExtensions();
  for (const extension of seen.values()) {
    const understood = readExtension(extensions, extension);
    if (!understood && extension.critical) extensions.unhandledCritical.push(extension.oid);
  }
  return extensions;
}

/** Whether a critical extension of this kind, with this value, is understood wholly. */
function readExtension(into: Extensions, { oid, critical, value }: Extension): boolean {
  switch (oid) {
    case '2.5.29.14':
      if (critical) throw new CertificateFault('subject key identifier incorrectly marked critical');
      into.subjectKeyId = required(
        new DerReader(value).read(tags.octetString),
        'invalid subject key identifier',
      );
      return true;
    case '2.5.29.15':
      into.keyUsage = parseKeyUsage(value);
      return true;
    case '2.5.29.17':
      into.subjectAltName = { raw: value, names: parseSubjectAltName(value) };
      return into.subjectAltName.names.length > 0;
    case '2.5.29.19':
      into.basicConstraints = parseBasicConstraints(value);
      return true;
    case '2.5.29.30':
      into.nameConstraints = parseNameConstraints(value);
      return !into.nameConstraints.hasUnhandledNames;
    case '2.5.29.31':
      checkCrlDistributionPoints(value);
      return true;
    case '2.5.29.32':
      into.policies = parsePolicies(value);
      return true;
    case '2.5.29.33':
      into.policyMappings = parsePolicyMappings(value);
      return true;
    case '2.5.29.35':
      if (critical) throw new CertificateFault('authority key identifier incorrectly marked critical');
      into.authorityKeyId = parseAuthorityKeyId(value);
      return true;
    case '2.5.29.36':
      readPolicyConstraints(into, value);
      return true;
    case '2.5.29.37':
      into.extendedKeyUsage = parseExtendedKeyUsage(value);
      return true;
    case '2.5.29.54':
      into.inhibitAnyPolicy = skipCerts(
        required(new DerReader(value).readSmallInteger(), 'invalid inhibit any policy extension'),
      );
      return true;
    case '1.3.6.1.5.5.7.1.1':
      if (critical) throw new CertificateFault('authority info access incorrectly marked critical');
      checkAuthorityInfoAccess(value);
      return true;
    default:
      return false;
  }
}

function parseKeyUsage(value: Buffer): number {
  const bits = required(new DerReader(value).readBitString(), 'invalid key usage');
  let usage = 0;
  for (let bit = 0; bit < 9; bit += 1) if (bitIsSet(bits, bit)) usage |= 1 << bit;
  return usage;
}

function parseBasicConstraints(value: Buffer): Extensions['basicConstraints'] {
  const invalid = 'invalid basic constraints';
  const fields = required(new DerReader(value).enter(tags.sequence), invalid);
  const isAuthority = fields.peek(tags.boolean) ? required(fields.readBoolean(), invalid) : false;
  if (!fields.peek(tags.integer)) return { isAuthority, pathLength: null };
  const pathLength = required(fields.readInteger(), invalid);
  if (pathLength < 0n || pathLength >= 2n ** 63n) throw new CertificateFault(invalid);
  return { isAuthority, pathLength: Number(pathLength) };
}

function parseSubjectAltName(value: Buffer): GeneralName[] {
  const list = required(new DerReader(value).enter(tags.sequence), 'invalid subject alternative names');
  const names: GeneralName[] = [];
  while (!list.empty) {
    const { tag, content } = required(list.readAny(), 'invalid subject alternative name');
    switch (tag) {
      case contextTag(1):
        names.push({ kind: 'email', value: ia5Name('rfc822Name', content) });
        break;
      case contextTag(2):
        names.push({ kind: 'dns', value: ia5Name('dNSName', content) });
        break;
      case contextTag(6):
        names.push(uriName(ia5Name('uniformResourceIdentifier', content)));
        break;
      case contextTag(7):
        if (content.length !== 4 && content.length !== 16) {
          throw new CertificateFault(`cannot parse IP address of length ${content.length}`);
        }
        names.push({ kind: 'ip', octets: content });
        break;
    }
  }
  return names;
}

function ia5Name(kind: string, content: Buffer): string {
  if (content.some((octet) => octet > 0x7f)) throw new CertificateFault(`SAN ${kind} is malformed`);
  return content.toString('latin1');
}

function uriName(value: string): GeneralName {
  const uri = parseUri(value);
  if (uri.kind === 'uri-fault') throw new CertificateFault(`cannot parse URI ${goQuote(value)}: ${uri.text}`);
  if (!domainNameValid(uri.host, false)) {
    throw new CertificateFault(`cannot parse URI ${goQuote(value)}: invalid domain`);
  }
  return { kind: 'uri', value, uri };
}

function parseAuthorityKeyId(value: Buffer): Buffer {
  const invalid = 'invalid authority key identifier';
  const fields = required(new DerReader(value).enter(tags.sequence), invalid);
  const keyId = required(fields.readOptional(contextTag(0)), invalid);
  return keyId === 'absent' ? Buffer.alloc(0) : keyId;
}

function parseExtendedKeyUsage(value: Buffer): string[] {
  const list = required(new DerReader(value).enter(tags.sequence), 'invalid extended key usages');
  const usages: string[] = [];
  while (!list.empty) usages.push(required(list.readOid(), 'invalid extended key usages'));
  return usages;
}

/** Policy identifiers may have arcs of any length, but each only once. */
function parsePolicies(value: Buffer): string[] {
  const invalid = 'invalid certificate policies';
  const list = required(new DerReader(value).enter(tags.sequence), invalid);
  const policies = new Set<string>();
  while (!list.empty) {
    const policy = required(list.enter(tags.sequence)?.read(tags.objectIdentifier) ?? null, invalid);
    const key = policy.toString('hex');
    if (policies.has(key) || !isShortestOid(policy)) throw new CertificateFault(invalid);
    policies.add(key);
  }
  return [...policies];
}

function isShortestOid(content: Buffer): boolean {
  const startsArc = (at: number) => at === 0 || (content[at - 1] ?? 0) < 0x80;
  return (content.at(-1) ?? 0x80) < 0x80 && !content.some((octet, at) => octet === 0x80 && startsArc(at));
}

function parsePolicyMappings(value: Buffer): { issuer: string; subject: string }[] {
  const invalid = 'invalid policy mappings extension';
  const list = required(new DerReader(value).enter(tags.sequence), invalid);
  const mappings: { issuer: string; subject: string }[] = [];
  while (!list.empty) {
    const pair = required(list.enter(tags.sequence), invalid);
    const issuer = required(pair.read(tags.objectIdentifier), invalid).toString('hex');
    const subject = required(pair.read(tags.objectIdentifier), invalid).toString('hex');
    mappings.push({ issuer, subject });
  }
  return mappings;
}

function readPolicyConstraints(into: Extensions, value: Buffer): void {
  const invalid = 'invalid policy constraints extension';
  const fields = required(new DerReader(value).enter(tags.sequence), invalid);
  if (fields.peek(contextTag(0))) {
    into.requireExplicitPolicy = skipCerts(required(fields.readSmallInteger(contextTag(0)), invalid));
  }
  if (fields.peek(contextTag(1))) {
    into.inhibitPolicyMapping = skipCerts(required(fields.readSmallInteger(contextTag(1)), invalid));
  }
}

/** Go takes a negative SkipCerts for an absent one. */
function skipCerts(value: number): number | null {
  return value < 0 ? null : value;
}

function checkCrlDistributionPoints(value: Buffer): void {
  const list = required(new DerReader(value).enter(tags.sequence), 'invalid CRL distribution points');
  const invalid = 'invalid CRL distribution point';
  while (!list.empty) {
    const point = required(list.enter(tags.sequence), invalid);
    const name = required(point.readOptional(constructedContextTag(0)), invalid);
    if (name === 'absent') continue;
    const fullName = required(new DerReader(name).enter(constructedContextTag(0)), invalid);
    while (fullName.peek(contextTag(6))) required(fullName.read(contextTag(6)), invalid);
  }
}

function checkAuthorityInfoAccess(value: Buffer): void {
  const invalid = 'invalid authority info access';
  const list = required(new DerReader(value).enter(tags.sequence), invalid);
  while (!list.empty) {
    const description = required(list.enter(tags.sequence), invalid);
    required(description.readOid(), invalid);
    if (description.peek(contextTag(6))) required(description.read(contextTag(6)), invalid);
  }
}

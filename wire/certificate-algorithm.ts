import { required } from './certificate-fault';
import { constructedContextTag, DerReader, tags } from './der';

/** AlgorithmIdentifier; `parameters` is the whole element, null when there is none. */
export interface AlgorithmIdentifier {
  readonly oid: string;
  readonly parameters: Buffer | null;
}

/** Reads the content of an AlgorithmIdentifier; what follows the parameters is ignored, as in Go. */
export function parseAlgorithm(algorithm: DerReader): AlgorithmIdentifier {
  const oid = required(algorithm.readOid(), 'malformed OID');
  if (algorithm.empty) return { oid, parameters: null };
  return { oid, parameters: required(algorithm.readAny(), 'malformed parameters').whole };
}

export type KeyKind = 'RSA' | 'DSA' | 'ECDSA' | 'Ed25519';

/** How a certificate was signed, as far as Go tells algorithms apart. */
export interface SignatureAlgorithm {
  /** Go's name, which its messages show. */
  readonly name: string;
  readonly key: KeyKind;
  /** Null for Ed25519, which hashes by itself. */
  readonly hash: 'md5' | 'sha1' | 'sha256' | 'sha384' | 'sha512' | null;
  readonly pss: boolean;
}

export const nullParameters = Buffer.from([0x05, 0x00]);

const rsaPss = '1.2.840.113549.1.1.10';
const ed25519 = '1.3.101.112';

function plain(name: string, key: KeyKind, hash: SignatureAlgorithm['hash']): SignatureAlgorithm {
  return { name, key, hash, pss: false };
}

const sha1WithRsa = plain('SHA1-RSA', 'RSA', 'sha1');

const signatureAlgorithms: ReadonlyMap<string, SignatureAlgorithm> = new Map([
  ['1.2.840.113549.1.1.4', plain('MD5-RSA', 'RSA', 'md5')],
  ['1.2.840.113549.1.1.5', sha1WithRsa],
  // ISO's identifier for the same.
  ['1.3.14.3.2.29', sha1WithRsa],
  ['1.2.840.113549.1.1.11', plain('SHA256-RSA', 'RSA', 'sha256')],
  ['1.2.840.113549.1.1.12', plain('SHA384-RSA', 'RSA', 'sha384')],
  ['1.2.840.113549.1.1.13', plain('SHA512-RSA', 'RSA', 'sha512')],
  ['1.2.840.10040.4.3', plain('DSA-SHA1', 'DSA', 'sha1')],
  ['2.16.840.1.101.3.4.3.2', plain('DSA-SHA256', 'DSA', 'sha256')],
  ['1.2.840.10045.4.1', plain('ECDSA-SHA1', 'ECDSA', 'sha1')],
  ['1.2.840.10045.4.3.2', plain('ECDSA-SHA256', 'ECDSA', 'sha256')],
  ['1.2.840.10045.4.3.3', plain('ECDSA-SHA384', 'ECDSA', 'sha384')],
  ['1.2.840.10045.4.3.4', plain('ECDSA-SHA512', 'ECDSA', 'sha512')],
  [ed25519, plain('Ed25519', 'Ed25519', null)],
]);

/** Null for every algorithm that Go has no name for. Parameters matter for PSS and Ed25519 only. */
export function signatureAlgorithmOf({ oid, parameters }: AlgorithmIdentifier): SignatureAlgorithm | null {
  if (oid === rsaPss) return parameters === null ? null : pssAlgorithmOf(parameters);
  if (oid === ed25519 && parameters !== null) return null;
  return signatureAlgorithms.get(oid) ?? null;
}

const mgf1 = '1.2.840.113549.1.1.8';
const pssAlgorithms: ReadonlyMap<string, SignatureAlgorithm & { readonly saltLength: bigint }> = new Map([
  [
    '2.16.840.1.101.3.4.2.1',
    { name: 'SHA256-RSAPSS', key: 'RSA', hash: 'sha256', pss: true, saltLength: 32n },
  ],
  [
    '2.16.840.1.101.3.4.2.2',
    { name: 'SHA384-RSAPSS', key: 'RSA', hash: 'sha384', pss: true, saltLength: 48n },
  ],
  [
    '2.16.840.1.101.3.4.2.3',
    { name: 'SHA512-RSAPSS', key: 'RSA', hash: 'sha512', pss: true, saltLength: 64n },
  ],
]);

/** RFC 8017 A.2.3, narrowed by Go: one hash for message and mask, a salt as long as the hash, the usual trailer. */
function pssAlgorithmOf(parameters: Buffer): SignatureAlgorithm | null {
  const fields = new DerReader(parameters).enter(tags.sequence);
  const hash = explicitAlgorithm(fields, 0);
  const mask = explicitAlgorithm(fields, 1);
  const saltLength = fields?.enter(constructedContextTag(2))?.readInteger() ?? null;
  if (fields === null || hash === null || mask === null || saltLength === null) return null;
  if (fields.peek(constructedContextTag(3)) && fields.enter(constructedContextTag(3))?.readInteger() !== 1n)
    return null;
  if (mask.oid !== mgf1 || mask.parameters === null) return null;
  const maskHash = algorithmIn(new DerReader(mask.parameters));
  if (maskHash === null || maskHash.oid !== hash.oid) return null;
  if (!absentOrNull(hash.parameters) || !absentOrNull(maskHash.parameters)) return null;
  const algorithm = pssAlgorithms.get(hash.oid);
  return algorithm !== undefined && algorithm.saltLength === saltLength ? algorithm : null;
}

function explicitAlgorithm(fields: DerReader | null, tag: number): AlgorithmIdentifier | null {
  const field = fields?.enter(constructedContextTag(tag)) ?? null;
  return field === null ? null : algorithmIn(field);
}

function algorithmIn(parent: DerReader): AlgorithmIdentifier | null {
  const algorithm = parent.enter(tags.sequence);
  const oid = algorithm?.readOid() ?? null;
  if (algorithm === null || oid === null) return null;
  if (algorithm.empty) return { oid, parameters: null };
  const parameters = algorithm.readAny();
  return parameters === null ? null : { oid, parameters: parameters.whole };
}

function absentOrNull(parameters: Buffer | null): boolean {
  return parameters === null || parameters.equals(nullParameters);
}

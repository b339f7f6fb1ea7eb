import { constants, createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

/**
 * Certificates for tests, right and wrong: every field can be given as raw DER. Nothing here checks anything, and nothing here
 * is used outside tests (pki/ issues the real ones).
 */

export function element(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  const digits = content.length.toString(16);
  const length = Buffer.from(digits.padStart(digits.length + (digits.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, content]);
}

export const sequence = (...contents: readonly Buffer[]) => element(0x30, ...contents);
export const set = (...contents: readonly Buffer[]) => element(0x31, ...contents);
export const octets = (...contents: readonly Buffer[]) => element(0x04, ...contents);
export const bits = (content: Buffer, unused = 0) => element(0x03, Buffer.from([unused]), content);
export const explicit = (tag: number, ...contents: readonly Buffer[]) => element(0xa0 | tag, ...contents);
export const implicit = (tag: number, content: Buffer | string) => element(0x80 | tag, Buffer.from(content));
export const text = (tag: number, value: string, encoding: BufferEncoding = 'latin1') =>
  element(tag, Buffer.from(value, encoding));
export const utf8 = (value: string) => text(0x0c, value, 'utf8');
export const printable = (value: string) => text(0x13, value);
export const utcTime = (value: string) => text(0x17, value);
export const generalizedTime = (value: string) => text(0x18, value);
export const boolean = (value: boolean | number) =>
  element(0x01, Buffer.from([Number(value === true ? 0xff : value)]));
export const nothing = Buffer.from([0x05, 0x00]);
export const hex = (digits: string) => Buffer.from(digits.replaceAll(' ', ''), 'hex');

export function integer(value: number | bigint): Buffer {
  const digits = BigInt(value).toString(16);
  const even = digits.padStart(digits.length + (digits.length % 2), '0');
  return element(
    0x02,
    Buffer.from(Number.parseInt(even.slice(0, 2), 16) >= 0x80 ? `00${even}` : even, 'hex'),
  );
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...arcs] = dotted.split('.').map(Number);
  return element(0x06, Buffer.from([first * 40 + second, ...arcs].flatMap(base128)));
}

function base128(arc: number): number[] {
  const digits = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128))
    digits.unshift(0x80 | (rest % 128));
  return digits;
}

/** `O=org, CN=name` from attributes; a plain string is a common name in UTF8String. */
export function nameOf(...attributes: readonly (string | readonly [type: string, value: Buffer])[]): Buffer {
  const rdns = attributes.map((attribute) =>
    typeof attribute === 'string' ? (['2.5.4.3', utf8(attribute)] as const) : attribute,
  );
  return sequence(...rdns.map(([type, value]) => set(sequence(oid(type), value))));
}

export type KeyWord = 'p224' | 'p256' | 'p384' | 'p521' | 'ed25519' | 'ed448' | `rsa${number}`;

export interface TestKey {
  readonly word: KeyWord;
  readonly privateKey: KeyObject;
  readonly spki: Buffer;
}

const curveNames = { p224: 'secp224r1', p256: 'prime256v1', p384: 'secp384r1', p521: 'secp521r1' } as const;
const made = new Map<string, TestKey>();

/** The same key for the same word and owner: RSA keys take long to make. */
export function testKey(word: KeyWord, owner = ''): TestKey {
  const id = `${word} ${owner}`;
  const known = made.get(id);
  if (known !== undefined) return known;
  const { privateKey, publicKey } = generate(word);
  const key = { word, privateKey, spki: publicKey.export({ format: 'der', type: 'spki' }) };
  made.set(id, key);
  return key;
}

function generate(word: KeyWord): { privateKey: KeyObject; publicKey: KeyObject } {
  switch (word) {
    case 'p224':
    case 'p256':
    case 'p384':
    case 'p521':
      return generateKeyPairSync('ec', { namedCurve: curveNames[word] });
    case 'ed25519':
      return generateKeyPairSync('ed25519');
    case 'ed448':
      return generateKeyPairSync('ed448');
    default:
      return generateKeyPairSync('rsa', { modulusLength: Number(word.slice(3)) });
  }
}

/** An algorithm identifier and how to sign under it. */
export interface Scheme {
  readonly algorithm: Buffer;
  readonly sign: (tbs: Buffer, key: KeyObject) => Buffer;
}

const digest = (hash: string) => (tbs: Buffer, key: KeyObject) => sign(hash, tbs, key);
const rsa = (dotted: string, hash: string): Scheme => ({
  algorithm: sequence(oid(dotted), nothing),
  sign: digest(hash),
});
const plain = (dotted: string, hash: string | null): Scheme => ({
  algorithm: sequence(oid(dotted)),
  sign: (tbs, key) => sign(hash, tbs, key),
});

const hashOids: Readonly<Record<string, string>> = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
};

/** RSASSA-PSS; `mask` and `trailer` only change what is written. */
export function pss(
  hash: 'sha256' | 'sha384' | 'sha512',
  saltLength: number,
  { mask = hash, trailer, bare = false }: { mask?: string; trailer?: number; bare?: boolean } = {},
): Scheme {
  const hashAlgorithm = (name: string) => sequence(oid(hashOids[name] ?? ''), ...(bare ? [] : [nothing]));
  const parameters = sequence(
    explicit(0, hashAlgorithm(hash)),
    explicit(1, sequence(oid('1.2.840.113549.1.1.8'), hashAlgorithm(mask))),
    explicit(2, integer(saltLength)),
    ...(trailer === undefined ? [] : [explicit(3, integer(trailer))]),
  );
  return {
    algorithm: sequence(oid('1.2.840.113549.1.1.10'), parameters),
    sign: (tbs, key) => sign(hash, tbs, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength }),
  };
}

export const schemes = {
  ecdsaSha1: plain('1.2.840.10045.4.1', 'sha1'),
  ecdsaSha224: plain('1.2.840.10045.4.3.1', 'sha224'),
  ecdsaSha256: plain('1.2.840.10045.4.3.2', 'sha256'),
  ecdsaSha384: plain('1.2.840.10045.4.3.3', 'sha384'),
  ecdsaSha512: plain('1.2.840.10045.4.3.4', 'sha512'),
  rsaMd5: rsa('1.2.840.113549.1.1.4', 'md5'),
  rsaSha1: rsa('1.2.840.113549.1.1.5', 'sha1'),
  rsaSha1Iso: rsa('1.3.14.3.2.29', 'sha1'),
  rsaSha224: rsa('1.2.840.113549.1.1.14', 'sha224'),
  rsaSha256: rsa('1.2.840.113549.1.1.11', 'sha256'),
  rsaSha384: rsa('1.2.840.113549.1.1.12', 'sha384'),
  rsaSha512: rsa('1.2.840.113549.1.1.13', 'sha512'),
  rsaSha3: rsa('2.16.840.1.101.3.4.3.14', 'sha3-256'),
  ed25519: plain('1.3.101.112', null),
  ed448: plain('1.3.101.113', null),
  /** Nobody checks it, so nobody signs it. */
  dsaSha256: {
    algorithm: sequence(oid('2.16.840.1.101.3.4.3.2')),
    sign: () => sequence(integer(5), integer(7)),
  },
  dsaSha1: { algorithm: sequence(oid('1.2.840.10040.4.3')), sign: () => sequence(integer(5), integer(7)) },
} satisfies Record<string, Scheme>;

export function usualScheme({ word }: TestKey): Scheme {
  if (word.startsWith('rsa')) return schemes.rsaSha256;
  return word === 'ed25519' ? schemes.ed25519 : word === 'ed448' ? schemes.ed448 : schemes.ecdsaSha256;
}

export interface CertificateSpec {
  /** The whole [0] element; null leaves it out (version 1). */
  readonly version?: Buffer | null;
  readonly serial?: Buffer;
  readonly scheme?: Scheme;
  /** The inner and the outer AlgorithmIdentifier, when they shall differ from the scheme's. */
  readonly innerAlgorithm?: Buffer;
  readonly outerAlgorithm?: Buffer;
  readonly issuer: Buffer;
  readonly subject: Buffer;
  readonly notBefore?: Buffer;
  readonly notAfter?: Buffer;
  readonly spki: Buffer;
  /** Between the key and the extensions. */
  readonly uniqueIds?: Buffer;
  /** Whole Extension elements; null leaves the field out. */
  readonly extensions?: readonly Buffer[] | null;
  readonly signer: TestKey;
  /** Changes the signed part before it is signed. */
  readonly alterTbs?: (tbs: Buffer) => Buffer;
  /** Changes the signature element's content. */
  readonly alterSignature?: (signature: Buffer) => Buffer;
  readonly trailing?: Buffer;
}

export const version3 = explicit(0, integer(2));

export function mint(spec: CertificateSpec): Buffer {
  const scheme = spec.scheme ?? usualScheme(spec.signer);
  const extensions = spec.extensions === undefined || spec.extensions === null ? [] : spec.extensions;
  const tbs = sequence(
    ...(spec.version === null ? [] : [spec.version ?? version3]),
    spec.serial ?? integer(0x1234),
    spec.innerAlgorithm ?? scheme.algorithm,
    spec.issuer,
    sequence(spec.notBefore ?? utcTime('250101000000Z'), spec.notAfter ?? utcTime('271231235959Z')),
    spec.subject,
    spec.spki,
    spec.uniqueIds ?? Buffer.alloc(0),
    ...(spec.extensions === null ? [] : [explicit(3, sequence(...extensions))]),
  );
  return signed(spec.alterTbs === undefined ? tbs : spec.alterTbs(tbs), spec, scheme);
}

function signed(tbs: Buffer, spec: CertificateSpec, scheme: Scheme): Buffer {
  const genuine = scheme.sign(tbs, spec.signer.privateKey);
  const signature = spec.alterSignature === undefined ? genuine : spec.alterSignature(genuine);
  const outer = sequence(
    tbs,
    spec.outerAlgorithm ?? spec.innerAlgorithm ?? scheme.algorithm,
    bits(signature),
  );
  return Buffer.concat([outer, spec.trailing ?? Buffer.alloc(0)]);
}

export function extension(dotted: string, value: Buffer, critical?: boolean | Buffer): Buffer {
  const flag =
    critical === undefined || critical === false ? [] : [critical === true ? boolean(true) : critical];
  return sequence(oid(dotted), ...flag, octets(value));
}

export const dns = (value: string) => implicit(2, value);
export const email = (value: string) => implicit(1, value);
export const uri = (value: string) => implicit(6, value);
export const ip = (address: string) => implicit(7, ipOctets(address));
export const directoryName = (value: Buffer) => element(0xa4, value);

/** Dotted IPv4, or IPv6 as 32 hex digits. */
export function ipOctets(address: string): Buffer {
  return address.includes('.') ? Buffer.from(address.split('.').map(Number)) : hex(address);
}

export const altNames = (names: readonly Buffer[], critical = false) =>
  extension('2.5.29.17', sequence(...names), critical);

export function basicConstraints(isAuthority: boolean, pathLength?: number | bigint): Buffer {
  const flag = isAuthority ? [boolean(true)] : [];
  const length = pathLength === undefined ? [] : [integer(pathLength)];
  return extension('2.5.29.19', sequence(...flag, ...length), true);
}

/** Bit numbers of RFC 5280: 0 digitalSignature, 2 keyEncipherment, 5 keyCertSign, … */
export function keyUsage(...usages: readonly number[]): Buffer {
  const last = Math.max(-1, ...usages);
  const content = Buffer.alloc((last >> 3) + 1);
  for (const bit of usages) content[bit >> 3] = (content[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  return extension('2.5.29.15', bits(content, last < 0 ? 0 : 7 - (last & 7)), true);
}

export const serverAuth = '1.3.6.1.5.5.7.3.1';
export const clientAuth = '1.3.6.1.5.5.7.3.2';
export const anyUsage = '2.5.29.37.0';

export const extendedKeyUsage = (...usages: readonly string[]) =>
  extension('2.5.29.37', sequence(...usages.map(oid)));

export const subjectKeyId = (digits: string) => extension('2.5.29.14', octets(hex(digits)));
export const authorityKeyId = (digits: string) => extension('2.5.29.35', sequence(implicit(0, hex(digits))));

export function nameConstraints(
  permitted: readonly Buffer[] | null,
  excluded: readonly Buffer[] | null = null,
  critical = true,
): Buffer {
  const subtrees = (tag: number, names: readonly Buffer[] | null) =>
    names === null ? [] : [explicit(tag, ...names.map((name) => sequence(name)))];
  return extension('2.5.29.30', sequence(...subtrees(0, permitted), ...subtrees(1, excluded)), critical);
}

export const ipRange = (address: string, mask: string) =>
  implicit(7, Buffer.concat([ipOctets(address), ipOctets(mask)]));

export const policies = (...identifiers: readonly string[]) =>
  extension('2.5.29.32', sequence(...identifiers.map((identifier) => sequence(oid(identifier)))));

export const policyMappings = (...pairs: readonly (readonly [string, string])[]) =>
  extension('2.5.29.33', sequence(...pairs.map(([from, to]) => sequence(oid(from), oid(to)))), true);

export function policyConstraints(explicitPolicy: number | null, mapping: number | null = null): Buffer {
  const field = (tag: number, value: number | null) =>
    value === null ? [] : [implicit(tag, integer(value).subarray(2))];
  return extension('2.5.29.36', sequence(...field(0, explicitPolicy), ...field(1, mapping)), true);
}

export const inhibitAnyPolicy = (count: number) => extension('2.5.29.54', integer(count), true);

export function pem(der: Buffer, label = 'CERTIFICATE', headers = ''): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return [
    `-----BEGIN ${label}-----`,
    ...(headers === '' ? [] : [headers, '']),
    ...lines,
    `-----END ${label}-----`,
    '',
  ].join('\n');
}

/** A short name for a certificate in a failure report. */
export const fingerprint = (der: Buffer) => createHash('sha256').update(der).digest('hex').slice(0, 12);

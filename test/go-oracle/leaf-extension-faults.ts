import {
  altNames,
  anyUsage,
  authorityKeyId,
  basicConstraints,
  bits,
  boolean,
  type CertificateSpec,
  clientAuth,
  directoryName,
  dns,
  element,
  email,
  explicit,
  extendedKeyUsage,
  extension,
  hex,
  implicit,
  inhibitAnyPolicy,
  integer,
  ip,
  keyUsage,
  nameConstraints,
  nameOf,
  nothing,
  octets,
  oid,
  policies,
  policyConstraints,
  sequence,
  serverAuth,
  set,
  subjectKeyId,
  testKey,
  uri,
} from '../certificate-builder';
import { leafKey, leafNames } from './case';
import type { LeafFault } from './leaf-faults';

/** The extensions of a good leaf. */
export const usual = [
  keyUsage(0, 2),
  extendedKeyUsage(serverAuth),
  basicConstraints(false),
  altNames(leafNames),
];

const withExtension = (added: Buffer): Partial<CertificateSpec> => ({ extensions: [...usual, added] });

const withNames = (...names: readonly Buffer[]): Partial<CertificateSpec> => ({
  extensions: [altNames(names)],
});

const ecPoint = leafKey.spki.subarray(-65);
const ecKey = (parameters: Buffer, point: Buffer) => ({
  spki: sequence(sequence(oid('1.2.840.10045.2.1'), parameters), bits(point)),
});
const p256 = oid('1.2.840.10045.3.1.7');
const rsaKey = (modulus: bigint, exponent: bigint | number, parameters: Buffer = nothing) => ({
  spki: sequence(
    sequence(oid('1.2.840.113549.1.1.1'), parameters),
    bits(sequence(integer(modulus), integer(exponent))),
  ),
});
const bigOdd = (length: number) => (1n << BigInt(length - 1)) + 12345n;
const dsaKey = (p: number, y: number) => ({
  spki: sequence(
    sequence(oid('1.2.840.10040.4.1'), sequence(integer(p), integer(11), integer(4))),
    bits(integer(y)),
  ),
});

export const keyFaults: readonly LeafFault[] = [
  ['key p224', { spki: testKey('p224').spki }],
  ['key p384', { spki: testKey('p384').spki }],
  ['key p521', { spki: testKey('p521').spki }],
  ['key ed25519', { spki: testKey('ed25519').spki }],
  ['key ed448', { spki: testKey('ed448').spki }],
  ['key rsa 1024', { spki: testKey('rsa1024').spki }],
  ['key rsa 1023', rsaKey(bigOdd(1023), 65537)],
  ['key rsa 768', { spki: testKey('rsa768').spki }],
  ['key rsa 8192', rsaKey(bigOdd(8192), 65537)],
  ['key rsa 8193', rsaKey(bigOdd(8193), 65537)],
  ['key rsa even modulus', rsaKey(bigOdd(2048) + 1n, 65537)],
  ['key rsa exponent 1', rsaKey(bigOdd(2048), 1)],
  ['key rsa exponent 2', rsaKey(bigOdd(2048), 2)],
  ['key rsa exponent 3', rsaKey(bigOdd(2048), 3)],
  ['key rsa exponent 2^31-1', rsaKey(bigOdd(2048), 2n ** 31n - 1n)],
  ['key rsa exponent 2^31+1', rsaKey(bigOdd(2048), 2n ** 31n + 1n)],
  ['key rsa exponent 2^62+1', rsaKey(bigOdd(2048), 2n ** 62n + 1n)],
  ['key rsa exponent 2^64+1', rsaKey(bigOdd(2048), 2n ** 64n + 1n)],
  ['key rsa exponent 0', rsaKey(bigOdd(2048), 0)],
  ['key rsa modulus 0', rsaKey(0n, 3)],
  [
    'key rsa without null',
    {
      spki: sequence(
        sequence(oid('1.2.840.113549.1.1.1')),
        bits(sequence(integer(bigOdd(2048)), integer(3))),
      ),
    },
  ],
  ['key rsa with sequence', rsaKey(bigOdd(2048), 3, sequence())],
  [
    'key rsa pss',
    {
      spki: sequence(
        sequence(oid('1.2.840.113549.1.1.10')),
        bits(sequence(integer(bigOdd(2048)), integer(3))),
      ),
    },
  ],
  [
    'key rsa not a sequence',
    { spki: sequence(sequence(oid('1.2.840.113549.1.1.1'), nothing), bits(integer(5))) },
  ],
  ['key dsa', dsaKey(23, 5)],
  ['key dsa zero', dsaKey(23, 0)],
  ['key dsa without parameters', { spki: sequence(sequence(oid('1.2.840.10040.4.1')), bits(integer(5))) }],
  ['key dsa not an integer', { spki: sequence(sequence(oid('1.2.840.10040.4.1'), nothing), bits(nothing)) }],
  ['key x25519', { spki: sequence(sequence(oid('1.3.101.110')), bits(Buffer.alloc(32, 9))) }],
  ['key unknown', { spki: sequence(sequence(oid('1.2.3.4')), bits(Buffer.alloc(3))) }],
  ['key unknown, odd bits', { spki: sequence(sequence(oid('1.2.3.4')), bits(hex('f0'), 4)) }],
  ['key bits broken', { spki: sequence(sequence(oid('1.2.3.4')), bits(hex('ff'), 4)) }],
  ['key bits 9 unused', { spki: sequence(sequence(oid('1.2.3.4')), bits(hex('00'), 9)) }],
  ['key ec compressed', ecKey(p256, Buffer.concat([hex('02'), ecPoint.subarray(1, 33)]))],
  ['key ec off the curve', ecKey(p256, Buffer.concat([ecPoint.subarray(0, 64), hex('00')]))],
  ['key ec point short', ecKey(p256, ecPoint.subarray(0, 64))],
  ['key ec infinity', ecKey(p256, hex('00'))],
  ['key ec secp256k1', ecKey(oid('1.3.132.0.10'), ecPoint)],
  ['key ec explicit parameters', ecKey(sequence(integer(1)), ecPoint)],
  ['key ec without parameters', { spki: sequence(sequence(oid('1.2.840.10045.2.1')), bits(ecPoint)) }],
  [
    'key ec with more',
    { spki: sequence(sequence(oid('1.2.840.10045.2.1'), p256, nothing), bits(ecPoint), nothing) },
  ],
  [
    'key ed25519 parameters',
    { spki: sequence(sequence(oid('1.3.101.112'), nothing), bits(Buffer.alloc(32, 9))) },
  ],
  ['key ed25519 short', { spki: sequence(sequence(oid('1.3.101.112')), bits(Buffer.alloc(31, 9))) }],
];

export const extensionFaults: readonly LeafFault[] = [
  ['unknown', withExtension(extension('1.2.3.4', nothing))],
  ['unknown critical', withExtension(extension('1.2.3.4', nothing, true))],
  ['unknown of 2.5.29 critical', withExtension(extension('2.5.29.99', nothing, true))],
  ['duplicate names', withExtension(altNames(leafNames))],
  [
    'duplicate unknown',
    { extensions: [...usual, extension('1.2.3.4', nothing), extension('1.2.3.4', nothing)] },
  ],
  [
    'duplicate before a broken one',
    { extensions: [extension('2.5.29.15', nothing), altNames(leafNames), altNames(leafNames)] },
  ],
  ['critical false written out', withExtension(extension('1.2.3.4', nothing, boolean(false)))],
  ['critical 0x01', withExtension(extension('1.2.3.4', nothing, boolean(1)))],
  ['value missing', withExtension(sequence(oid('1.2.3.4')))],
  ['oid missing', withExtension(sequence(octets(nothing)))],
  ['not a sequence', withExtension(set())],
  ['key usage broken', withExtension(extension('2.5.29.14', nothing))],
  ['key usage null', { extensions: [altNames(leafNames), extension('2.5.29.15', nothing)] }],
  ['key usage stray bits', { extensions: [altNames(leafNames), extension('2.5.29.15', bits(hex('ff'), 3))] }],
  ['key usage empty', { extensions: [altNames(leafNames), keyUsage()] }],
  ['key usage data only', { extensions: [altNames(leafNames), keyUsage(3)] }],
  ['basic constraints CA', { extensions: [altNames(leafNames), basicConstraints(true, 0)] }],
  [
    'basic constraints 0x01',
    { extensions: [altNames(leafNames), extension('2.5.29.19', sequence(boolean(1)))] },
  ],
  [
    'basic constraints negative',
    { extensions: [altNames(leafNames), basicConstraints(true), extension('2.5.29.1', nothing)] },
  ],
  [
    'path length negative',
    {
      extensions: [
        altNames(leafNames),
        extension('2.5.29.19', sequence(boolean(true), element(2, hex('ff')))),
      ],
    },
  ],
  ['path length huge', { extensions: [altNames(leafNames), basicConstraints(true, 2n ** 63n)] }],
  ['path length large', { extensions: [altNames(leafNames), basicConstraints(true, 2n ** 63n - 1n)] }],
  [
    'basic constraints with more',
    { extensions: [altNames(leafNames), extension('2.5.29.19', sequence(nothing))] },
  ],
  ['usage client', { extensions: [altNames(leafNames), extendedKeyUsage(clientAuth)] }],
  ['usage any', { extensions: [altNames(leafNames), extendedKeyUsage(anyUsage)] }],
  ['usage empty', { extensions: [altNames(leafNames), extendedKeyUsage()] }],
  ['usage unknown', { extensions: [altNames(leafNames), extendedKeyUsage('1.2.3.4')] }],
  ['usage server gated', { extensions: [altNames(leafNames), extendedKeyUsage('2.16.840.1.113730.4.1')] }],
  ['usage broken', { extensions: [altNames(leafNames), extension('2.5.29.37', sequence(nothing))] }],
  ['usage null', { extensions: [altNames(leafNames), extension('2.5.29.37', nothing)] }],
  ['names critical', { extensions: [altNames(leafNames, true)] }],
  ['names critical, none known', { extensions: [altNames([directoryName(nameOf('x'))], true)] }],
  ['names empty critical', { extensions: [altNames([], true)] }],
  ['names null', { extensions: [extension('2.5.29.17', nothing)] }],
  ['names broken', { extensions: [extension('2.5.29.17', sequence(hex('82')))] }],
  ['name not ia5', withNames(ip('10.0.0.11'), implicit(2, hex('e4')))],
  ['email not ia5', withNames(ip('10.0.0.11'), implicit(1, hex('e4')))],
  ['uri not ia5', withNames(ip('10.0.0.11'), implicit(6, hex('e4')))],
  ['ip of 3 octets', withNames(implicit(7, hex('0a0000')))],
  ['ip of 5 octets', withNames(implicit(7, hex('0a00000b00')))],
  ['ip of 0 octets', withNames(implicit(7, ''))],
  ['name constraints on a leaf', withExtension(nameConstraints([dns('example')]))],
  ['name constraints empty', withExtension(nameConstraints(null))],
  ['name constraints two empty', withExtension(nameConstraints([], []))],
  ['name constraints trailing', withExtension(extension('2.5.29.30', Buffer.concat([sequence(), nothing])))],
  ['name constraints on directories critical', withExtension(nameConstraints([directoryName(nameOf('x'))]))],
  [
    'name constraints on directories',
    withExtension(nameConstraints([directoryName(nameOf('x'))], null, false)),
  ],
  ['subject key id', withExtension(subjectKeyId('0102'))],
  ['subject key id critical', withExtension(extension('2.5.29.14', octets(hex('01')), true))],
  ['authority key id', withExtension(authorityKeyId('0102'))],
  ['authority key id critical', withExtension(extension('2.5.29.35', sequence(), true))],
  ['authority key id null', withExtension(extension('2.5.29.35', nothing))],
  ['authority key id broken', withExtension(extension('2.5.29.35', sequence(hex('80'))))],
  ['policies', withExtension(policies('1.2.3', '1.2.4'))],
  ['policies twice', withExtension(policies('1.2.3', '1.2.3'))],
  [
    'policies with long arc',
    withExtension(extension('2.5.29.32', sequence(sequence(element(6, hex('2affffffffff7f')))))),
  ],
  [
    'policies not shortest',
    withExtension(extension('2.5.29.32', sequence(sequence(element(6, hex('2a8001')))))),
  ],
  ['policies cut arc', withExtension(extension('2.5.29.32', sequence(sequence(element(6, hex('2a81'))))))],
  ['policies null', withExtension(extension('2.5.29.32', nothing))],
  ['policy constraints', withExtension(policyConstraints(0))],
  ['policy constraints broken', withExtension(extension('2.5.29.36', sequence(implicit(0, hex('0001')))))],
  ['policy mappings broken', withExtension(extension('2.5.29.33', sequence(nothing)))],
  ['inhibit any policy', withExtension(inhibitAnyPolicy(0))],
  ['inhibit any policy broken', withExtension(extension('2.5.29.54', nothing))],
  [
    'crl points',
    withExtension(
      extension('2.5.29.31', sequence(sequence(explicit(0, explicit(0, uri('http://x/'))))), true),
    ),
  ],
  ['crl points broken', withExtension(extension('2.5.29.31', sequence(sequence(explicit(0, nothing)))))],
  ['crl points null', withExtension(extension('2.5.29.31', nothing))],
  [
    'access info',
    withExtension(
      extension('1.3.6.1.5.5.7.1.1', sequence(sequence(oid('1.3.6.1.5.5.7.48.1'), uri('http://x/')))),
    ),
  ],
  ['access info critical', withExtension(extension('1.3.6.1.5.5.7.1.1', sequence(), true))],
  ['access info broken', withExtension(extension('1.3.6.1.5.5.7.1.1', sequence(nothing)))],
  ['email and uri', withNames(ip('10.0.0.11'), email('a@b'), uri('https://x/'))],
];

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
  generalizedTime,
  hex,
  implicit,
  inhibitAnyPolicy,
  integer,
  ip,
  keyUsage,
  mint,
  nameConstraints,
  nameOf,
  nothing,
  octets,
  oid,
  policies,
  policyConstraints,
  printable,
  pss,
  schemes,
  sequence,
  serverAuth,
  set,
  subjectKeyId,
  testKey,
  text,
  uri,
  utcTime,
  utf8,
} from '../certificate-builder';
import { type Case, caseOf, goodRoot, leafKey, leafNames, leafSpec, rootKey } from './case';

/** One change to an otherwise good leaf. */
export type LeafFault = readonly [id: string, changes: Partial<CertificateSpec>];

const usual = [keyUsage(0, 2), extendedKeyUsage(serverAuth), basicConstraints(false), altNames(leafNames)];
const withExtension = (added: Buffer): Partial<CertificateSpec> => ({ extensions: [...usual, added] });
const withNames = (...names: readonly Buffer[]): Partial<CertificateSpec> => ({
  extensions: [altNames(names)],
});
const subjectValue = (value: Buffer): Partial<CertificateSpec> => ({ subject: nameOf(['2.5.4.3', value]) });

const formFaults: readonly LeafFault[] = [
  ['good', {}],
  ['version 1', { version: null, extensions: null }],
  ['version 1 written out', { version: explicit(0, integer(0)), extensions: null }],
  ['version 1 with extensions', { version: null }],
  ['version 2', { version: explicit(0, integer(1)) }],
  ['version 4', { version: explicit(0, integer(3)) }],
  ['version -1', { version: explicit(0, element(2, Buffer.from([0xff]))) }],
  ['version of two integers', { version: explicit(0, integer(2), integer(2)) }],
  ['version as boolean', { version: explicit(0, boolean(true)) }],
  ['serial 0', { serial: integer(0) }],
  ['serial negative', { serial: element(2, hex('80')) }],
  ['serial not shortest', { serial: element(2, hex('0001')) }],
  ['serial negative not shortest', { serial: element(2, hex('ff80')) }],
  ['serial empty', { serial: element(2) }],
  ['serial of 21 octets', { serial: element(2, Buffer.alloc(21, 0x11)) }],
  ['serial as octets', { serial: octets(hex('01')) }],
  ['algorithms differ', { outerAlgorithm: schemes.ecdsaSha384.algorithm }],
  ['algorithm with null in both', { innerAlgorithm: sequence(oid('1.2.840.10045.4.3.2'), nothing) }],
  ['algorithm without oid', { innerAlgorithm: sequence(nothing) }],
  ['algorithm broken parameters', { innerAlgorithm: sequence(oid('1.2.840.10045.4.3.2'), hex('0505')) }],
  ['algorithm unknown', { innerAlgorithm: sequence(oid('1.2.3.4')) }],
  ['algorithm oid with long arc', { innerAlgorithm: sequence(element(6, hex('2a8f ffffff7f'))) }],
  ['algorithm oid not shortest', { innerAlgorithm: sequence(element(6, hex('2a808601'))) }],
  ['trailing data', { trailing: hex('00') }],
  ['signature cut', { alterSignature: (signature) => signature.subarray(0, -1) }],
  ['signature empty', { alterSignature: () => Buffer.alloc(0) }],
  [
    'signature flipped',
    {
      alterSignature: (signature) => Buffer.from(signature.map((octet, i) => (i === 20 ? octet ^ 1 : octet))),
    },
  ],
  ['signature with trailing octet', { alterSignature: (signature) => Buffer.concat([signature, hex('00')]) }],
  ['unique ids', { uniqueIds: Buffer.concat([implicit(1, hex('0001')), implicit(2, hex('0002'))]) }],
  ['unique id broken', { uniqueIds: hex('81') }],
  ['no extensions', { extensions: null }],
  ['empty extensions', { extensions: [] }],
];

const timeFaults: readonly LeafFault[] = [
  ['expired', { notAfter: utcTime('260101000000Z') }],
  ['not yet valid', { notBefore: utcTime('270101000000Z') }],
  ['expired a second ago', { notAfter: utcTime('260601115959Z') }],
  ['ends now', { notAfter: utcTime('260601120000Z') }],
  ['begins now', { notBefore: utcTime('260601120000Z') }],
  ['begins after its end', { notBefore: utcTime('270101000000Z'), notAfter: utcTime('250101000000Z') }],
  ['utc without seconds', { notBefore: utcTime('2501010000Z') }],
  ['utc with offset', { notAfter: utcTime('260601133000+0100') }],
  ['expired with offset', { notAfter: utcTime('260601123000+0100') }],
  ['utc with offset 0', { notAfter: utcTime('270601133000+0000') }],
  ['utc with offset 2460', { notAfter: utcTime('270601133000+2460') }],
  ['utc with offset 2400', { notAfter: utcTime('270601133000-2400') }],
  ['utc in 1950', { notBefore: utcTime('500101000000Z') }],
  ['utc february 29', { notAfter: utcTime('280229000000Z') }],
  ['utc february 30', { notAfter: utcTime('280230000000Z') }],
  ['utc february 29 of no leap year', { notAfter: utcTime('270229000000Z') }],
  ['utc hour 24', { notAfter: utcTime('270201240000Z') }],
  ['utc second 60', { notAfter: utcTime('270201235960Z') }],
  ['utc month 0', { notAfter: utcTime('270001235959Z') }],
  ['utc lower z', { notAfter: utcTime('270101235959z') }],
  ['utc fraction', { notAfter: utcTime('270101235959.5Z') }],
  ['utc empty', { notAfter: utcTime('') }],
  ['utc with high octet', { notAfter: utcTime('2701012359\xb9Z') }],
  ['generalized', { notAfter: generalizedTime('20270101235959Z') }],
  ['generalized far', { notAfter: generalizedTime('99991231235959Z') }],
  ['generalized year 0', { notBefore: generalizedTime('00000101000000Z') }],
  ['generalized year 50', { notBefore: generalizedTime('00500101000000Z') }],
  ['generalized expired long ago', { notAfter: generalizedTime('00500101000000Z') }],
  ['generalized fraction', { notAfter: generalizedTime('20270101235959.5Z') }],
  ['generalized without seconds', { notAfter: generalizedTime('202701012359Z') }],
  ['generalized without zone', { notAfter: generalizedTime('20270101235959') }],
  ['time as printable', { notAfter: printable('20270101235959Z') }],
];

const nameFaults: readonly LeafFault[] = [
  ['subject empty', { subject: sequence() }],
  ['subject with empty set', { subject: sequence(set()) }],
  ['subject printable', subjectValue(printable('node 1'))],
  ['subject printable underscore', subjectValue(printable('node_1'))],
  ['subject printable at', subjectValue(printable('node@1'))],
  ['subject printable star and ampersand', subjectValue(printable('*&'))],
  ['subject utf8 broken', subjectValue(element(0x0c, hex('c328')))],
  ['subject utf8 surrogate', subjectValue(element(0x0c, hex('eda080')))],
  ['subject utf8 cyrillic', subjectValue(utf8('узел'))],
  ['subject t61', subjectValue(element(0x14, hex('e4')))],
  ['subject bmp', subjectValue(element(0x1e, hex('006e0031')))],
  ['subject bmp odd', subjectValue(element(0x1e, hex('006e00')))],
  ['subject bmp surrogate', subjectValue(element(0x1e, hex('d800')))],
  ['subject bmp noncharacter', subjectValue(element(0x1e, hex('fffe')))],
  ['subject ia5', subjectValue(text(0x16, 'node@1'))],
  ['subject ia5 high', subjectValue(element(0x16, hex('e4')))],
  ['subject numeric', subjectValue(text(0x12, '12 3'))],
  ['subject numeric letter', subjectValue(text(0x12, '12a'))],
  ['subject universal string', subjectValue(element(0x1c, hex('0000006e')))],
  ['subject as integer', subjectValue(integer(5))],
  ['subject as sequence', subjectValue(sequence())],
  ['subject value missing', { subject: sequence(set(sequence(oid('2.5.4.3')))) }],
  ['subject type broken', { subject: sequence(set(sequence(integer(1), utf8('a')))) }],
  ['subject not a set', { subject: sequence(sequence(oid('2.5.4.3'), utf8('a'))) }],
  ['subject set of integers', { subject: sequence(set(integer(1))) }],
  ['subject is a set', { subject: set() }],
  ['issuer printable', { issuer: nameOf(['2.5.4.3', printable('test-ca')]) }],
  ['issuer upper case', { issuer: nameOf('TEST-CA') }],
  ['issuer with space', { issuer: nameOf('test-ca ') }],
  ['issuer empty', { issuer: sequence() }],
  ['common name only', { subject: nameOf('node-1'), extensions: [] }],
  ['common name only, address', { subject: nameOf('10.0.0.11'), extensions: [] }],
  ['common name wildcard only', { subject: nameOf('*.nodes.example'), extensions: [] }],
  ['common name beside empty names', { subject: nameOf('node-1'), extensions: [altNames([])] }],
];

const ecPoint = leafKey.spki.subarray(-65);
const ecKey = (parameters: Buffer, point: Buffer) => ({
  spki: sequence(sequence(oid('1.2.840.10045.2.1'), parameters), bits(point)),
});
const p256 = oid('1.2.840.10045.3.1.7');
const rsaKey = (modulus: bigint, exponent: bigint | number, parameters = nothing) => ({
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

const keyFaults: readonly LeafFault[] = [
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

const extensionFaults: readonly LeafFault[] = [
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

export const leafFaults: readonly LeafFault[] = [
  ...formFaults,
  ...timeFaults,
  ...nameFaults,
  ...keyFaults,
  ...extensionFaults,
];

/** Each fault for an address that matches, a name that matches, and a host that does not. */
export function leafCases(): Case[] {
  return leafFaults.flatMap(([id, changes]) => {
    const leaf = mint(leafSpec(changes));
    return ['10.0.0.11', 'node-1', '10.0.0.12'].map((host) =>
      caseOf(`leaf: ${id}, ${host}`, [leaf], { host }),
    );
  });
}

/** Two faults in one leaf: the order of the checks shows. */
export function pairCases(): Case[] {
  const chosen = [
    'expired',
    'unknown critical',
    'usage client',
    'key dsa',
    'signature flipped',
    'subject printable at',
    'issuer printable',
    'key rsa 8193',
    'key rsa 768',
    'serial negative',
    'policy constraints',
  ];
  const faults = leafFaults.filter(([id]) => chosen.includes(id));
  return faults.flatMap(([id, changes], i) =>
    faults.slice(i + 1).flatMap(([otherId, otherChanges]) => {
      const extensions = [
        ...(changes.extensions ?? usual),
        ...(otherChanges.extensions ?? []).slice(changes.extensions === undefined ? 0 : usual.length),
      ];
      const leaf = mint(leafSpec({ ...changes, ...otherChanges, extensions: withoutRepeats(extensions) }));
      return ['10.0.0.11', 'other'].map((host) =>
        caseOf(`pair: ${id} and ${otherId}, ${host}`, [leaf], { host }),
      );
    }),
  );
}

function withoutRepeats(extensions: readonly Buffer[]): Buffer[] {
  return extensions.filter((one, i) => extensions.findIndex((other) => other.equals(one)) === i);
}

/** How the leaf was signed: by keys and under algorithms of every kind. */
export function signatureCases(): Case[] {
  const rsaRoot = testKey('rsa2048', 'root');
  const tried = [
    [rootKey, schemes.ecdsaSha1],
    [rootKey, schemes.ecdsaSha224],
    [rootKey, schemes.ecdsaSha384],
    [rootKey, schemes.ecdsaSha512],
    [testKey('p224', 'root'), schemes.ecdsaSha256],
    [testKey('p384', 'root'), schemes.ecdsaSha384],
    [testKey('p521', 'root'), schemes.ecdsaSha512],
    [testKey('ed25519', 'root'), schemes.ed25519],
    [testKey('ed448', 'root'), schemes.ed448],
    [testKey('rsa1024', 'root'), schemes.rsaSha256],
    [testKey('rsa768', 'root'), schemes.rsaSha256],
    [rsaRoot, schemes.rsaMd5],
    [rsaRoot, schemes.rsaSha1],
    [rsaRoot, schemes.rsaSha1Iso],
    [rsaRoot, schemes.rsaSha224],
    [rsaRoot, schemes.rsaSha256],
    [rsaRoot, schemes.rsaSha384],
    [rsaRoot, schemes.rsaSha512],
    [rsaRoot, schemes.rsaSha3],
    [rsaRoot, pss('sha256', 32)],
    [rsaRoot, pss('sha384', 48)],
    [rsaRoot, pss('sha512', 64)],
    [rsaRoot, pss('sha256', 20)],
    [rsaRoot, pss('sha256', 0)],
    [rsaRoot, pss('sha256', 32, { mask: 'sha384' })],
    [rsaRoot, pss('sha256', 32, { trailer: 1 })],
    [rsaRoot, pss('sha256', 32, { trailer: 2 })],
    [rsaRoot, pss('sha256', 32, { bare: true })],
    [rsaRoot, { ...schemes.ecdsaSha256, sign: schemes.rsaSha256.sign }],
    [rsaRoot, { ...schemes.ed25519, sign: schemes.rsaSha256.sign }],
    [rsaRoot, schemes.dsaSha256],
    [rootKey, schemes.dsaSha1],
    [rootKey, { ...schemes.rsaSha256, sign: schemes.ecdsaSha256.sign }],
    [testKey('ed25519', 'root'), { ...schemes.ecdsaSha256, sign: schemes.ed25519.sign }],
    [
      testKey('ed25519', 'root'),
      { algorithm: sequence(oid('1.3.101.112'), nothing), sign: schemes.ed25519.sign },
    ],
    [rsaRoot, { algorithm: sequence(oid('1.2.840.113549.1.1.11')), sign: schemes.rsaSha256.sign }],
    [rsaRoot, { algorithm: sequence(oid('1.2.840.113549.1.1.10')), sign: schemes.rsaSha256.sign }],
  ] as const;
  return tried.flatMap(([key, scheme], i) => {
    const subject = nameOf(`ca ${i}`);
    const extensions = [keyUsage(5), basicConstraints(true)];
    const usualKey =
      key.word.startsWith('rsa') || key.word.startsWith('ed') ? undefined : schemes.ecdsaSha256;
    const root = mint({
      issuer: subject,
      subject,
      spki: key.spki,
      signer: key,
      extensions,
      ...(usualKey && { scheme: usualKey }),
    });
    const leaf = mint(leafSpec({ issuer: subject, signer: key, scheme }));
    const forged = mint(
      leafSpec({
        issuer: subject,
        signer: key,
        scheme,
        alterSignature: (made) => Buffer.from(made.map((octet, at) => (at === 9 ? octet ^ 4 : octet))),
      }),
    );
    const roots = [root, goodRoot]
      .map((one) => one.toString('base64'))
      .map((one) => `-----BEGIN CERTIFICATE-----\n${one}\n-----END CERTIFICATE-----\n`)
      .join('');
    return [
      caseOf(`signature ${i}: ${key.word}`, [leaf], { roots }),
      caseOf(`signature ${i}, forged: ${key.word}`, [forged], { roots }),
    ];
  });
}

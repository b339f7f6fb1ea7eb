import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseCertificate } from '../wire/certificate';
import { DerReader, tags } from '../wire/der';
import { type CertificateRole, type CertificateTemplate, keyUsageBits } from './certificate-template';
import { encodeOid } from './encode-der';
import { encodeName } from './names';
import { mintWithPeculiar } from './peculiar-mint.test.fixtures';
import { writeCertificate } from './write-certificate';

const pairs = {
  'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  'P-521': generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  Ed25519: generateKeyPairSync('ed25519'),
};
type Kind = keyof typeof pairs;
const kinds = Object.keys(pairs) as Kind[];

const dnsName = fc.stringMatching(/^[a-z0-9.*-]{1,70}$/);
const role: fc.Arbitrary<CertificateRole> = fc.oneof(
  fc.record({
    kind: fc.constant('authority' as const),
    pathLength: fc.option(fc.integer({ min: 0, max: 127 })),
  }),
  fc.record({
    kind: fc.constant('leaf' as const),
    usages: fc.subarray(['serverAuth' as const, 'clientAuth' as const]),
  }),
  fc.record({
    kind: fc.constant('requested' as const),
    keyUsages: fc.subarray([...keyUsageBits]),
    extendedKeyUsages: fc.subarray([
      '1.3.6.1.5.5.7.3.1',
      '1.3.6.1.5.5.7.3.2',
      '1.3.6.1.4.1.311.20.2.2',
      '2.5.29.37.0',
    ]),
  }),
);

const template: fc.Arbitrary<CertificateTemplate> = fc.record({
  serialNumber: fc.uint8Array({ minLength: 15, maxLength: 15 }).map((rest) => Buffer.from([0x40, ...rest])),
  subject: fc.oneof(
    fc.constant(Buffer.from('3000', 'hex')),
    fc.string({ minLength: 1, maxLength: 300 }).map((commonName) => encodeName({ commonName })),
  ),
  issuer: fc.constant(encodeName({ commonName: 'LAB kubernetes', organizations: ['lab'] })),
  notBefore: fc.date({
    min: new Date('1950-01-01T00:00:00Z'),
    max: new Date('2050-01-02T00:00:00Z'),
    noInvalidDate: true,
  }),
  notAfter: fc.date({
    min: new Date('2049-12-31T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59Z'),
    noInvalidDate: true,
  }),
  publicKey: fc.constantFrom(...kinds).map((kind) => pairs[kind].publicKey),
  role,
  altNames: fc.record({
    dnsNames: fc.array(dnsName, { maxLength: 20 }),
    emailAddresses: fc.array(fc.constant('jane@example.test'), { maxLength: 2 }),
    ipAddresses: fc.array(fc.oneof(fc.ipV4(), fc.constantFrom('fd00::1', '::', '2001:db8::8:800:200c:417a'))),
    uris: fc.array(fc.constant('spiffe://lab/jane'), { maxLength: 2 }),
  }),
  authorityKeyIdentifier: fc.uint8Array({ minLength: 1, maxLength: 20 }).map((octets) => Buffer.from(octets)),
});

/** What is signed, the algorithm, and the signature. */
function partsOf(certificate: Buffer) {
  const reader = new DerReader(certificate).enter(tags.sequence);
  const statement = reader?.readWhole(tags.sequence)?.toString('hex');
  return {
    statement,
    algorithm: reader?.readWhole(tags.sequence)?.toString('hex'),
    signature: reader?.readBitString()?.bytes.toString('hex'),
  };
}

test.each(kinds)(
  'a certificate by %s is, octet for octet, the one that another library writes',
  async (kind) => {
    const { privateKey, publicKey } = pairs[kind];
    await fc.assert(
      fc.asyncProperty(template, async (asked) => {
        const der = writeCertificate(asked, privateKey);
        const ours = partsOf(der);
        const theirs = partsOf(await mintWithPeculiar(asked, privateKey));
        // ECDSA draws a number for every signature.
        const isSameAgain = kind === 'RSA' || kind === 'Ed25519';
        expect(isSameAgain ? ours : { ...ours, signature: null }).toEqual(
          isSameAgain ? theirs : { ...theirs, signature: null },
        );
        expect(new X509Certificate(der).verify(publicKey)).toBe(true);
      }),
      { numRuns: 40 },
    );
  },
);

test('what is written can be read as Go reads it', () => {
  const { privateKey, publicKey } = pairs['P-256'];
  const der = writeCertificate(
    {
      serialNumber: Buffer.from([0x40, ...randomBytes(15)]),
      subject: encodeName({ commonName: 'system:node:node-1', organizations: ['system:nodes'] }),
      issuer: encodeName({ commonName: 'LAB kubernetes' }),
      notBefore: new Date('2049-12-31T23:59:59.999Z'),
      notAfter: new Date('2050-01-01T00:00:00.500Z'),
      publicKey,
      role: { kind: 'leaf', usages: ['clientAuth'] },
      altNames: { dnsNames: ['node-1'], ipAddresses: ['10.0.0.11'] },
      authorityKeyIdentifier: Buffer.alloc(20, 1),
    },
    privateKey,
  );
  const certificate = parseCertificate(der);
  if (certificate.kind !== 'certificate') throw new Error(certificate.text);
  expect(certificate.notBefore.epochMs).toBe(Date.parse('2049-12-31T23:59:59Z'));
  expect(certificate.notAfter.epochMs).toBe(Date.parse('2050-01-01T00:00:00Z'));
  expect(certificate.extensions).toMatchObject({
    keyUsage: 1,
    extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'],
    basicConstraints: { isAuthority: false, pathLength: null },
    authorityKeyId: Buffer.alloc(20, 1),
  });
});

test('a key of a kind that Go does not verify signs nothing', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'secp256k1' });
  const [asked] = fc.sample(template, 1);
  if (asked === undefined) throw new Error('no sample');
  expect(() => writeCertificate({ ...asked, publicKey }, privateKey)).toThrow('nobody can verify');
});

test.each([
  ['1.2.840.113549.1.1.11', '06092a864886f70d01010b'],
  ['2.5.29.17', '0603551d11'],
  ['2.999.3', '0603883703'],
  ['0.39.0.127.128.16383.16384', '060a27007f8100ff7f818000'],
])('the object identifier %s is %s', (dotted, hex) => {
  expect(encodeOid(dotted).toString('hex')).toBe(hex);
});

test.each(['', '1', '1.40', '3.1', '1.2.x', '1.2.-1', '1.2.1.5e-1'])(
  '%j is no object identifier',
  (dotted) => {
    expect(() => encodeOid(dotted)).toThrow('not an object identifier');
  },
);

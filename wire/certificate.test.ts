import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  altNames,
  authorityKeyId,
  basicConstraints,
  boolean,
  type CertificateSpec,
  dns,
  element,
  email,
  explicit,
  extendedKeyUsage,
  extension,
  hex,
  implicit,
  integer,
  ip,
  ipRange,
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
  subjectKeyId,
  testKey,
  uri,
  utcTime,
  utf8,
} from '../test/certificate-builder';
import { type Certificate, parseCertificate } from './certificate';

const key = testKey('p256');
const spec: CertificateSpec = { issuer: nameOf('ca'), subject: nameOf('node'), spki: key.spki, signer: key };

function parsed(changes: Partial<CertificateSpec> = {}): Certificate {
  const outcome = parseCertificate(mint({ ...spec, ...changes }));
  if (outcome.kind !== 'certificate') throw new Error(outcome.text);
  return outcome;
}

const refusal = (changes: Partial<CertificateSpec>) => {
  const outcome = parseCertificate(mint({ ...spec, ...changes }));
  return outcome.kind === 'certificate' ? 'accepted' : outcome.text;
};

describe('a certificate that can be read', () => {
  test('gives up its fields', () => {
    const subject = nameOf(
      ['2.5.4.10', utf8('system:nodes')],
      ['2.5.4.3', utf8('first')],
      ['2.5.4.3', printable('last')],
    );
    const certificate = parsed({ subject, serial: integer(0xabcdefn), extensions: null });
    expect(certificate.version).toBe(3);
    expect(certificate.serialNumber).toBe(0xabcdefn);
    expect(certificate.subject.commonName).toBe('last');
    expect(certificate.subject.organizations).toEqual(['system:nodes']);
    expect(certificate.issuer.attributes).toEqual([{ type: '2.5.4.3', value: 'ca' }]);
    expect(certificate.rawSubject.equals(subject)).toBe(true);
    expect(new Date(certificate.notAfter.epochMs).toISOString()).toBe('2027-12-31T23:59:59.000Z');
    expect(certificate.signatureAlgorithm?.name).toBe('ECDSA-SHA256');
    expect(certificate.publicKey.kind).toBe('ECDSA');
    expect(certificate.rawPublicKey.equals(key.spki)).toBe(true);
  });

  test('gives up its extensions', () => {
    const { extensions } = parsed({
      extensions: [
        keyUsage(0, 5),
        basicConstraints(true, 3),
        extendedKeyUsage(serverAuth, '1.2.3'),
        altNames([dns('node-1'), ip('10.0.0.11'), email('a@b'), uri('spiffe://x/y'), implicit(8, 'other')]),
        nameConstraints([dns('.example'), ipRange('10.0.0.0', '255.0.0.0')], [email('x@y')]),
        subjectKeyId('0a'),
        authorityKeyId('0b'),
        policies('1.2.3'),
        policyConstraints(1, 2),
        extension('1.2.3.4', nothing, true),
      ],
    });
    expect(extensions.keyUsage).toBe(0b100001);
    expect(extensions.basicConstraints).toEqual({ isAuthority: true, pathLength: 3 });
    expect(extensions.extendedKeyUsage).toEqual([serverAuth, '1.2.3']);
    expect(extensions.subjectAltName?.names).toEqual([
      { kind: 'dns', value: 'node-1' },
      { kind: 'ip', octets: Buffer.from([10, 0, 0, 11]) },
      { kind: 'email', value: 'a@b' },
      { kind: 'uri', value: 'spiffe://x/y', uri: { kind: 'uri', host: 'x', text: 'spiffe://x/y' } },
    ]);
    expect(extensions.nameConstraints?.permitted.dns).toEqual(['.example']);
    expect(extensions.nameConstraints?.permitted.ip[0]?.mask).toEqual(Buffer.from([255, 0, 0, 0]));
    expect(extensions.nameConstraints?.excluded.email).toEqual(['x@y']);
    expect(extensions.subjectKeyId.toString('hex')).toBe('0a');
    expect(extensions.authorityKeyId.toString('hex')).toBe('0b');
    expect(extensions.policies).toEqual(['2a03']);
    expect(extensions.requireExplicitPolicy).toBe(1);
    expect(extensions.inhibitPolicyMapping).toBe(2);
    expect(extensions.unhandledCritical).toEqual(['1.2.3.4']);
  });

  test('has no extensions before version 3', () => {
    const certificate = parsed({
      version: explicit(0, integer(1)),
      extensions: [extension('1.2.3', nothing, true)],
    });
    expect(certificate.version).toBe(2);
    expect(certificate.extensions.unhandledCritical).toEqual([]);
  });

  test.each([
    ['ECDSA with SHA-512', schemes.ecdsaSha512, 'ECDSA-SHA512'],
    ['SHA-1', schemes.ecdsaSha1, 'ECDSA-SHA1'],
    ['SHA-224', schemes.ecdsaSha224, undefined],
    ['Ed25519', { ...schemes.ed25519, sign: schemes.ecdsaSha256.sign }, 'Ed25519'],
    ['PSS', { ...pss('sha384', 48), sign: schemes.ecdsaSha256.sign }, 'SHA384-RSAPSS'],
    ['PSS with a short salt', { ...pss('sha256', 20), sign: schemes.ecdsaSha256.sign }, undefined],
    [
      'PSS with another mask hash',
      { ...pss('sha256', 32, { mask: 'sha384' }), sign: schemes.ecdsaSha256.sign },
      undefined,
    ],
    [
      'PSS with another trailer',
      { ...pss('sha256', 32, { trailer: 2 }), sign: schemes.ecdsaSha256.sign },
      undefined,
    ],
  ])('signed by %s is named as Go names it', (_, scheme, name) => {
    expect(parsed({ scheme }).signatureAlgorithm?.name).toBe(name);
  });

  test.each(['p224', 'p256', 'p384', 'p521', 'ed25519', 'rsa1024'] as const)('may hold a key %s', (word) => {
    expect(parsed({ spki: testKey(word).spki }).publicKey.kind).toBe(
      word.startsWith('p') ? 'ECDSA' : word.startsWith('rsa') ? 'RSA' : 'Ed25519',
    );
  });

  test('may hold a key that Go does not know', () => {
    expect(parsed({ spki: testKey('ed448').spki }).publicKey).toEqual({ kind: 'other', oid: '1.3.101.113' });
  });
});

describe('a certificate that cannot be read', () => {
  test.each<[string, Partial<CertificateSpec>]>([
    ['x509: trailing data', { trailing: hex('00') }],
    ['x509: invalid version', { version: explicit(0, integer(3)) }],
    ['x509: malformed version', { version: explicit(0, boolean(true)) }],
    ['x509: malformed serial number', { serial: element(2, hex('0001')) }],
    ['x509: negative serial number', { serial: element(2, hex('80')) }],
    [
      "x509: inner and outer signature algorithm identifiers don't match",
      { outerAlgorithm: schemes.ecdsaSha384.algorithm },
    ],
    ['x509: malformed issuer', { issuer: octets() }],
    [
      'x509: invalid RDNSequence: invalid attribute value: invalid PrintableString',
      { subject: nameOf(['2.5.4.3', printable('host-ca@1')]) },
    ],
    [
      'x509: invalid RDNSequence: invalid attribute value: invalid UTF-8 string',
      { subject: nameOf(['2.5.4.3', element(0x0c, hex('ff'))]) },
    ],
    [
      'x509: invalid RDNSequence: invalid attribute value: unsupported string type: 2',
      { subject: nameOf(['2.5.4.3', integer(1)]) },
    ],
    ['x509: malformed UTCTime', { notAfter: utcTime('270101000000+0000') }],
    ['x509: unsupported time format', { notAfter: printable('x') }],
    ['x509: malformed spki', { spki: octets() }],
    [
      'x509: unsupported elliptic curve',
      { spki: sequence(sequence(oid('1.2.840.10045.2.1'), oid('1.3.132.0.10')), element(3, hex('0004'))) },
    ],
    [
      'x509: failed to unmarshal elliptic curve point',
      { spki: Buffer.concat([key.spki.subarray(0, -1), hex('00')]) },
    ],
    [
      'x509: RSA key missing NULL parameters',
      { spki: sequence(sequence(oid('1.2.840.113549.1.1.1')), element(3, hex('00'))) },
    ],
    [
      'x509: certificate contains duplicate extension with OID "2.5.29.17"',
      { extensions: [altNames([]), altNames([])] },
    ],
    ['x509: invalid basic constraints', { extensions: [extension('2.5.29.19', sequence(boolean(1)))] }],
    ['x509: SAN dNSName is malformed', { extensions: [altNames([implicit(2, hex('e4'))])] }],
    ['x509: cannot parse IP address of length 3', { extensions: [altNames([implicit(7, hex('0a0000'))])] }],
    [
      'x509: cannot parse URI "http://h:x/": parse "http://h:x/": invalid port ":x" after host',
      { extensions: [altNames([uri('http://h:x/')])] },
    ],
    ['x509: cannot parse URI "http://h./": invalid domain', { extensions: [altNames([uri('http://h./')])] }],
    ['x509: empty name constraints extension', { extensions: [nameConstraints(null)] }],
    ['x509: failed to parse dnsName constraint "a..b"', { extensions: [nameConstraints([dns('a..b')])] }],
    [
      'x509: IP constraint contained invalid mask ff00ff00',
      { extensions: [nameConstraints([ipRange('10.0.0.0', '255.0.255.0')])] },
    ],
    [
      'x509: invalid constraint value: x509: "ä\\xff" cannot be encoded as an IA5String',
      { extensions: [nameConstraints([implicit(2, hex('c3a4ff'))])] },
    ],
    [
      'x509: subject key identifier incorrectly marked critical',
      { extensions: [extension('2.5.29.14', octets(), true)] },
    ],
    ['x509: invalid certificate policies', { extensions: [policies('1.2.3', '1.2.3')] }],
  ])('%s', (text, changes) => {
    expect(refusal(changes)).toBe(text);
  });

  test.each([
    ['nothing', '', 'x509: malformed certificate'],
    ['an empty sequence', '3000', 'x509: malformed tbs certificate'],
    ['text', Buffer.from('rubbish').toString('hex'), 'x509: malformed certificate'],
  ])('%s', (_, digits, text) => {
    expect(parseCertificate(hex(digits))).toEqual({ kind: 'unreadable-certificate', text, remedy: null });
  });

  test('tells what the issuer should do about the usual mistakes', () => {
    const remedy = (changes: Partial<CertificateSpec>) => {
      const outcome = parseCertificate(mint({ ...spec, ...changes }));
      return outcome.kind === 'certificate' ? null : outcome.remedy;
    };
    expect(remedy({ serial: element(2, hex('80')) })).toBe('positive-serial');
    expect(remedy({ issuer: nameOf(['2.5.4.3', printable('_')]) })).toBe('utf8-names');
    expect(remedy({ extensions: [altNames([]), altNames([])] })).toBe('unique-extensions');
  });
});

describe('any octets', () => {
  test('come out as a value', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(parseCertificate(Buffer.from(bytes)).kind).toBe('unreadable-certificate');
      }),
    );
  });

  test('in place of some of a certificate come out as a value', () => {
    const der = mint({
      ...spec,
      extensions: [altNames([dns('node-1'), uri('https://x/')]), nameConstraints([dns('a')])],
    });
    const change = fc.tuple(fc.nat(der.length - 1), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        const changed = Buffer.from(der);
        for (const [at, octet] of changes) changed[at] = octet;
        expect(['certificate', 'unreadable-certificate']).toContain(parseCertificate(changed).kind);
      }),
      { numRuns: 2000 },
    );
  });
});

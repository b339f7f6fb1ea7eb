import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  altNames,
  authorityKeyId,
  basicConstraints,
  bits,
  type CertificateSpec,
  clientAuth,
  dns,
  element,
  extendedKeyUsage,
  extension,
  hex,
  integer,
  ip,
  keyUsage,
  mint,
  nameConstraints,
  nameOf,
  nothing,
  oid,
  pem,
  policyConstraints,
  printable,
  schemes,
  sequence,
  serverAuth,
  subjectKeyId,
  testKey,
  utcTime,
} from '../test/certificate-builder';
import {
  type Bundle,
  judgeClient,
  judgeServer,
  judgeServingCertificate,
  judgeUnverified,
  parseBundle,
  verifyServingCertificate,
} from './verify';

const present = '2026-06-01T12:00:00Z';
const rootKey = testKey('p256', 'root');
const middleKey = testKey('p256', 'middle');
const leafKey = testKey('p256', 'leaf');
const rogueKey = testKey('p256', 'rogue');
const names = altNames([dns('node-1'), dns('*.nodes.example'), ip('10.0.0.11')]);

const root = (changes: Partial<CertificateSpec> = {}) =>
  mint({
    issuer: nameOf('test-ca'),
    subject: nameOf('test-ca'),
    spki: rootKey.spki,
    signer: rootKey,
    extensions: [basicConstraints(true), keyUsage(5)],
    ...changes,
  });
const middle = (changes: Partial<CertificateSpec> = {}) =>
  root({ subject: nameOf('middle'), spki: middleKey.spki, ...changes });
const leaf = (changes: Partial<CertificateSpec> = {}) =>
  mint({
    issuer: nameOf('test-ca'),
    subject: nameOf('system:node:node-1'),
    spki: leafKey.spki,
    signer: rootKey,
    extensions: [names, extendedKeyUsage(serverAuth)],
    ...changes,
  });
const deepLeaf = (changes: Partial<CertificateSpec> = {}) =>
  leaf({ issuer: nameOf('middle'), signer: middleKey, ...changes });

interface Question {
  readonly chain: readonly Buffer[];
  readonly roots?: readonly Buffer[];
  readonly host?: string;
  readonly now?: Date | string | number;
}

const goodRoot = root();

function ask({ chain, roots = [goodRoot], host = '10.0.0.11', now = present }: Question): string | null {
  const request = {
    chainPems: chain.map((der) => pem(der)),
    caPems: roots.map((der) => pem(der)),
    host,
    now,
  };
  return verifyServingCertificate(request).error;
}

const failed = (text: string) => `tls: failed to verify certificate: x509: ${text}`;

describe('a serving certificate is believed', () => {
  test.each<[string, Question]>([
    ['from the root', { chain: [leaf()] }],
    ['for its name', { chain: [leaf()], host: 'NODE-1.' }],
    ['by its wildcard', { chain: [leaf()], host: 'x.nodes.example' }],
    ['for its address in brackets, IPv4-mapped', { chain: [leaf()], host: '[::ffff:10.0.0.11]' }],
    ['through an intermediate that is sent', { chain: [deepLeaf(), middle()] }],
    ['whatever else is sent, in whatever order', { chain: [deepLeaf(), goodRoot, middle(), middle()] }],
    ['through an intermediate that is an anchor', { chain: [deepLeaf()], roots: [middle()] }],
    [
      'beside a rogue of the same name in the bundle',
      { chain: [leaf()], roots: [root({ spki: rogueKey.spki, signer: rogueKey }), goodRoot] },
    ],
    ['until the last moment', { chain: [leaf({ notAfter: utcTime('260601120000Z') })] }],
    ['without extended key usage', { chain: [leaf({ extensions: [names] })] }],
    ['whatever its key usage says', { chain: [leaf({ extensions: [names, keyUsage(3)] })] }],
    ['from a root signed with SHA-1', { chain: [leaf()], roots: [root({ scheme: schemes.ecdsaSha1 })] }],
    ['from a root of version 1', { chain: [leaf()], roots: [root({ version: null, extensions: null })] }],
  ])('%s', (id, question) => {
    const certain =
      id === 'when it is in the bundle itself' ? { ...question, roots: [...question.chain] } : question;
    expect(ask(certain)).toBeNull();
  });
});

const dsaKey = sequence(
  sequence(oid('1.2.840.10040.4.1'), sequence(integer(23), integer(11), integer(4))),
  bits(integer(5)),
);

describe('a serving certificate is refused in the words of Go', () => {
  test.each<[string, Question]>([
    [
      failed(
        'certificate has expired or is not yet valid: current time 2026-06-01T12:00:00Z is after 2026-06-01T11:59:59Z',
      ),
      { chain: [leaf({ notAfter: utcTime('260601115959Z') })] },
    ],
    [
      failed(
        'certificate has expired or is not yet valid: current time 2026-06-01T12:00:00Z is before 2026-06-01T13:00:01+01:00',
      ),
      { chain: [leaf({ notBefore: utcTime('260601130001+0100') })] },
    ],
    [
      failed('unhandled critical extension'),
      { chain: [leaf({ extensions: [names, extension('1.2.3', nothing, true)] })] },
    ],
    [failed('certificate is valid for 10.0.0.11, not 10.0.0.12'), { chain: [leaf()], host: '10.0.0.12' }],
    [
      failed("cannot validate certificate for 10.0.0.11 because it doesn't contain any IP SANs"),
      { chain: [leaf({ extensions: [altNames([dns('node-1')])] })] },
    ],
    [
      failed('certificate is valid for node-1, *.nodes.example, not node-2'),
      { chain: [leaf()], host: 'node-2' },
    ],
    [
      failed('certificate is not valid for any names, but wanted to match node-1'),
      { chain: [leaf({ extensions: [altNames([ip('10.0.0.11')])] })], host: 'node-1' },
    ],
    [
      failed('certificate relies on legacy Common Name field, use SANs instead'),
      { chain: [leaf({ subject: nameOf('node-1'), extensions: [] })], host: 'node-1' },
    ],
    [failed('certificate signed by unknown authority'), { chain: [deepLeaf()] }],
    [
      failed(
        'certificate signed by unknown authority (possibly because of "x509: ECDSA verification failure" while trying to verify candidate authority certificate "test-ca")',
      ),
      { chain: [leaf({ signer: rogueKey })] },
    ],
    [
      failed(
        'certificate signed by unknown authority (possibly because of "x509: cannot verify signature: insecure algorithm ECDSA-SHA1" while trying to verify candidate authority certificate "test-ca")',
      ),
      { chain: [leaf({ scheme: schemes.ecdsaSha1 })] },
    ],
    [
      failed(
        'certificate signed by unknown authority (possibly because of "x509: cannot verify signature: algorithm unimplemented" while trying to verify candidate authority certificate "test-ca")',
      ),
      { chain: [leaf({ scheme: schemes.ecdsaSha224 })] },
    ],
    [
      failed(
        'certificate signed by unknown authority (possibly because of "x509: invalid signature: parent certificate cannot sign this kind of certificate" while trying to verify candidate authority certificate "test-ca")',
      ),
      { chain: [leaf()], roots: [root({ extensions: [basicConstraints(true), keyUsage(0)] })] },
    ],
    [
      failed('certificate signed by unknown authority'),
      { chain: [leaf({ issuer: nameOf(['2.5.4.3', printable('test-ca')]) })] },
    ],
    [
      failed('certificate is not authorized to sign other certificates'),
      { chain: [deepLeaf(), middle({ version: null, extensions: null })] },
    ],
    [
      failed('too many intermediates for path length constraint'),
      { chain: [deepLeaf(), middle()], roots: [root({ extensions: [basicConstraints(true, 0)] })] },
    ],
    [
      failed(
        'a root or intermediate certificate is not authorized to sign for this name: DNS name "node-1" is not permitted by any constraint',
      ),
      {
        chain: [leaf()],
        roots: [root({ extensions: [basicConstraints(true), nameConstraints([dns('example')])] })],
      },
    ],
    [
      failed('no valid chains built: all candidate chains have invalid policies'),
      { chain: [leaf({ extensions: [names, policyConstraints(0)] })] },
    ],
    [
      failed('certificate specifies an incompatible key usage'),
      { chain: [leaf({ extensions: [names, extendedKeyUsage(clientAuth)] })] },
    ],
    [
      failed('certificate specifies an incompatible key usage'),
      {
        chain: [leaf()],
        roots: [root({ extensions: [basicConstraints(true), extendedKeyUsage(clientAuth)] })],
      },
    ],
    [
      "tls: server's certificate contains an unsupported type of public key: *dsa.PublicKey",
      { chain: [leaf({ spki: dsaKey })] },
    ],
    [
      "tls: server's certificate contains an unsupported type of public key: <nil>",
      { chain: [leaf({ spki: testKey('ed448').spki })] },
    ],
    [
      'tls: invalid signature by the server certificate: crypto/rsa: 768-bit keys are insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)',
      { chain: [leaf({ spki: testKey('rsa768').spki })] },
    ],
    [
      'tls: failed to parse certificate from server: x509: negative serial number',
      { chain: [leaf(), middle({ serial: element(2, hex('80')) })] },
    ],
    ['tls: received empty certificates message', { chain: [] }],
    [
      'tls: either ServerName or InsecureSkipVerify must be specified in the tls.Config',
      { chain: [leaf()], host: '' },
    ],
  ])('%s', (error, question) => {
    expect(ask(question)).toBe(error);
  });
});

describe('of two anchors with the same name the likelier is tried first, which the hint shows', () => {
  const rogue = (id: string) =>
    root({ spki: rogueKey.spki, signer: rogueKey, extensions: [basicConstraints(true), subjectKeyId(id)] });
  const noAuthority = (id: string) => root({ extensions: [basicConstraints(false), subjectKeyId(id)] });
  test.each([
    ['aa', /parent certificate cannot sign/],
    ['bb', /ECDSA verification failure/],
    ['cc', /ECDSA verification failure/],
  ])('key identifier %s', (wanted, hint) => {
    const chain = [leaf({ extensions: [names, authorityKeyId(wanted)] })];
    expect(ask({ chain, roots: [rogue('bb'), noAuthority('aa')] })).toMatch(hint);
  });
});

describe('of several faults the first in Go order is told', () => {
  const everything: Partial<CertificateSpec> = {
    serial: element(2, hex('80')),
    notAfter: utcTime('260101000000Z'),
    signer: rogueKey,
    extensions: [altNames([dns('other')]), extendedKeyUsage(clientAuth), policyConstraints(0)],
  };
  const { serial: _, ...readable } = everything;
  const { notAfter: __, ...current } = readable;
  const hosted = { ...current, extensions: [names, extendedKeyUsage(clientAuth), policyConstraints(0)] };
  const { signer: ___, ...trusted } = hosted;
  test.each([
    ['reading beats time', everything, /negative serial/],
    ['time beats host', readable, /expired/],
    ['host beats chain', current, /doesn't contain any IP SANs/],
    ['chain beats policies and usage', hosted, /unknown authority/],
    ['policies beat usage', trusted, /invalid policies/],
  ])('%s', (_id, changes, pattern) => {
    expect(ask({ chain: [leaf(changes)] })).toMatch(pattern);
  });
});

describe('the moment', () => {
  const chain = [leaf({ notAfter: utcTime('260601120000Z') })];
  test.each([
    ['a Date', new Date(present), true],
    ['milliseconds', Date.parse(present), true],
    ['a millisecond later', Date.parse(present) + 1, false],
    ['a text', present, true],
    ['a text with an offset', '2026-06-01T14:00:00+02:00', true],
    ['a text a nanosecond later', '2026-06-01T12:00:00.000000001Z', false],
    ['a text with zeros', '2026-06-01T12:00:00.000000000Z', true],
  ])('may be %s', (_, now, ok) => {
    expect(ask({ chain, now }) === null).toBe(ok);
  });

  test('is the present when none is given', () => {
    const request = { chainPems: pem(chain[0] ?? nothing), caPems: pem(goodRoot), host: 'node-1' };
    expect(verifyServingCertificate(request).ok).toBe(Date.now() <= Date.parse(present));
  });

  test.each(['soon', Number.NaN, 1e20, new Date(Number.NaN)])('may not be %s', (now) => {
    expect(() => ask({ chain, now })).toThrow(expect.objectContaining({ code: 'USAGE' }));
  });
});

describe('PEM', () => {
  const good = { chainPems: pem(leaf()), caPems: pem(goodRoot), host: '10.0.0.11', now: present };

  test('may be one text or several', () => {
    const chain = [deepLeaf(), middle()].map((der) => pem(der));
    expect(verifyServingCertificate({ ...good, chainPems: chain.join('some text\n') }).ok).toBe(true);
    expect(
      verifyServingCertificate({ ...good, chainPems: chain, caPems: [pem(leaf()), pem(goodRoot)] }).ok,
    ).toBe(true);
  });

  const noChain = 'tls: received empty certificates message';
  const noBundle = 'unable to load root certificates: unable to parse bytes as PEM block';
  test.each([
    ['a chain of rubbish', { ...good, chainPems: 'rubbish' }, noChain],
    ['an empty chain', { ...good, chainPems: '' }, noChain],
    ['a chain of no texts', { ...good, chainPems: [] }, noChain],
    ['a bundle in base64 alone', { ...good, caPems: leaf().toString('base64') }, noBundle],
    ['an empty bundle', { ...good, caPems: '' }, noBundle],
    ['a bundle of an empty text', { ...good, caPems: [''] }, noBundle],
    ['a bundle of no texts', { ...good, caPems: [] }, noBundle],
    ['neither', { ...good, chainPems: '', caPems: '' }, noBundle],
  ])('that is none is a verdict too: %s', (_, request, error) => {
    expect(verifyServingCertificate(request)).toEqual({ ok: false, error });
  });

  test('is looked for in every text, and what is beside it is passed over', () => {
    const request = { ...good, chainPems: [pem(leaf()), 'rubbish'], caPems: ['', pem(goodRoot)] };
    expect(verifyServingCertificate(request).ok).toBe(true);
  });

  test.each([
    [
      'a chain of other blocks',
      { ...good, chainPems: pem(nothing, 'PRIVATE KEY') },
      'tls: received empty certificates message',
    ],
    [
      'a bundle of other blocks',
      { ...good, caPems: pem(goodRoot, 'TRUSTED CERTIFICATE') },
      'unable to load root certificates: no valid certificate authority data seen',
    ],
    [
      'a bundle with headers',
      { ...good, caPems: pem(goodRoot, 'CERTIFICATE', 'a: b') },
      'unable to load root certificates: no valid certificate authority data seen',
    ],
    [
      'a bundle that cannot be read',
      { ...good, caPems: pem(nothing) },
      'unable to load root certificates: failed to parse certificate: x509: malformed certificate',
    ],
  ])('is judged: %s', (_, request, error) => {
    expect(verifyServingCertificate(request)).toEqual({ ok: false, error });
  });
});

function bundleOf(...certificates: readonly Buffer[]): Bundle {
  const bundle = parseBundle(certificates.map((der) => pem(der)).join(''));
  if (bundle.kind !== 'bundle') throw new Error(bundle.text);
  return bundle;
}

describe('parseBundle', () => {
  test('skips what it cannot read beside what it can', () => {
    expect(bundleOf(nothing, goodRoot, goodRoot).certificates).toHaveLength(1);
  });

  test('reads the same text once', () => {
    expect(bundleOf(goodRoot)).toBe(bundleOf(goodRoot));
  });

  test('says what client-go says about a file that is none', () => {
    expect(parseBundle('rubbish')).toEqual({
      kind: 'bundle-invalid',
      text: 'unable to load root certificates: unable to parse bytes as PEM block',
    });
  });
});

describe('without verification', () => {
  test.each<[string | null, readonly Buffer[]]>([
    [null, [leaf({ signer: rogueKey, notAfter: utcTime('200101000000Z') })]],
    ['tls: failed to parse certificate from server: x509: malformed certificate', [leaf(), nothing]],
    [
      "tls: server's certificate contains an unsupported type of public key: <nil>",
      [leaf({ spki: testKey('ed448').spki })],
    ],
    ['tls: received empty certificates message', []],
  ])('Go says %s', (error, chain) => {
    const judgement = judgeUnverified(chain);
    expect(judgement.ok ? null : judgement.error).toBe(error);
  });

  test('an RSA key beyond 8192 bits is still refused', () => {
    const modulus = integer((1n << 8192n) + 1n);
    const spki = sequence(
      sequence(oid('1.2.840.113549.1.1.1'), nothing),
      bits(sequence(modulus, integer(3))),
    );
    expect(judgeUnverified([leaf(), leaf({ spki })])).toMatchObject({
      error: 'tls: server sent certificate containing RSA key larger than 8192 bits',
      fault: { kind: 'rsa-too-large', position: 1 },
    });
  });
});

describe('a client certificate', () => {
  const client = (changes: Partial<CertificateSpec> = {}) =>
    leaf({ extensions: [extendedKeyUsage(clientAuth)], ...changes });
  test.each<[string | null, readonly Buffer[]]>([
    [null, [client()]],
    [null, [client({ extensions: null })]],
    [null, [client({ issuer: nameOf('middle'), signer: middleKey }), middle()]],
    ['x509: certificate specifies an incompatible key usage', [leaf()]],
    ['x509: certificate signed by unknown authority', [client({ issuer: nameOf('x') })]],
    ['tls: failed to parse client certificate: x509: malformed certificate', [nothing]],
    [
      'tls: client certificate contains an unsupported public key of type <nil>',
      [client({ spki: testKey('ed448').spki })],
    ],
    ["tls: client didn't provide a certificate", []],
  ])('is answered %s', (error, chain) => {
    const judgement = judgeClient({ chain, bundle: bundleOf(goodRoot), now: new Date(present) });
    expect(judgement.ok ? null : judgement.error).toBe(error);
  });
});

describe('hostile input', () => {
  const bundle = bundleOf(goodRoot);
  const good = leaf();
  const judge = (chain: readonly Buffer[]) =>
    judgeServer({ chain, bundle, host: '10.0.0.11', now: new Date(present) });

  test('is never believed when a single octet of a good certificate is another one', () => {
    expect(judge([good])).toEqual({ ok: true });
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (at, difference) => {
        const changed = Buffer.from(good);
        changed[at] = (changed[at] ?? 0) ^ difference;
        expect(judge([changed]).ok).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  test('is judged without an exception, as chain and as bundle', () => {
    const octets = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes));
    const certificate = fc.oneof(octets, fc.constantFrom(good, deepLeaf(), middle(), goodRoot));
    fc.assert(
      fc.property(
        fc.array(certificate, { maxLength: 4 }),
        fc.array(certificate, { minLength: 1 }),
        fc.string(),
        (chain, roots, host) => {
          const request = {
            chainPems: chain.map((der) => pem(der)),
            caPems: roots.map((der) => pem(der)),
            host,
            now: present,
          };
          const judgement = judgeServingCertificate(request);
          expect(judgement.ok || judgement.error.length > 0).toBe(true);
        },
      ),
    );
  });

  test('cannot make it check more than 100 signatures', () => {
    const alike = Array.from({ length: 300 }, (_, i) =>
      middle({ serial: integer(i + 1), spki: rogueKey.spki }),
    );
    expect(judge([deepLeaf(), ...alike, middle()])).toMatchObject({
      ok: false,
      error: failed('signature check attempts limit reached while verifying certificate chain'),
      fault: { kind: 'too-many-attempts' },
    });
  });
});

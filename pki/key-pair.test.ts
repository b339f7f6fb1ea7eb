import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type ErrorCode, MidplaneError } from '../error';
import type { KeyPair } from '../wire/pem';
import { type Authority, createAuthority } from './authority';
import { checkBundle, checkKeyPair } from './key-pair';

const now = new Date('2026-06-01T12:00:00Z');
const dates = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2027-01-01T00:00:00Z') };

let authority: Authority;
let pair: KeyPair;
let otherPair: KeyPair;

beforeAll(async () => {
  authority = await createAuthority({ commonName: 'LAB kubernetes' });
  const request = { commonName: 'node-1', dnsNames: ['node-1'], usages: ['serverAuth'], ...dates } as const;
  pair = await authority.issue(request);
  otherPair = await authority.issue(request);
});

interface Refusal {
  code: ErrorCode;
  message: string;
  hint: string | undefined;
}

function refusal(check: () => void): Refusal | null {
  try {
    check();
    return null;
  } catch (error) {
    if (!(error instanceof MidplaneError)) throw error;
    return { code: error.code, message: error.message, hint: error.hint };
  }
}

function refusalOf(files: Partial<KeyPair & { now: Date }>): Refusal | null {
  return refusal(() => checkKeyPair({ ...pair, certFile: 'c.crt', keyFile: 'k.key', now, ...files }));
}

const derOf = (pem: string) => new X509Certificate(pem).raw;
const labelled = (pem: string, label: string) => pem.replaceAll('CERTIFICATE-----', `${label}-----`);
const keyAs = (type: 'sec1' | 'pkcs8', passphrase?: string) =>
  createPrivateKey(pair.keyPem).export({
    type,
    format: 'pem',
    ...(passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }),
  }) as string;

describe('a usable pair', () => {
  test.each<[string, () => Partial<KeyPair & { now: Date }>]>([
    ['as issued', () => ({})],
    ['with its authority behind the leaf', () => ({ certPem: pair.certPem + authority.certPem })],
    ['with a SEC 1 key', () => ({ keyPem: keyAs('sec1') })],
    [
      'with parameters in front of the key',
      () => ({
        keyPem: `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${keyAs('sec1')}`,
      }),
    ],
    [
      'both in one file, key first',
      () => ({ certPem: pair.keyPem + pair.certPem, keyPem: pair.keyPem + pair.certPem }),
    ],
    [
      'with line ends of Windows and text around',
      () => ({ certPem: `subject=x\r\n${pair.certPem.replaceAll('\n', '\r\n')}` }),
    ],
    ['in its first second', () => ({ now: dates.notBefore })],
    ['in its last second', () => ({ now: dates.notAfter })],
  ])('%s passes', (_what, files) => {
    expect(refusalOf(files())).toBeNull();
  });

  test('of RSA passes, in PKCS #1 too', async () => {
    const rsa = await authority.issue({
      commonName: 'node-1',
      usages: ['serverAuth'],
      ...dates,
      algorithm: 'rsa-2048',
    });
    expect(refusalOf(rsa)).toBeNull();
    const pkcs1 = createPrivateKey(rsa.keyPem).export({ type: 'pkcs1', format: 'pem' }) as string;
    expect(refusalOf({ ...rsa, keyPem: pkcs1 })).toBeNull();
  });
});

describe('a certificate file', () => {
  test.each<[string, () => string, string, RegExp]>([
    ['empty', () => ' \n', 'it is empty', /BEGIN CERTIFICATE/],
    [
      'DER read as UTF-8',
      () => derOf(pair.certPem).toString('utf8'),
      'it is binary and looks like DER',
      /openssl x509 -inform der -in "c\.crt" -out "c\.crt\.pem"/,
    ],
    [
      'DER read as Latin-1',
      () => derOf(pair.certPem).toString('latin1'),
      'it is binary and looks like DER',
      /-inform der/,
    ],
    ['another binary', () => '\u007fELF\0', 'it is binary', /-inform der/],
    [
      'DER in base64',
      () => derOf(pair.certPem).toString('base64'),
      'it holds base64 without BEGIN and END lines',
      /base64 -d "c\.crt" \| openssl x509 -inform der/,
    ],
    [
      'PEM in base64',
      () => Buffer.from(pair.certPem).toString('base64'),
      'it holds PEM that was encoded in base64 once more',
      /base64 -d "c\.crt" > "c\.crt\.pem"/,
    ],
    [
      'a kubeconfig',
      () => 'apiVersion: v1\nkind: Config\n',
      'it looks like a kubeconfig',
      /certificate-authority-data/,
    ],
    ['a private key', () => otherPair.keyPem, 'it holds a private key', /BEGIN CERTIFICATE/],
    [
      'a request',
      () => labelled(pair.certPem, 'CERTIFICATE REQUEST'),
      'it holds a certificate signing request',
      /signed/,
    ],
    [
      "OpenSSL's own label",
      () => labelled(pair.certPem, 'TRUSTED CERTIFICATE'),
      'it holds a certificate under a label that only OpenSSL knows: "TRUSTED CERTIFICATE"',
      /openssl x509 -in "c\.crt"/,
    ],
    [
      'a CRL',
      () => labelled(pair.certPem, 'X509 CRL'),
      'it holds a PEM block labelled "X509 CRL"',
      /BEGIN CERTIFICATE/,
    ],
    [
      'cut off',
      () => pair.certPem.slice(0, 300),
      'it holds a PEM block that is cut off or not base64',
      /copy the file again/,
    ],
    [
      'some text',
      () => 'hello "world"\u001b[31m, this is long',
      'it begins with "hello \\"world\\"\\u001b[31m, this"',
      /BEGIN CERTIFICATE/,
    ],
  ])('that is %s is refused by name', (_what, certPem, message, hint) => {
    const refused = refusalOf({ certPem: certPem() });
    expect(refused).toMatchObject({ code: 'PEM_INVALID', message: `no certificate in "c.crt": ${message}` });
    expect(refused?.hint).toMatch(hint);
  });

  test('in which a certificate is damaged is refused with its position', () => {
    const broken = '-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n';
    const refused = refusalOf({ certPem: pair.certPem + broken });
    expect(refused?.code).toBe('PEM_INVALID');
    expect(refused?.message).toMatch(/^certificate 2 in "c\.crt" cannot be read: /);
  });

  test('that was swapped with the key file is told so', () => {
    const refused = refusalOf({ certPem: pair.keyPem, keyPem: pair.certPem });
    expect(refused).toEqual({
      code: 'PEM_INVALID',
      message: 'no certificate in "c.crt": it holds a private key',
      hint: 'the two files have been swapped: name the certificate first',
    });
  });
});

describe('a key file', () => {
  test.each<[string, () => string, string]>([
    ['a certificate', () => pair.certPem, 'it holds a certificate'],
    [
      'a public key',
      () => createPublicKey(pair.keyPem).export({ type: 'spki', format: 'pem' }) as string,
      'it holds a public key',
    ],
    [
      'parameters alone',
      () => '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n',
      'it holds a PEM block labelled "EC PARAMETERS"',
    ],
    ['empty', () => '', 'it is empty'],
  ])('that is %s is refused by name', (_what, keyPem, message) => {
    expect(refusalOf({ keyPem: keyPem() })).toEqual({
      code: 'PEM_INVALID',
      message: `no private key in "k.key": ${message}`,
      hint: 'name a file with a block that begins with -----BEGIN PRIVATE KEY-----',
    });
  });

  test.each<[string, () => string]>([
    ['PKCS #8', () => keyAs('pkcs8', 'secret')],
    ["OpenSSL's older form", () => keyAs('sec1', 'secret')],
  ])('that is encrypted in %s is refused', (_what, keyPem) => {
    expect(refusalOf({ keyPem: keyPem() })).toEqual({
      code: 'PEM_INVALID',
      message: 'the private key in "k.key" is encrypted',
      hint: 'Kubernetes reads plain keys only; decrypt it: openssl pkey -in "k.key" -out "k.key.plain"',
    });
  });

  test('that is damaged is refused', () => {
    const refused = refusalOf({
      keyPem: '-----BEGIN PRIVATE KEY-----\nMAMCAQE=\n-----END PRIVATE KEY-----\n',
    });
    expect(refused?.code).toBe('PEM_INVALID');
    expect(refused?.message).toMatch(/^private key in "k\.key" cannot be read: /);
  });

  test('of another certificate is refused', () => {
    expect(refusalOf({ keyPem: otherPair.keyPem })).toEqual({
      code: 'CERTIFICATE_UNUSABLE',
      message: 'the key in "k.key" does not match the certificate in "c.crt"',
      hint: 'name the key that "CN=node-1" was issued for',
    });
  });

  test('that matches a certificate further down is told the order', () => {
    expect(refusalOf({ certPem: authority.certPem + pair.certPem })?.hint).toBe(
      'it matches certificate 2 of that file: the certificate that the key belongs to comes first',
    );
  });
});

describe('the dates of a certificate', () => {
  test('that are over are quoted', () => {
    expect(refusalOf({ now: new Date('2027-01-01T00:00:00.001Z') })).toEqual({
      code: 'CERTIFICATE_UNUSABLE',
      message: 'certificate in "c.crt" expired at 2027-01-01T00:00:00Z',
      hint: 'it is 2027-01-01T00:00:00Z here; issue a new certificate',
    });
  });

  test('that are to come are quoted', () => {
    expect(refusalOf({ now: new Date('2025-12-31T23:59:59Z') })).toEqual({
      code: 'CERTIFICATE_UNUSABLE',
      message: 'certificate in "c.crt" is not valid before 2026-01-01T00:00:00Z',
      hint: 'it is 2025-12-31T23:59:59Z here; wait, or set the clock right',
    });
  });
});

describe('a bundle', () => {
  const broken = '-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n';
  const withHeader = (pem: string) => pem.replace('-----\n', '-----\nName: value\n\n');
  const of = (pem: string) => refusal(() => checkBundle({ pem, file: 'ca.crt' }));

  test('of one or several certificates passes, with other blocks between them', () => {
    expect(of(authority.certPem)).toBeNull();
    expect(of(broken + withHeader(pair.certPem) + authority.keyPem + authority.certPem)).toBeNull();
  });

  test('without any certificate is refused', () => {
    expect(of(authority.keyPem)).toEqual({
      code: 'PEM_INVALID',
      message: 'no certificate in "ca.crt": it holds a private key',
      hint: 'name a file with a block that begins with -----BEGIN CERTIFICATE-----',
    });
  });

  test('in which none can be read is refused', () => {
    expect(of(broken)?.message).toMatch(/^certificate 1 in "ca\.crt" cannot be read: /);
  });

  test('in which all have headers is refused', () => {
    expect(of(withHeader(authority.certPem))).toMatchObject({
      code: 'PEM_INVALID',
      message: 'no certificate in "ca.crt" that Go would read: each has headers',
    });
  });
});

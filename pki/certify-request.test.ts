import { createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type * as x509 from '@peculiar/x509';
import { parseCertificate } from '../wire/certificate';
import { type CertificateRequest, parseCertificateRequest } from '../wire/certificate-request';
import { pemBlocks } from '../wire/pem';
import { type Authority, createAuthority, openAuthority } from './authority';
import { authorityNaming, type MadeRequest, makeRequest } from './certificate-request.test.fixtures';

const granted = {
  keyUsages: ['digitalSignature', 'keyEncipherment'],
  extendedKeyUsages: ['1.3.6.1.5.5.7.3.2'],
  notBefore: new Date('2025-06-01T11:55:00Z'),
  notAfter: new Date('2035-06-01T12:00:00Z'),
} as const;

let authority: Authority;
beforeAll(async () => {
  authority = await createAuthority({ commonName: 'LAB kubernetes' });
});

function read({ pem }: MadeRequest): CertificateRequest {
  const request = parseCertificateRequest(pemBlocks(pem)[0]?.der ?? Buffer.alloc(0));
  if (request.kind !== 'certificate-request') throw new Error(request.text);
  return request;
}

function certificateOf(pem: string) {
  const certificate = parseCertificate(new X509Certificate(pem).raw);
  if (certificate.kind !== 'certificate') throw new Error(certificate.text);
  return certificate;
}

describe('a certificate that was asked for', () => {
  test.each(['P-256', 'P-384', 'P-521', 'RSA', 'Ed25519'] as const)(
    'is for the key of the request, here %s',
    async (key) => {
      const made = await makeRequest({ commonName: 'jane', organizations: ['dev'], key });
      const certificate = new X509Certificate(await authority.certifyRequest(read(made), granted));
      expect(certificate.checkPrivateKey(made.privateKey)).toBe(true);
      expect(certificate.verify(createPublicKey(authority.certPem))).toBe(true);
      expect(certificate.subject).toBe('O=dev\nCN=jane');
    },
  );

  test.each([
    ['ec', { namedCurve: 'P-384' }, 'ECDSA-SHA384'],
    ['ec', { namedCurve: 'P-521' }, 'ECDSA-SHA512'],
    ['rsa', { modulusLength: 2048 }, 'SHA256-RSA'],
    ['ed25519', {}, 'Ed25519'],
  ] as const)('is signed by an authority with a key of %s %j: %s', async (type, options, algorithm) => {
    const { privateKey, publicKey } = generateKeyPairSync(type as 'ec', options as { namedCurve: string });
    const own = await authority.certify(publicKey, { commonName: 'LAB other', usages: [] });
    const keyPem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const other = openAuthority({ certPem: own, keyPem });
    const pem = await other.certifyRequest(read(await makeRequest()), granted);
    expect(new X509Certificate(pem).verify(publicKey)).toBe(true);
    expect(certificateOf(pem).signatureAlgorithm?.name).toBe(algorithm);
  });

  test('has the usages and the time that were granted, the names that were asked for, and nothing else', async () => {
    const names: x509.JsonGeneralNames = [
      { type: 'url', value: 'spiffe://lab/jane' },
      { type: 'ip', value: '10.0.0.1' },
      { type: 'ip', value: 'fd00::1' },
      { type: 'email', value: 'jane@example.test' },
      { type: 'dns', value: 'jane.example.test' },
    ];
    const request = read(await makeRequest({ names }));
    const certificate = certificateOf(await authority.certifyRequest(request, granted));
    expect(certificate.extensions).toMatchObject({
      keyUsage: 0b101,
      extendedKeyUsage: ['1.3.6.1.5.5.7.3.2'],
      basicConstraints: { isAuthority: false, pathLength: null },
      subjectKeyId: Buffer.alloc(0),
    });
    expect(new X509Certificate(certificate.raw).subjectAltName).toBe(
      'DNS:jane.example.test, email:jane@example.test, IP Address:10.0.0.1, IP Address:FD00:0:0:0:0:0:0:1, URI:spiffe://lab/jane',
    );
    expect(certificate.notBefore.epochMs).toBe(granted.notBefore.getTime());
    expect(certificate.notAfter.epochMs).toBe(granted.notAfter.getTime());
    expect(certificate.rawIssuer).toEqual(authority.name);
  });

  test('says no usage where none was granted', async () => {
    const request = read(await makeRequest());
    const pem = await authority.certifyRequest(request, { ...granted, keyUsages: [], extendedKeyUsages: [] });
    expect(certificateOf(pem).extensions).toMatchObject({ keyUsage: 0, extendedKeyUsage: [] });
  });

  test('has the subject as Go writes it: its own fields in its own order, the others gone', async () => {
    const made = await makeRequest({
      commonName: 'jane_doe',
      organizations: ['z-group', 'a-group'],
      others: [
        ['1.2.840.113549.1.9.1', 'jane@example.test'],
        ['C', 'DE'],
      ],
    });
    const certificate = certificateOf(await authority.certifyRequest(read(made), granted));
    // One set of two organizations, sorted as DER wants it; `_` is no character of a PrintableString.
    expect(certificate.rawSubject.toString('hex')).toBe(
      '3042' +
        '310b3009060355040613024445' +
        '3120300e060355040a1307612d67726f7570300e060355040a13077a2d67726f7570' +
        '3111300f06035504030c086a616e655f646f65',
    );
    expect(certificate.subject.attributes).toEqual([
      { type: '2.5.4.6', value: 'DE' },
      { type: '2.5.4.10', value: 'a-group' },
      { type: '2.5.4.10', value: 'z-group' },
      { type: '2.5.4.3', value: 'jane_doe' },
    ]);
  });

  test('names the key of its authority as the authority does, whatever that name is', async () => {
    const keyName = '0102030405';
    const { certPem, keyPem } = await authorityNaming(keyName);
    const opened = openAuthority({ certPem, keyPem });
    const pem = await opened.certifyRequest(read(await makeRequest()), granted);
    expect(certificateOf(pem).extensions.authorityKeyId.toString('hex')).toBe(keyName);
    expect(new X509Certificate(pem).checkIssued(new X509Certificate(certPem))).toBe(true);
  });
});

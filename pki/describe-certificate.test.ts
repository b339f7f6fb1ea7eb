import { createHash, X509Certificate } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { createAuthority } from './authority';
import { describeCertificate } from './describe-certificate';

describe('describeCertificate', () => {
  test('tells everything that people ask about a client certificate', async () => {
    const authority = await createAuthority({ commonName: 'LAB kubernetes' });
    const { certPem } = await authority.issue({
      commonName: 'kube-apiserver-kubelet-client',
      organizations: ['kubeadm:cluster-admins', 'second'],
      usages: ['clientAuth'],
      notBefore: new Date('2026-01-02T03:04:05Z'),
      notAfter: new Date('2027-01-02T03:04:05Z'),
    });
    const der = new X509Certificate(certPem).raw;
    expect(describeCertificate(der)).toEqual({
      subject: 'O=kubeadm:cluster-admins, O=second, CN=kube-apiserver-kubelet-client',
      issuer: 'CN=LAB kubernetes',
      sans: [],
      notBefore: new Date('2026-01-02T03:04:05Z'),
      notAfter: new Date('2027-01-02T03:04:05Z'),
      keyAlgorithm: 'ECDSA P-256',
      fingerprintSha256: createHash('sha256')
        .update(der)
        .digest('hex')
        .toUpperCase()
        .replace(/..(?!$)/g, '$&:'),
      subjectCommonName: 'kube-apiserver-kubelet-client',
      organizations: ['kubeadm:cluster-admins', 'second'],
    });
  });

  test('reads what we never write: other kinds of names and keys', () => {
    // openssl req -x509 -newkey ed25519, with a subject of C, DC and serialNumber
    expect(describeCertificate(new X509Certificate(otherKinds).raw)).toMatchObject({
      subject: 'C=DE, DC=lab, serialNumber=7',
      subjectCommonName: null,
      organizations: [],
      keyAlgorithm: 'Ed25519',
      sans: [
        'DNS:a b',
        'email:x@lab',
        'URI:spiffe://lab/x',
        'IP:2001:db8::1',
        'IP:10.0.0.11',
        'DirName:CN=inner',
        'other:2a03',
      ],
    });
  });

  test('throws when it is no certificate', () => {
    expect(() => describeCertificate(Buffer.from('not DER'))).toThrow();
  });
});

const otherKinds = `-----BEGIN CERTIFICATE-----
MIIBmDCCAUqgAwIBAgIUVaXmID0VZfgKFWJuUpq6EhuTebEwBQYDK2VwMC4xCzAJ
BgNVBAYTAkRFMRMwEQYKCZImiZPyLGQBGRYDbGFiMQowCAYDVQQFEwE3MCAXDTI2
MTEyMTIyMDY0NVoYDzIxMjYxMDI4MjIwNjQ1WjAuMQswCQYDVQQGEwJERTETMBEG
CgmSJomT8ixkARkWA2xhYjEKMAgGA1UEBRMBNzAqMAUGAytlcAMhANMCyeGU7xA8
Y42fEjWQkEgx7mFdBld8C3/Se4QUmirQo3gwdjBVBgNVHREETjBMggNhIGKBBXhA
bGFihg5zcGlmZmU6Ly9sYWIveIcQIAENuAAAAAAAAAAAAAAAAYcECgAAC6QSMBAx
DjAMBgNVBAMMBWlubmVyiAIqAzAdBgNVHQ4EFgQUXHev+iZlxSzmJQIKZi956aAy
eYowBQYDK2VwA0EA5O4GAKdZP7FdEhSl5n65RKT1LjevIb0kz9TXJNRKQWpN9WsP
s4DXU1REbi2dmPnnqhq3YbsY11i1MzJgdkJbCQ==
-----END CERTIFICATE-----
`;

import { describe, expect, test } from '@jest/globals';
import { parseCertificateRequest } from './certificate-request';
import { pemBlocks } from './pem';

/** Made with `openssl req -new -newkey ed25519 -nodes -subj /O=dev/CN=jane -addext subjectAltName=DNS:a.example`. */
const request = `-----BEGIN CERTIFICATE REQUEST-----
MIHDMHcCAQAwHTEMMAoGA1UECgwDZGV2MQ0wCwYDVQQDDARqYW5lMCowBQYDK2Vw
AyEAVkr5cd+kYwaxnVb4UfwZzPaeH4VcojtR7wCXo/IMcRygJzAlBgkqhkiG9w0B
CQ4xGDAWMBQGA1UdEQQNMAuCCWEuZXhhbXBsZTAFBgMrZXADQQC/eQE2x80YSr0P
Bh6fFZa+DzFT3afz9k9PNZX0wwyK+h/EIYJ9EYTju/q8/wkgjMndBoC/24x4Ymqi
c292ji8J
-----END CERTIFICATE REQUEST-----
`;

const der = pemBlocks(request)[0]?.der ?? Buffer.alloc(0);

describe('a certificate request', () => {
  test('says who, with which key, and under which names', () => {
    const parsed = parseCertificateRequest(der);
    expect(parsed).toMatchObject({
      kind: 'certificate-request',
      subject: { commonName: 'jane', organizations: ['dev'] },
      signatureAlgorithm: { name: 'Ed25519' },
      extensions: { subjectAltName: { names: [{ kind: 'dns', value: 'a.example' }] } },
    });
  });

  test.each(Array.from({ length: 20 }, (_value, index) => index * 10))('cut at %i is refused', (length) => {
    expect(parseCertificateRequest(der.subarray(0, Math.min(length, der.length - 1)))).toMatchObject({
      kind: 'unreadable-certificate-request',
    });
  });
});

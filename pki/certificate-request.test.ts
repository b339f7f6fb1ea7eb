import { createPublicKey } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { requestFault } from '../api/certificate-request';
import { parseCertificateRequest } from '../wire/certificate-request';
import { ipText } from '../wire/ip-address';
import { pemBlocks } from '../wire/pem';
import { createCertificateRequest } from './certificate-request';
import { generateKey } from './key-algorithm';

const template = {
  commonName: 'system:node:node-1',
  organizations: ['system:nodes'],
  dnsNames: ['node-1'],
  ipAddresses: ['10.0.0.11', 'fd00::11'],
};

describe.each(['ec-p256', 'rsa-2048'] as const)('a request for a key of %s', (algorithm) => {
  test('says what was asked for, and is signed with the key', async () => {
    const { privateKey, publicKey } = await generateKey(algorithm);
    const pem = createCertificateRequest(privateKey, template);
    expect(requestFault(Buffer.from(pem).toString('base64'))).toBeNull();
    const request = parseCertificateRequest(pemBlocks(pem)[0]?.der ?? Buffer.alloc(0));
    if (request.kind !== 'certificate-request') throw new Error(request.text);
    expect(request.subject).toMatchObject({
      commonName: 'system:node:node-1',
      organizations: ['system:nodes'],
    });
    expect(
      createPublicKey({ key: request.rawPublicKey, format: 'der', type: 'spki' }).equals(publicKey),
    ).toBe(true);
    const names = request.extensions.subjectAltName?.names.map((it) =>
      it.kind === 'ip' ? ipText(it.octets) : it.value,
    );
    expect(names).toEqual(['node-1', '10.0.0.11', 'fd00::11']);
  });

  test('without names has no extensions', async () => {
    const { privateKey } = await generateKey(algorithm);
    const pem = createCertificateRequest(privateKey, { commonName: 'x' });
    const request = parseCertificateRequest(pemBlocks(pem)[0]?.der ?? Buffer.alloc(0));
    expect(request).toMatchObject({ extensions: { subjectAltName: null } });
    expect(requestFault(Buffer.from(pem).toString('base64'))).toBeNull();
  });
});

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { pemBlocks } from '../wire/pem';
import { describeCertificate } from './describe-certificate';
import { selfSignedKubeletServing } from './kubelet-serving';

const now = new Date('2026-06-01T12:00:00.700Z');

test.each([
  { hostname: 'node-1', algorithm: undefined, sans: ['DNS:node-1'], key: 'ECDSA P-256' },
  { hostname: '10.0.0.11', algorithm: undefined, sans: ['IP:10.0.0.11'], key: 'ECDSA P-256' },
  { hostname: 'node-1', algorithm: 'rsa-2048' as const, sans: ['DNS:node-1'], key: 'RSA 2048' },
])('a kubelet makes $key for $hostname as upstream does', async ({ hostname, algorithm, sans, key }) => {
  const pair = await selfSignedKubeletServing(hostname, { now, algorithm });
  const [leaf, authority, ...rest] = pemBlocks(pair.certPem).map(({ der }) => new X509Certificate(der));
  if (leaf === undefined || authority === undefined) throw new Error('a chain of less than two');
  expect(rest).toEqual([]);
  const dates = { notBefore: new Date('2026-06-01T11:00:00Z'), notAfter: new Date('2027-06-01T11:00:00Z') };
  expect(describeCertificate(leaf.raw)).toMatchObject({
    subject: `CN=${hostname}@1780315200`,
    issuer: `CN=${hostname}-ca@1780315200`,
    sans,
    keyAlgorithm: key,
    ...dates,
  });
  expect(describeCertificate(authority.raw)).toMatchObject({
    subject: `CN=${hostname}-ca@1780315200`,
    issuer: `CN=${hostname}-ca@1780315200`,
    keyAlgorithm: key,
    ...dates,
  });
  expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  expect([leaf.ca, authority.ca]).toEqual([false, true]);
  expect(leaf.verify(authority.publicKey)).toBe(true);
  expect(leaf.checkPrivateKey(createPrivateKey(pair.keyPem))).toBe(true);
  expect(authority.checkPrivateKey(createPrivateKey(pair.keyPem))).toBe(false);
});

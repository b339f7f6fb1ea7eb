import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { pemBlocks } from '../wire/pem';
import { createAuthority } from './authority';
import { describeCertificate } from './describe-certificate';
import { forgeImpostor } from './impostor';
import type { KeyAlgorithm } from './key-algorithm';
import { nameOfIssuer, nameOfSubject } from './names';

const chainOf = (pem: string) => pemBlocks(pem).map(({ der }) => new X509Certificate(der));

describe.each<KeyAlgorithm>(['ec-p256', 'rsa-2048'])('an impostor with %s', (algorithm) => {
  test('self-signed sends one certificate, for the address it took, that vouches for itself', async () => {
    const pair = await forgeImpostor('self-signed', { host: '10.0.0.11', algorithm });
    const [leaf, ...rest] = chainOf(pair.certPem);
    expect(rest).toEqual([]);
    expect(leaf?.verify(leaf.publicKey)).toBe(true);
    expect(leaf?.ca).toBe(false);
    expect(leaf?.checkIP('10.0.0.11')).toBe('10.0.0.11');
    expect(leaf?.checkPrivateKey(createPrivateKey(pair.keyPem))).toBe(true);
  });

  test('rogue-ca sends leaf and root, under the name of the genuine authority and with another key', async () => {
    const genuine = await createAuthority({ commonName: 'LAB kubernetes', algorithm });
    const seen = new X509Certificate(genuine.certPem);
    const issuerName = nameOfIssuer(seen.raw);
    const pair = await forgeImpostor('rogue-ca', { host: 'node-1', issuerName, algorithm });
    const [leaf, root, ...rest] = chainOf(pair.certPem);
    if (leaf === undefined || root === undefined) throw new Error('a chain of less than two');
    expect(rest).toEqual([]);
    expect(nameOfIssuer(leaf.raw)).toEqual(nameOfSubject(seen.raw));
    expect(nameOfSubject(root.raw)).toEqual(nameOfSubject(seen.raw));
    expect(leaf.verify(root.publicKey)).toBe(true);
    expect(leaf.verify(seen.publicKey)).toBe(false);
    expect(root.verify(seen.publicKey)).toBe(false);
    expect(leaf.checkHost('node-1', { subject: 'never' })).toBe('node-1');
    expect(leaf.checkPrivateKey(createPrivateKey(pair.keyPem))).toBe(true);
  });
});

test('without a name to repeat a rogue authority has one of its own', async () => {
  const pair = await forgeImpostor('rogue-ca', { host: '10.0.0.11' });
  const [leaf] = chainOf(pair.certPem);
  expect(leaf && describeCertificate(leaf.raw)).toMatchObject({
    subject: 'O=LAB attacker, CN=10.0.0.11',
    issuer: 'CN=LAB rogue authority',
    sans: ['IP:10.0.0.11'],
  });
});

test('two impostors share no key', async () => {
  const facts = { host: '10.0.0.11' };
  const pairs = await Promise.all([forgeImpostor('rogue-ca', facts), forgeImpostor('rogue-ca', facts)]);
  const keys = pairs.flatMap(({ certPem }) =>
    chainOf(certPem).map(({ publicKey }) => publicKey.export({ format: 'jwk' })),
  );
  expect(new Set(keys.map(({ x }) => x)).size).toBe(4);
});

test.each<['self-signed' | 'rogue-ca', number]>([
  ['self-signed', 1],
  ['rogue-ca', 2],
])('%s takes faults of its own making', async (word, sent) => {
  const pair = await forgeImpostor(word, { host: '10.0.0.11' }, ['wrong-host', 'expired', 'weak-key']);
  const chain = chainOf(pair.certPem);
  const [leaf] = chain;
  if (leaf === undefined) throw new Error('no certificate');
  expect(chain).toHaveLength(sent);
  expect(describeCertificate(leaf.raw)).toMatchObject({
    subject: 'O=LAB attacker, CN=192.0.2.1',
    sans: ['IP:192.0.2.1'],
  });
  expect(new Date(leaf.validTo).getTime()).toBeLessThan(Date.now());
  expect(leaf.publicKey.asymmetricKeyDetails).toMatchObject({ modulusLength: 768 });
  expect(leaf.checkPrivateKey(createPrivateKey(pair.keyPem))).toBe(true);
});

test('rogue-ca sends what is between leaf and root, unless that is to be missing', async () => {
  const facts = { host: 'node-1' };
  const whole = chainOf((await forgeImpostor('rogue-ca', facts, ['path-length'])).certPem);
  expect(whole.map((it, index) => it.verify((whole[index + 1] ?? it).publicKey))).toEqual([
    true,
    true,
    true,
    true,
  ]);
  const broken = chainOf((await forgeImpostor('rogue-ca', facts, ['missing-intermediate'])).certPem);
  expect(broken.map((it, index) => it.verify((broken[index + 1] ?? it).publicKey))).toEqual([false, true]);
});

import { createPublicKey, sign, verify } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { seededRandomness } from '../randomness';
import { generateKey, type KeyAlgorithm, privateKeyPem } from './key-algorithm';

describe.each(['ec-p256', 'rsa-2048', 'rsa-768'] as const)('a key of %s from a seed', (algorithm) => {
  const pemOf = async (seed: string): Promise<string> =>
    privateKeyPem((await generateKey(algorithm, seededRandomness(seed))).privateKey);

  test('is the same for the same seed, and another one for another', async () => {
    const [one, same, other] = await Promise.all(['a', 'a', 'b'].map(pemOf));
    expect(same).toBe(one);
    expect(other).not.toBe(one);
  });

  test('signs what its public half verifies', async () => {
    const { privateKey, publicKey } = await generateKey(algorithm, seededRandomness('a'));
    const said = Buffer.from('said');
    expect(verify('sha256', said, publicKey, sign('sha256', said, privateKey))).toBe(true);
    expect(createPublicKey(privateKey).equals(publicKey)).toBe(true);
    expect(sizeOf(algorithm)).toBe(publicKey.asymmetricKeyDetails?.modulusLength ?? 256);
  });
});

test('keys of the system are other ones each time', async () => {
  const [one, other] = await Promise.all([generateKey('ec-p256'), generateKey('ec-p256')]);
  expect(one.publicKey.equals(other.publicKey)).toBe(false);
});

function sizeOf(algorithm: KeyAlgorithm): number {
  return Number(/\d+$/.exec(algorithm)?.[0]);
}

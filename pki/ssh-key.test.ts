import { describe, expect, test } from '@jest/globals';
import { utils } from 'ssh2';
import type { KeyAlgorithm } from './key-algorithm';
import { generateSshKey, publicKeyOf } from './ssh-key';

const types: readonly (readonly [KeyAlgorithm, string])[] = [
  ['rsa-2048', 'ssh-rsa'],
  ['ec-p256', 'ecdsa-sha2-nistp256'],
];

describe('a key for SSH', () => {
  test.each(types)('of %s is read by an SSH library as %s, and is one pair', async (algorithm, type) => {
    const { privateKeyPem, publicKey } = await generateSshKey(algorithm);
    const parsed = utils.parseKey(privateKeyPem);
    if (parsed instanceof Error) throw parsed;
    expect(publicKey).toBe(`${type} ${parsed.getPublicSSH().toString('base64')}`);
    expect(publicKeyOf(privateKeyPem)).toBe(publicKey);

    const known = utils.parseKey(publicKey);
    if (known instanceof Error) throw known;
    const signature = parsed.sign('the session');
    expect(known.verify('the session', signature)).toBe(true);
    expect(known.verify('another session', signature)).toBe(false);
  });

  test('is not made of a key that has no form in SSH here', () => {
    expect(() => publicKeyOf('no key at all')).toThrow();
  });
});

import { describe, expect, test } from '@jest/globals';
import { seededRandomness, systemRandomness } from './randomness';

describe('randomness from a seed', () => {
  test('is the same for the same seed, and another one for another', () => {
    const [one, same, other] = ['a', 'a', 'b'].map((seed) => seededRandomness(seed).hex(16));
    expect(same).toBe(one);
    expect(other).not.toBe(one);
  });

  test('goes on where it was', () => {
    const random = seededRandomness('a');
    expect(random.hex(16)).not.toBe(random.hex(16));
    expect(seededRandomness('a').bytes(8).equals(seededRandomness('a').bytes(16).subarray(0, 8))).toBe(true);
  });

  test('is one stream a purpose, whatever was drawn before', () => {
    const random = seededRandomness('a');
    const node = random.for('node-1').hex(16);
    random.bytes(100);
    random.for('node-2').bytes(3);
    expect(random.for('node-1').hex(16)).toBe(node);
    expect(random.for('node-2').hex(16)).not.toBe(node);
  });
});

test('randomness of the system does not repeat', () => {
  expect(systemRandomness.for('a').hex(16)).not.toBe(systemRandomness.for('a').hex(16));
});

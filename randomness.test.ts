import { describe, expect, test } from '@jest/globals';
import {
  fractionFrom,
  inTurn,
  integerBelow,
  randomnessOf,
  seededRandomness,
  systemRandomness,
  uuidFrom,
} from './randomness';

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

describe('what is made again and again', () => {
  test('has a stream for each time, whatever is made under other labels meanwhile', () => {
    const one = inTurn(seededRandomness('a'));
    const [first, second] = [one('pod'), one('pod')].map((it) => it.hex(8));
    const other = inTurn(seededRandomness('a'));
    other('node');
    expect([other('pod').hex(8), other('node').hex(8), other('pod').hex(8)]).toEqual([
      first,
      expect.any(String),
      second,
    ]);
    expect(second).not.toBe(first);
  });
});

describe('what is made of random octets', () => {
  test('is a UUID of version 4', () => {
    expect(uuidFrom(seededRandomness('a'))).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    );
  });

  test('is a fraction, and a whole number below a limit', () => {
    const random = seededRandomness('a');
    const drawn = Array.from({ length: 500 }, () => [fractionFrom(random), integerBelow(3, random)]);
    expect(drawn.every(([fraction = 1]) => fraction >= 0 && fraction < 1)).toBe(true);
    expect(new Set(drawn.map(([, number]) => number))).toEqual(new Set([0, 1, 2]));
  });

  test('comes from the system where nobody gave a seed', () => {
    expect(randomnessOf(undefined)).toBe(systemRandomness);
    expect(randomnessOf('').hex(4)).toBe(seededRandomness('').hex(4));
  });
});

import { expect, test } from '@jest/globals';
import { lineHunks } from './line-hunks';

const hunks = (a: string, b: string) =>
  lineHunks([...a], [...b]).map(({ minus, plus }) => `-${minus.join('')}+${plus.join('')}`);

test.each<[string, string, string[]]>([
  ['', '', []],
  ['abc', 'abc', []],
  ['', 'ab', ['-+ab']],
  ['ab', '', ['-ab+']],
  ['abc', 'axc', ['-b+x']],
  ['abcdef', 'abXdeY', ['-c+X', '-f+Y']],
  ['abcd', 'bcde', ['-a+', '-+e']],
  ['aaab', 'aab', ['-a+']],
  ['abcabba', 'cbabac', ['-ab+', '-a+', '-+a', '-+c']],
])('between %p and %p', (a, b, expected) => {
  expect(hunks(a, b)).toEqual(expected);
});

test('two texts that are large and share nothing are one place', () => {
  const many = (word: string) => Array.from({ length: 5000 }, (_, at) => `${word}${at}`);
  const [only, ...more] = lineHunks(['same', ...many('a')], ['same', ...many('b')]);
  expect([only?.minus.length, only?.plus.length, more]).toEqual([5000, 5000, []]);
});

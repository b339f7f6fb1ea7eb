import { describe, expect, test } from '@jest/globals';
import { assert, integer, property, string } from 'fast-check';
import { hanging, oneLine, padEnd, padStart, printable, toAscii, truncate, widthOf, wrap } from './text';

const red = (text: string) => `\u001b[31m${text}\u001b[39m`;

describe('what came from outside', () => {
  test.each([
    ['line one\nline two\t!', 'line one\\nline two\\t!'],
    ['\u001b[2J\u001b]0;owned\u0007', '\\x1b[2J\\x1b]0;owned\\x07'],
    ['a\u202eb\u200bc', 'a\\u202eb\\u200bc'],
    ['\u009b31m', '\\x9b31m'],
    ['grüße → “x”', 'grüße → “x”'],
  ])('%j is printed as %s', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  test('loses its line ends when it is read as a sentence', () => {
    expect(oneLine('  error: a\r\n  error: b\n')).toBe('error: a error: b');
  });

  test('becomes ASCII on request', () => {
    expect(toAscii('“it’s” → é…')).toBe('"it\'s" -> ?...');
  });
});

describe('widths', () => {
  test('do not count colours', () => {
    expect(widthOf(red('abc'))).toBe(3);
    expect(padEnd(red('abc'), 5)).toBe(`${red('abc')}  `);
    expect(padStart('7', 3)).toBe('  7');
  });

  test.each([
    ['short', 10, '…', 'short'],
    ['exactly ten', 11, '…', 'exactly ten'],
    ['one too many', 11, '…', 'one too ma…'],
    ['one too many', 11, '...', 'one too ...'],
    ['abc', 2, '...', 'ab'],
  ])('cut %j to %i columns', (text, width, ellipsis, cut) => {
    expect(truncate(text, width, ellipsis)).toBe(cut);
  });
});

describe('wrapped text', () => {
  test('breaks at blanks and keeps every word', () => {
    const text = 'the quick brown fox jumps over the lazy dog';
    const lines = wrap(text, 12);
    expect(lines.every((line) => line.length <= 12)).toBe(true);
    expect(lines.join(' ')).toBe(text);
  });

  test('cuts a word that no line can hold', () => {
    expect(wrap('see https://10.0.0.11:10250/logs now', 10)).toEqual([
      'see',
      'https://10',
      '.0.0.11:10',
      '250/logs',
      'now',
    ]);
  });

  test('keeps every line within its width, whatever came', async () => {
    await assert(
      property(string({ unit: 'binary' }), integer({ min: 1, max: 60 }), (text, width) => {
        for (const line of wrap(oneLine(text), width)) expect(widthOf(line)).toBeLessThanOrEqual(width);
      }),
    );
  });

  test('hangs below its first line', () => {
    expect(hanging(' 1  ', 'alpha beta gamma delta epsilon', 24)).toEqual([
      ' 1  alpha beta gamma',
      '    delta epsilon',
    ]);
  });
});

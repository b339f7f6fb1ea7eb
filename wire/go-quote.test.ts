import { expect, test } from '@jest/globals';
import { goQuote, goQuoteList } from './go-quote';

test.each([
  ['plain', '"plain"'],
  ['a "b" \\ c', '"a \\"b\\" \\\\ c"'],
  ['\u0007\b\f\n\r\t\v', '"\\a\\b\\f\\n\\r\\t\\v"'],
  ['\u0000\u001b\u007f', '"\\x00\\x1b\\x7f"'],
  ['ä узел 😀', '"ä узел 😀"'],
  ['\u00a0\u200b\ufeff', '"\\u00a0\\u200b\\ufeff"'],
  ['\u{e0001}', '"\\U000e0001"'],
])('quotes %j as Go does', (value, expected) => {
  expect(goQuote(value)).toBe(expected);
});

test.each([
  ['c3a4', '"ä"'],
  ['41ff42', '"A\\xffB"'],
  ['c3', '"\\xc3"'],
  ['eda080', '"\\xed\\xa0\\x80"'],
  ['f09f9880', '"😀"'],
  ['f09f98', '"\\xf0\\x9f\\x98"'],
])('quotes the octets %s as Go does', (hex, expected) => {
  expect(goQuote(Buffer.from(hex, 'hex'))).toBe(expected);
});

test('quotes a list', () => {
  expect(goQuoteList(['a', 'b\u0000'])).toBe('["a" "b\\x00"]');
  expect(goQuoteList([])).toBe('[]');
});

import { expect, test } from '@jest/globals';
import { parseGoDuration } from './go-duration';

test.each([
  ['2m30s', 150_000],
  ['1.5h', 5_400_000],
  ['1.s', 1000],
  ['.5h', 1_800_000],
  ['-.5s', -500],
  ['+1m', 60_000],
  ['250µs', 0.25],
  ['250\u03bcs', 0.25],
  ['0', 0],
  ['+0', 0],
  ['-0', 0],
  ['-0s', 0],
  ['', null],
  ['-', null],
  ['5', null],
  ['.s', null],
  ['1h0', null],
  ['00', null],
  ['1d', null],
  ['1h ', null],
])('%j as a duration: %j', (text, ms) => {
  expect(parseGoDuration(text)).toBe(ms);
});

import { expect, test } from '@jest/globals';
import { readQuantity } from './read-quantity';

test.each([
  ['1', '1'],
  ['1000m', '1'],
  ['0.5', '500m'],
  ['1024Mi', '1Gi'],
  ['100000', '100k'],
  ['1e3', '1e3'],
  ['+3', '+3'],
  ['1500m', '1500m'],
])('%s is kept as %s', (text, kept) => {
  expect(readQuantity(text)).toEqual({ text: kept });
});

const form = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

test.each([
  ['', form],
  ['abc', form],
  ['5 Gi', form],
  ['1'.repeat(1_000_000), form],
  ['1Xi', form],
  ['1KI', form],
  ['1kk', "unable to parse quantity's suffix"],
  ['1e', "unable to parse quantity's suffix"],
])('%j is none', (text, error) => {
  expect(readQuantity(text)).toEqual({ error });
});

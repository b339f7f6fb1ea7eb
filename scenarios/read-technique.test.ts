import { expect, test } from '@jest/globals';
import { readTechnique } from './read-technique';

test.each([
  ['tap', 'tap'],
  ['redirect', 'redirect'],
  ['rogue-ca', 'rogue-ca'],
  ['expired--rogue-ca', 'rogue-ca--expired'],
])('%s is the technique %s', (text, id) => {
  expect(readTechnique(text)).toBe(id);
});

test.each([
  ['foo', 'unknown technique "foo"', /^known: tap, /],
  ['self-sign', 'unknown technique "self-sign"', /did you mean "self-signed"/],
  ['rogue-ca--expird', 'unknown word "expird" in technique "rogue-ca--expird"', /did you mean "expired"/],
  ['expired--', 'unknown word "" in technique "expired--"', /can be joined: self-signed/],
  ['expired--tap', '"tap" cannot be joined to others, as in "expired--tap"', /^only words about/],
  ['logs--expired', '"logs" cannot be joined to others, as in "logs--expired"', /^only words about/],
  ['expired--expired', 'technique "expired--expired" says "expired" twice', /once/],
  [
    'stolen--expired',
    '"expired" and "stolen" cannot be joined: a stolen certificate is the node\'s own, as it is: nobody can change it',
    /leave one of the two out of "stolen--expired"/,
  ],
])('%s is a usage error that names what is wrong', (text, message, hint) => {
  expect(() => readTechnique(text)).toThrow(
    expect.objectContaining({ code: 'USAGE', message, hint: expect.stringMatching(hint) }),
  );
});

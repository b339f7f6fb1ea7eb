import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { shellWord, shellWords } from './shell-words';

test('what is safe stays as it is, anything else is quoted', () => {
  expect(['/tmp/a-b/kubeconfig', "/tmp/it's here", ''].map(shellWord)).toEqual([
    '/tmp/a-b/kubeconfig',
    "'/tmp/it'\\''s here'",
    "''",
  ]);
});

test('a text that is made one word is read as that word again', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      const read = shellWords(shellWord(text));
      expect(read.kind === 'words' ? read.words.map((word) => word.text) : read).toEqual([text]);
    }),
  );
});

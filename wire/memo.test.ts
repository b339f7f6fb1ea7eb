import { expect, test } from '@jest/globals';
import { memoByBytes } from './memo';

test('makes each result once, forgets the oldest, and is not fooled by a buffer that is written over', () => {
  const made: string[] = [];
  const upper = memoByBytes(2, (bytes) => {
    made.push(bytes.toString());
    return { text: bytes.toString().toUpperCase() };
  });
  const buffer = Buffer.from('a');
  const first = upper(buffer);
  buffer.write('b');
  expect([first.text, upper(buffer).text, upper(Buffer.from('a'))]).toEqual(['A', 'B', first]);
  upper(Buffer.from('c'));
  upper(Buffer.from('a'));
  expect(made).toEqual(['a', 'b', 'c', 'a']);
});

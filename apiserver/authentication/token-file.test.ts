import { expect, test } from '@jest/globals';
import { parseTokenFile } from './token-file';

test.each([
  ['t1,jane,u1', { name: 'jane', uid: 'u1', groups: [] }],
  ['t1,jane,u1,"dev,ops"', { name: 'jane', uid: 'u1', groups: ['dev', 'ops'] }],
  ['t1,"ja""ne",u1,dev', { name: 'ja"ne', uid: 'u1', groups: ['dev'] }],
])('the line %s of a token file is a user', (line, user) => {
  expect(parseTokenFile(`${line}\n\n`, 'f').get('t1')).toEqual(user);
});

test("a line of two columns is refused in upstream's words", () => {
  expect(() => parseTokenFile('t1,jane', 'tokens.csv')).toThrow(
    "token file 'tokens.csv' must have at least 3 columns (token, user name, user uid), found 2",
  );
});

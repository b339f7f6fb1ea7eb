import { expect, test } from '@jest/globals';
import { sameJson } from './same-json';

test.each([
  [{ a: 1, b: [1, { c: null }] }, { b: [1, { c: null }], a: 1 }, true],
  [{ a: 1, b: undefined }, { a: 1 }, true],
  [{ a: 1 }, { a: 1, b: undefined }, true],
  [{ a: 1 }, { a: 2 }, false],
  [{ a: 1 }, { a: 1, b: 2 }, false],
  [[1, 2], [2, 1], false],
  [[1], { 0: 1 }, false],
  [null, {}, false],
  [{}, JSON.parse('{"__proto__":1}'), false],
  [JSON.parse('{"__proto__":1}'), {}, false],
  [JSON.parse('{"toString":1}'), {}, false],
  [JSON.parse('{"__proto__":1}'), JSON.parse('{"__proto__":1}'), true],
])('%j and %j say the same: %s', (a, b, same) => {
  expect(sameJson(a, b)).toBe(same);
});

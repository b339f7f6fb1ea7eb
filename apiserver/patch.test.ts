import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { applyPatch, mergePatch } from './patch';

const json = 'application/json-patch+json';
const merge = 'application/merge-patch+json';

describe('a JSON merge patch', () => {
  // RFC 7386, appendix A.
  test.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ])('%j with %j is %j', (target, patch, expected) => {
    expect(mergePatch(target, patch)).toEqual(expected);
  });

  test('cannot reach a prototype', () => {
    const patched = mergePatch({}, JSON.parse('{"__proto__":{"polluted":1}}') as unknown);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(Object.keys(patched as object)).toEqual(['__proto__']);
  });
});

describe('a JSON patch', () => {
  const patched = (document: unknown, ...operations: object[]) => {
    const result = applyPatch(document, json, operations);
    return result.kind === 'patched' ? result.value : result.details?.causes?.[0]?.message;
  };

  test.each<[unknown, object, unknown]>([
    [{ a: 1 }, { op: 'add', path: '/b', value: 2 }, { a: 1, b: 2 }],
    [{ a: [1] }, { op: 'add', path: '/a/0', value: 0 }, { a: [0, 1] }],
    [{ a: [1] }, { op: 'add', path: '/a/-', value: 2 }, { a: [1, 2] }],
    [{ a: 1 }, { op: 'remove', path: '/a' }, {}],
    [{ a: [1, 2] }, { op: 'remove', path: '/a/0' }, { a: [2] }],
    [{ a: 1 }, { op: 'replace', path: '/a', value: 2 }, { a: 2 }],
    [{ a: 1 }, { op: 'move', from: '/a', path: '/b' }, { b: 1 }],
    [{ a: { x: 1 } }, { op: 'copy', from: '/a', path: '/b' }, { a: { x: 1 }, b: { x: 1 } }],
    [{ a: { x: 1 } }, { op: 'test', path: '/a', value: { x: 1 } }, { a: { x: 1 } }],
    [{ 'a/b~c': 1 }, { op: 'replace', path: '/a~1b~0c', value: 2 }, { 'a/b~c': 2 }],
    [{ a: 1 }, { op: 'replace', path: '', value: 5 }, 5],
    [{ a: 1 }, { op: 'test', path: '/a', value: 2 }, 'testing value /a failed: test failed'],
    [
      { a: 1 },
      { op: 'replace', path: '/b', value: 2 },
      'replace operation does not apply: doc is missing path: "/b": missing value',
    ],
    [
      { a: [1] },
      { op: 'remove', path: '/a/7' },
      'remove operation does not apply: doc is missing path: "/a/7": missing value',
    ],
    [{ a: 1 }, { op: 'frobnicate', path: '/a' }, 'Unexpected kind: frobnicate'],
  ])('%j with %j', (document, operation, expected) => {
    expect(patched(document, operation)).toEqual(expected);
  });

  test('leaves the document it was given alone', () => {
    const document = { a: [1] };
    patched(document, { op: 'add', path: '/a/-', value: 2 });
    expect(document).toEqual({ a: [1] });
  });

  test('refuses more than ten thousand operations', () => {
    const many = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '', value: 1 }));
    expect(applyPatch(1, json, many)).toMatchObject({ code: 413 });
  });

  test('any operations on any document end in a value', () => {
    const operation = fc.record({
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test'),
      path: fc.string(),
      from: fc.string(),
      value: fc.jsonValue(),
    });
    fc.assert(
      fc.property(fc.jsonValue(), fc.array(operation, { maxLength: 4 }), (document, operations) => {
        return applyPatch(document, json, operations) !== undefined;
      }),
    );
  });
});

test('other patch types are refused with the ones that are served', () => {
  expect(applyPatch({}, 'application/strategic-merge-patch+json', {})).toMatchObject({
    code: 415,
    message:
      'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json',
  });
  expect(applyPatch({ a: 1 }, merge, { a: null })).toEqual({ kind: 'patched', value: {} });
});

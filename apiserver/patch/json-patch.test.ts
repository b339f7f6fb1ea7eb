import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonPatch } from './json-patch';
import { PatchRefused } from './patch-refused';

function patched(document: unknown, ...operations: object[]): unknown {
  try {
    const result = jsonPatch(document, operations);
    return result.kind === 'patched' ? result.value : result.message;
  } catch (error) {
    if (error instanceof PatchRefused) return error.message;
    throw error;
  }
}

describe('a JSON patch', () => {
  test.each<[unknown, object, unknown]>([
    [{ a: 1 }, { op: 'add', path: '/b', value: 2 }, { a: 1, b: 2 }],
    [{ a: [1] }, { op: 'add', path: '/a/0', value: 0 }, { a: [0, 1] }],
    [{ a: [1] }, { op: 'add', path: '/a/-', value: 2 }, { a: [1, 2] }],
    [{ a: 1 }, { op: 'remove', path: '/a' }, {}],
    [{ a: [1, 2] }, { op: 'remove', path: '/a/-1' }, { a: [1] }],
    [{ a: 1 }, { op: 'replace', path: '/a', value: 2 }, { a: 2 }],
    [{ a: 1 }, { op: 'replace', path: '/b', value: 2 }, { a: 1, b: 2 }],
    [{ a: 1 }, { op: 'move', from: '/a', path: '/b' }, { b: 1 }],
    [{ a: { x: 1 } }, { op: 'copy', from: '/a', path: '/b' }, { a: { x: 1 }, b: { x: 1 } }],
    [{ a: { x: 1 } }, { op: 'test', path: '/a', value: { x: 1 } }, { a: { x: 1 } }],
    [{ a: 1 }, { op: 'test', path: '/b', value: null }, { a: 1 }],
    [{ 'a/b~c': 1 }, { op: 'replace', path: '/a~1b~0c', value: 2 }, { 'a/b~c': 2 }],
    [{ a: 1 }, { op: 'replace', path: '', value: { b: 2 } }, { b: 2 }],
  ])('%j with %j is %j', (document, operation, expected) => {
    expect(patched(document, operation)).toEqual(expected);
  });

  test.each<[unknown, object, string]>([
    [{ a: 1 }, { op: 'test', path: '/a', value: 2 }, 'testing value /a failed: test failed'],
    [
      { a: 1 },
      { op: 'add', path: '/b/c', value: 2 },
      'add operation does not apply: doc is missing path: "/b/c": missing value',
    ],
    [
      { a: 1 },
      { op: 'remove', path: '/b' },
      "error in remove for path: '/b': Unable to remove nonexistent key: b: missing value",
    ],
    [
      { a: [1] },
      { op: 'remove', path: '/a/7' },
      "error in remove for path: '/a/7': Unable to access invalid index: 7: invalid index referenced",
    ],
    [{ a: 1 }, { op: 'frobnicate', path: '/a' }, 'Unexpected kind: frobnicate'],
    [
      { a: 1 },
      { op: 'add', path: 5 },
      'error decoding patch: json: cannot unmarshal number into Go struct field jsonPatchOp.path of type string',
    ],
  ])('%j with %j is refused: %s', (document, operation, expected) => {
    expect(patched(document, operation)).toBe(expected);
  });

  test('leaves the document it was given alone', () => {
    const document = { a: [1] };
    patched(document, { op: 'add', path: '/a/-', value: 2 });
    expect(document).toEqual({ a: [1] });
  });

  test('refuses more than ten thousand operations', () => {
    const many = Array.from({ length: 10_001 }, () => ({ op: 'test', path: '', value: 1 }));
    expect(jsonPatch(1, many)).toMatchObject({
      code: 413,
      message: 'Request entity too large: The allowed maximum operations in a JSON patch is 10000, got 10001',
    });
  });

  test('any operations on any document end in a value or a refusal', () => {
    const operation = fc.record({
      op: fc.constantFrom('add', 'remove', 'replace', 'move', 'copy', 'test'),
      path: fc.string(),
      from: fc.string(),
      value: fc.jsonValue(),
    });
    fc.assert(
      fc.property(fc.jsonValue(), fc.array(operation, { maxLength: 4 }), (document, operations) => {
        return patched(document, ...operations) !== undefined;
      }),
    );
  });
});

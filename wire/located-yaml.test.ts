import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parseLocatedYaml } from './located-yaml';

const text = 'a: 1\nb:\n  - c: yes\n    d:\n  - &x { e: [1, 2] }\n  - *x\n';

describe('YAML that knows where things stand', () => {
  const document = parseLocatedYaml(text);

  test('is read as kubectl reads it', () => {
    expect(document).toMatchObject({
      kind: 'yaml',
      value: { a: 1, b: [{ c: true, d: null }, { e: [1, 2] }, { e: [1, 2] }] },
    });
  });

  test.each([
    [['a'], [1, 4], [1, 1]],
    [['b'], [3, 3], [2, 1]],
    [
      ['b', 0, 'c'],
      [3, 8],
      [3, 5],
    ],
    // Nothing, and yet it has a place.
    [
      ['b', 0, 'd'],
      [4, 7],
      [4, 5],
    ],
    [
      ['b', 1, 'e', 1],
      [5, 17],
      [5, 17],
    ],
    // Through an alias.
    [
      ['b', 2, 'e', 0],
      [5, 14],
      [5, 14],
    ],
    // What is not there is where it would be.
    [
      ['b', 0, 'z'],
      [3, 5],
      [3, 5],
    ],
    [
      ['z', 'y'],
      [1, 1],
      [1, 1],
    ],
    [[], [1, 1], [1, 1]],
  ] as const)('%j', (path, value, name) => {
    if (document.kind !== 'yaml') throw new Error(document.text);
    const at = ([line, column]: readonly [number, number]) => ({ line, column });
    expect(document.valueAt(path)).toEqual(at(value));
    expect(document.nameAt(path)).toEqual(at(name));
  });

  test.each([
    ['a: 1\nb: 2\na: 3\n', 'map keys must be unique', { line: 3, column: 1 }],
    ['a: 1\n---\nb: 2\n', 'a second document', { line: 2, column: 1 }],
    ['a:\n  b: c: d\n', 'mapping values are not allowed', { line: 2, column: 6 }],
    ['a: *x\n', "unknown anchor 'x'", { line: 1 }],
  ])('%j is refused, and where', (wrong, words, at) => {
    const read = parseLocatedYaml(wrong);
    expect(read).toMatchObject({ kind: 'syntax-error', at });
    expect(read.kind === 'syntax-error' ? read.text : '').toContain(words);
  });

  test('what is nested too deep is refused before it is looked at', () => {
    const read = parseLocatedYaml('['.repeat(1_000_000));
    expect(read).toEqual({
      kind: 'syntax-error',
      text: 'yaml: exceeded max depth of 10000',
      at: { line: 1, column: 1 },
    });
  });

  test('takes any text and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab:- \n\t&*{}[],"\'!|>%#?1.~<') }), (any) => {
        const read = parseLocatedYaml(any);
        if (read.kind === 'yaml') read.valueAt(['a', 0, 'b']);
        expect(['yaml', 'syntax-error']).toContain(read.kind);
      }),
    );
  });
});

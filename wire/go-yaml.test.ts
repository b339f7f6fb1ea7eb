import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonValue } from './go-json';
import { parseGoYaml } from './go-yaml';

function value(text: string): unknown {
  const yaml = parseGoYaml(text);
  return yaml.kind === 'yaml' ? jsonValue(yaml.node) : yaml.text;
}

describe('YAML as Kubernetes reads it', () => {
  // Answers of sigs.k8s.io/yaml 1.4.
  test.each([
    ['a: yes\nb: on\nc: n\n', { a: true, b: true, c: false }],
    ['a: 017\nb: 0o17\nc: 0x10\nd: 1_000\ne: 1.0\n', { a: 15, b: 15, c: 16, d: 1000, e: 1 }],
    ['a: 2024-01-01\nb: 10:30\n', { a: '2024-01-01', b: '10:30' }],
    ['1: a\ntrue: b\n1.5: c\n', { '1': 'a', '1.5': 'c', true: 'b' }],
    ['a: &x {k: 1}\nb: {<<: *x, l: 2}\n', { a: { k: 1 }, b: { k: 1, l: 2 } }],
    ['a: 1\n---\nb: 2\n', { a: 1 }],
    ['', null],
    ['{"b": 1, "a": [true]}', { a: [true], b: 1 }],
    ['a: !!binary aGk=\nb: !!str 5\n', { a: 'hi', b: '5' }],
    ['a: b: c\n', 'yaml: mapping values are not allowed in this context'],
    ['\ta: 1\n', 'yaml: found character that cannot start any token'],
    ['a: *x\n', "yaml: unknown anchor 'x' referenced"],
    ['a: &a [*a]\n', "yaml: anchor 'a' value contains itself"],
    ['a: .inf\n', 'json: unsupported value: +Inf'],
  ])('%j', (text, expected) => {
    expect(value(text)).toEqual(expected);
  });

  test('tells of keys said twice, and takes the last', () => {
    expect(parseGoYaml('a: 1\nb:\n  c: 2\n  c: 3\na: 4\n')).toMatchObject({
      duplicates: ['line 4: key "c" already set in map', 'line 5: key "a" already set in map'],
    });
    expect(value('a: 1\na: 4\n')).toEqual({ a: 4 });
  });

  test('gives up on aliases that multiply, and on what is nested without end', () => {
    const letters = [...'abcdefghij'];
    const lines = letters.map((letter, at) => {
      const before = letters[at - 1];
      return `${letter}: &${letter} [${Array(9)
        .fill(before === undefined ? 'x' : `*${before}`)
        .join(', ')}]`;
    });
    expect(value(lines.join('\n'))).toBe('yaml: document contains excessive aliasing');
    expect(value('['.repeat(1_000_000))).toBe('yaml: exceeded max depth of 10000');
    expect(value('['.repeat(9000))).toMatch(/^yaml: /);
    expect(value(`${'- '.repeat(5000)}a`)).toBe('yaml: exceeded max depth of 10000');
  });

  test('takes any text and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'ab:- \n\t&*{}[],"\'!|>%#?1.~<') }), (text) => {
        expect(['yaml', 'syntax-error']).toContain(parseGoYaml(text).kind);
      }),
    );
  });
});

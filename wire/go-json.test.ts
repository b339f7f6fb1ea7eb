import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { jsonNode, jsonValue, parseGoJson } from './go-json';

describe('JSON as Go reads it', () => {
  test('keeps repeated keys in their order, and numbers as they were written', () => {
    expect(parseGoJson('{"a":1.0,"b":[true,null],"a":"\\u00e9"}')).toEqual({
      kind: 'object',
      members: [
        ['a', { kind: 'number', text: '1.0' }],
        ['b', { kind: 'array', items: [{ kind: 'bool', value: true }, { kind: 'null' }] }],
        ['a', { kind: 'string', value: 'é' }],
      ],
    });
  });

  // Answers of Go 1.24's json.Unmarshal.
  test.each([
    ['', 'unexpected end of JSON input'],
    ['{"a":', 'unexpected end of JSON input'],
    ['"a', 'unexpected end of JSON input'],
    ['not json', "invalid character 'o' in literal null (expecting 'u')"],
    ['{a:1}', "invalid character 'a' looking for beginning of object key string"],
    ['{"a" 1}', "invalid character '1' after object key"],
    ['{"a":1 "b":2}', `invalid character '"' after object key:value pair`],
    ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
    ['[1 2]', "invalid character '2' after array element"],
    ['[1,]', "invalid character ']' looking for beginning of value"],
    ['{} x', "invalid character 'x' after top-level value"],
    ['01', "invalid character '1' after top-level value"],
    ['-x', "invalid character 'x' in numeric literal"],
    ['1.x', "invalid character 'x' after decimal point in numeric literal"],
    ['1ex', "invalid character 'x' in exponent of numeric literal"],
    ['"\\x"', "invalid character 'x' in string escape code"],
    ['"\\u12g4"', "invalid character 'g' in \\u hexadecimal character escape"],
    ['"\n"', "invalid character '\\n' in string literal"],
    ["'a'", "invalid character '\\'' looking for beginning of value"],
    ['é', "invalid character 'Ã' looking for beginning of value"],
    ['\u0001', "invalid character '\\x01' looking for beginning of value"],
    ['['.repeat(100_000), "invalid character '[' exceeded max depth"],
  ])('says of %j what Go says', (text, complaint) => {
    expect(parseGoJson(text)).toEqual({ kind: 'syntax-error', text: complaint });
  });

  test('agrees with JSON.parse, and never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), (text) => {
        const node = parseGoJson(text);
        let expected: unknown;
        try {
          expected = JSON.parse(text);
        } catch {
          expect(node.kind).toBe('syntax-error');
          return;
        }
        if (node.kind === 'syntax-error') throw new Error(node.text);
        expect(JSON.stringify(jsonValue(node))).toBe(JSON.stringify(expected));
      }),
    );
  });

  test('makes a node of a value as it makes one of its text', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(jsonNode(JSON.parse(text))).toEqual(parseGoJson(text));
      }),
    );
  });

  test('takes __proto__ for a key', () => {
    const node = parseGoJson('{"__proto__":{"polluted":true}}');
    if (node.kind === 'syntax-error') throw new Error(node.text);
    const value = jsonValue(node) as Record<string, unknown>;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(value['polluted']).toBeUndefined();
  });
});

import { describe, expect, test } from '@jest/globals';
import { evaluateArithmetic } from './arithmetic';

function variablesOf(values: Readonly<Record<string, string>>) {
  const map = new Map(Object.entries(values));
  return {
    map,
    get: (name: string) => map.get(name),
    set: (name: string, value: string) => name !== 'fixed' && Boolean(map.set(name, value)),
  };
}

describe('arithmetic', () => {
  test.each([
    ['', 0n],
    ['1 + 2 * 3', 7n],
    ['(1 + 2) * 3', 9n],
    ['7 / 2 - -7 / 2', 6n],
    ['-7 % 3', -1n],
    ['010 + 0x1F', 39n],
    ['1 << 4 | 1', 17n],
    ['6 & 3 ^ 1', 3n],
    ['~0', -1n],
    ['!5 + !0', 1n],
    ['2 > 1 == 1', 1n],
    ['1 || 1 / 0', 1n],
    ['0 && 1 / 0', 0n],
    ['1 ? 2 : 1 / 0', 2n],
    ['x + y', 5n],
    ['nested', 7n],
    ['unset + 1', 1n],
    ['x = 4, x += 2, x * 2', 12n],
    ['x++ + x', 5n],
    ['--x', 1n],
    ['9223372036854775807 + 1', -9223372036854775808n],
    ['1 << 64', 1n],
    ['-9223372036854775807 - 2', 9223372036854775807n],
  ])('%s yields %s', (text, value) => {
    const variables = variablesOf({ x: '2', y: '3', nested: 'x + 5' });
    expect(evaluateArithmetic(text, variables)).toEqual({ kind: 'number', value });
  });

  test.each([
    ['1 / 0', 'divide by zero'],
    ['1 +', 'arithmetic syntax error'],
    ['1 2', 'arithmetic syntax error'],
    ['08', 'arithmetic syntax error'],
    ['(1', 'arithmetic syntax error'],
    ['@', 'arithmetic syntax error'],
    ['loop', 'expression recursion loop detected'],
    ['fixed = 1', 'fixed: is read only'],
    [`${'('.repeat(200)}1${')'.repeat(200)}`, 'arithmetic syntax error'],
  ])('%s is refused', (text, problem) => {
    const variables = variablesOf({ loop: 'loop + 1' });
    expect(evaluateArithmetic(text, variables)).toEqual({ kind: 'arithmetic-problem', text: problem });
  });

  test('assigns nothing in what is not evaluated', () => {
    const variables = variablesOf({});
    evaluateArithmetic('0 && (a = 1), 1 || (b = 1), 1 ? c = 1 : (d = 1)', variables);
    expect([...variables.map]).toEqual([['c', '1']]);
  });
});

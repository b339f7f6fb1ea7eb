import { describe, expect, test } from '@jest/globals';
import { readOptions } from './options';

const SPEC = { flags: 'ab', values: 'n', long: { all: 'a', number: 'n' } };

describe('options', () => {
  test.each([
    [['-a', 'x'], ['x'], 'a', []],
    [['x', '-ab', 'y'], ['x', 'y'], 'ab', []],
    [['-n', '5'], [], 'n', ['5']],
    [['-an5', '-n6'], [], 'an', ['5', '6']],
    [['--all', '--number=7', '--number', '8'], [], 'an', ['7', '8']],
    [['--', '-a'], ['-a'], '', []],
    [['-', 'x'], ['-', 'x'], '', []],
    [['-n', '-a'], [], 'n', ['-a']],
    [['-n', '--', '-a'], [], 'na', ['--']],
  ])('%j', (argv, words, letters, numbers) => {
    const options = readOptions(argv, SPEC);
    if (options.kind === 'refused') throw new Error(options.text);
    expect(options.words).toEqual(words);
    expect([...'abn'].filter((it) => options.has(it))).toEqual([...letters].sort());
    expect(options.all('n')).toEqual(numbers);
    expect(options.value('n')).toBe(numbers.at(-1));
  });

  test.each([
    [['-c'], 'unrecognized option: c'],
    [['-ac'], 'unrecognized option: c'],
    [['--none'], 'unrecognized option: none'],
    [['-n'], "option requires an argument -- 'n'"],
    [['--number'], 'option requires an argument: number'],
  ])('%j is refused', (argv, text) => {
    expect(readOptions(argv, SPEC)).toEqual({ kind: 'refused', text });
  });

  test('end at the first operand for commands that run another', () => {
    const options = readOptions(['-a', 'ls', '-b'], { ...SPEC, stopAtOperand: true });
    expect(options).toMatchObject({ words: ['ls', '-b'] });
    expect(options.kind === 'options' && options.has('b')).toBe(false);
  });
});

import { describe, expect, test } from '@jest/globals';
import { shellWords } from './shell-words';

const start = { file: 'unit', line: 3, column: 11 };
const texts = (text: string): string[] => shellWords(text, start).map((word) => word.text);

describe('a command line is cut into words', () => {
  test.each<[string, string[]]>([
    ['kubelet --v=2  --port 10250', ['kubelet', '--v=2', '--port', '10250']],
    [`--a='b c' --d="e \\" f"`, ['--a=b c', '--d=e " f']],
    [`--a='b\\c' --d="e\\f" g\\ h`, ['--a=b\\c', '--d=e\\f', 'g h']],
    ['kubelet \\\n  --v=2 # the rest\n--x=y#z', ['kubelet', '--v=2', '--x=y#z']],
    [`'' ""`, ['', '']],
    ['', []],
  ])('%j', (text, words) => {
    expect(texts(text)).toEqual(words);
  });

  test('each word knows where it stands', () => {
    expect(shellWords('kubelet \\\n  --v=2', start).map(({ at }) => [at.line, at.column])).toEqual([
      [3, 11],
      [4, 3],
    ]);
  });

  test('a quote that does not end is refused where it begins', () => {
    expect(() => texts('kubelet\n --a="b')).toThrow('unit:4:6: a quote (") does not end');
  });
});

import { describe, expect, test } from '@jest/globals';
import { LineEditor } from './line-editor';

function editorOf(history: readonly string[] = []) {
  const complete = (before: string) =>
    before.endsWith('ec') ? { insert: 'ho ', candidates: [] } : { insert: '', candidates: ['one', 'two'] };
  return new LineEditor({ prompt: '$ ', history, complete, width: () => 20 });
}

/** The outcome after these keys. */
function typed(keys: string, history: readonly string[] = []) {
  const editor = editorOf(history);
  for (const key of keys) {
    const outcome = editor.key(key);
    if (outcome !== null) return outcome.kind === 'line' ? outcome.text : outcome.kind;
  }
  return 'goes on';
}

const PART = new RegExp(`${'\x1b'}\\[\\d*[A-Z]|[\\s\\S]`, 'g');

/** What a terminal of 20 columns shows; enough of one for what the editor writes. */
function shown(output: string): string[] {
  const rows: string[][] = [[]];
  let [row, column] = [0, 0];
  for (const [part] of output.matchAll(PART)) {
    const count = Number(/\d+/.exec(part)?.[0] ?? 1);
    if (part === '\r') column = 0;
    else if (part === '\n') row += 1;
    else if (part === '\b') column -= 1;
    else if (part.endsWith('A') && part.length > 1) row -= count;
    else if (part.endsWith('C') && part.length > 1) column += count;
    else if (part.endsWith('D') && part.length > 1) column -= count;
    else if (part.endsWith('J') && part.length > 1) {
      rows.length = row + 1;
      rows[row]?.splice(column);
    } else {
      if (column === 20) [row, column] = [row + 1, 0];
      rows[row] ??= [];
      const line = rows[row];
      if (line !== undefined) line[column] = part;
      column += 1;
    }
    rows[row] ??= [];
  }
  return rows.map((it) => it.join(''));
}

describe('a line editor', () => {
  test.each([
    ['echo hi\r', 'echo hi'],
    ['ech\x7f\x08x\n', 'ex'],
    ['bc\x01a\x05d\r', 'abcd'],
    ['ac\x1b[Db\r', 'abc'],
    ['abc\x1b[H\x1b[3~\r', 'bc'],
    ['abc\x02\x02\x0b\r', 'a'],
    ['abc\x02\x15\r', 'c'],
    ['echo one two\x17\x17x\r', 'echo x'],
    ['one two\x1b[1;5DX\r', 'one Xtwo'],
    ['ec\t\r', 'echo '],
    ['abc\x03', 'interrupt'],
    ['\x04', 'end'],
    ['ab\x01\x04\r', 'b'],
    ['\x1b[99;99z\x1bOAx\r', 'x'],
    ['\u00e9\x7fe\r', 'e'],
  ])('%j types a line', (keys, line) => {
    expect(typed(keys)).toBe(line);
  });

  test.each([
    ['\x1b[A\r', 'second'],
    ['\x1b[A\x1b[A\r', 'first'],
    ['\x1b[A\x1b[A\x1b[A\x1b[A\r', 'first'],
    ['draft\x1b[A\x1b[B\r', 'draft'],
    ['\x10\x10\x0e!\r', 'second!'],
  ])('%j looks through the history', (keys, line) => {
    expect(typed(keys, ['first', 'second'])).toBe(line);
  });

  test.each([
    ['ac\x1b[Db', ['$ abc']],
    ['abc\x01\x1b[3~', ['$ bc']],
    ['x\t', ['$ x', 'one  two', '$ x']],
    ['abc\x15new', ['$ new']],
    ['aaaaaaaaaaaaaaaaaabbb\x01X', ['$ Xaaaaaaaaaaaaaaaaa', 'abbb']],
  ])('%j shows what is in it', (keys, screen) => {
    const editor = editorOf();
    for (const key of keys) editor.key(key);
    expect(shown(editor.takeOutput())).toEqual(screen);
  });

  test('draws prompt and line anew, with the cursor where it was', () => {
    const editor = editorOf();
    for (const key of 'abc\x02') editor.key(key);
    editor.takeOutput();
    editor.redraw();
    expect(editor.takeOutput()).toBe('\r$ abc\x1b[J\b');
  });
});

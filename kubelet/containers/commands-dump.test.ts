import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execute, startContainer } from './containers.test.fixtures';

let box: Awaited<ReturnType<typeof startContainer>>;
beforeAll(async () => {
  box = await startContainer();
});
afterAll(() => box.stop());

// Each row as od of coreutils, hexdump of util-linux and xxd of vim print it.
describe('bytes as numbers', () => {
  test.each([
    ["printf 'hi\\n\\0\\001' | od -c", '0000000   h   i  \\n  \\0 001\n0000005\n'],
    ["printf 'abc' | od -A x -t x1", '000000 61 62 63\n000003\n'],
    ["printf 'abc' | od -An -tx1", ' 61 62 63\n'],
    ["printf 'abc' | od", '0000000 061141 000143\n0000003\n'],
    ["printf 'abcd' | od -x", '0000000 6261 6463\n0000004\n'],
    ["printf 'ab\\377' | od -An -tu1; printf 'ab\\377' | od -An -td1", '  97  98 255\n   97   98   -1\n'],
    ["printf 'a\\0\\0\\0\\377\\377\\377\\377' | od -An -td4", '          97          -1\n'],
    [
      "printf 'abc' | od -A d -t x1z",
      '0000000 61 62 63                                         >abc<\n0000003\n',
    ],
    ['head -c 64 /dev/zero | od -An -tx1', `${' 00'.repeat(16)}\n*\n`],
    ['printf 0123456789 | od -c -j 2 -N 3', '0000002   2   3   4\n0000005\n'],
    [
      'echo hello, world of hexdump | hexdump -C',
      '00000000  68 65 6c 6c 6f 2c 20 77  6f 72 6c 64 20 6f 66 20  |hello, world of |\n' +
        '00000010  68 65 78 64 75 6d 70 0a                           |hexdump.|\n00000018\n',
    ],
    ['head -c 48 /dev/zero | hexdump', `0000000${' 0000'.repeat(8)}\n*\n0000030\n`],
    ['printf abc | hexdump', `0000000 6261 0063${' '.repeat(30)}\n0000003\n`],
    ['printf "" | hexdump -C', ''],
    [
      'echo hello world, and more | xxd',
      '00000000: 6865 6c6c 6f20 776f 726c 642c 2061 6e64  hello world, and\n' +
        '00000010: 206d 6f72 650a                            more.\n',
    ],
    ['echo hello | xxd -p; printf "\\377" | xxd -p -u', '68656c6c6f0a\nFF\n'],
    ['echo hello world, and more | xxd | xxd -r; echo 6869 0a | xxd -r -p', 'hello world, and more\nhi\n'],
    ['printf abcdef | xxd -c 3 -g 1', '00000000: 61 62 63  abc\n00000003: 64 65 66  def\n'],
  ])('%s', async (script, expected) => {
    const run = await execute(box.container, ['sh', '-c', script]);
    expect(run.stdout + run.stderr).toBe(expected);
  });
});

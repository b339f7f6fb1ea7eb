import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execute, startContainer } from './containers.test.fixtures';

let box: Awaited<ReturnType<typeof startContainer>>;
beforeAll(async () => {
  box = await startContainer();
  await execute(box.container, [
    'sh',
    '-c',
    'cd /tmp; echo x > old; echo x > new; touch -d "2020-01-01 00:00:00" old; : > empty; ln -s old link; ln old same; ' +
      'ln -s nope dangling; echo true > run; chmod +x run; mkdir dir',
  ]);
});
afterAll(() => box.stop());

describe('test', () => {
  test.each([
    ['', 1],
    ['x', 0],
    ['-f', 0],
    ['! x', 1],
    ['! ""', 0],
    ['a = a', 0],
    ['! = !', 0],
    ['-n = -n', 0],
    ['a != a', 1],
    ['10 -gt 9', 0],
    ['9223372036854775807 -lt 9223372036854775808', 0],
    ['" 1" -eq 01', 0],
    ['-n x -a -z ""', 0],
    ['-n x -a -z x', 1],
    ['-z x -o x', 0],
    ['"" -o ""', 1],
    ['x -a ""', 1],
    ['! a = b', 0],
    ['! -f /tmp/old -o -d /tmp/dir', 0],
    ['\\( a = b -o c = c \\) -a d = d', 0],
    ['! \\( a = a \\)', 1],
    ['\\( x \\)', 0],
    ['a = b -o a = b -o a = a', 0],
    ['-e /tmp/old', 0],
    ['-e /tmp/dangling', 1],
    ['-L /tmp/dangling', 0],
    ['-h /tmp/old', 1],
    ['-f /tmp/link', 0],
    ['-r /tmp/old -a -w /tmp/old', 0],
    ['-x /tmp/old', 1],
    ['-x /tmp/run', 0],
    ['-s /tmp/empty', 1],
    ['-s /tmp/old', 0],
    ['-k /tmp', 0],
    ['-c /dev/null', 0],
    ['-f /bin/ls', 0],
    ['-p /tmp/old', 1],
    ['-S /tmp/old', 1],
    ['/tmp/new -nt /tmp/old', 0],
    ['/tmp/new -ot /tmp/old', 1],
    ['/tmp/old -ot /tmp/new', 0],
    ['/tmp/old -ef /tmp/same', 0],
    ['/tmp/old -ef /tmp/link', 0],
    ['/tmp/old -ef /tmp/new', 1],
    ['-t 0', 1],
  ])('[ %s ] yields %d', async (words, code) => {
    expect(await execute(box.container, ['sh', '-c', `[ ${words} ]`])).toEqual({
      code,
      stdout: '',
      stderr: '',
    });
  });

  test.each([
    ['[ a', 'sh: missing ]'],
    ['[ a b ]', 'sh: b: unknown operand'],
    ['[ a -eq 1 ]', 'sh: a: bad number'],
    ['[ \\( a = a ]', 'sh: closing paren expected'],
    ['test a = a -a', 'sh: argument expected'],
  ])('%s is refused', async (script, text) => {
    const run = await execute(box.container, ['sh', '-c', script]);
    expect(run).toEqual({ code: 2, stdout: '', stderr: `${text}\n` });
  });
});

import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execute, executeBytes, startContainer } from './containers.test.fixtures';

let box: Awaited<ReturnType<typeof startContainer>>;
beforeAll(async () => {
  box = await startContainer();
});
afterAll(() => box.stop());

describe('gzip', () => {
  test.each([
    ['echo hello | gzip | gunzip', 'hello\n'],
    ['seq 20000 | gzip -9 | zcat | tail -n 1', '20000\n'],
    ['cd /tmp; echo a > a; gzip a; ls a*; zcat a.gz; gunzip a.gz; ls a*', 'a.gz\na\na\n'],
    [
      'cd /tmp; echo b > b; gzip -k b; ls b b.gz; gzip b; echo $?',
      "b\nb.gz\ngzip: can't open 'b.gz': File exists\n1\n",
    ],
    [
      'cd /tmp; echo c > c.txt; gunzip c.txt; gzip -t c.txt',
      'gunzip: c.txt: unknown suffix - ignored\ngzip: invalid magic\n',
    ],
    ['echo hello | gzip | head -c 10 | gunzip; echo $?', 'gunzip: unexpected end of file\n1\n'],
    ['zcat /tmp/nope', 'zcat: /tmp/nope: No such file or directory\n'],
    ['yes | gzip | gunzip | head -n 1', 'y\n'],
  ])('%s', async (script, expected) => {
    const run = await execute(box.container, ['sh', '-c', `{ ${script}; } 2>&1`]);
    expect(run.stdout).toBe(expected);
  });

  test('speaks with what others have packed', async () => {
    const packed = await executeBytes(box.container, ['gzip', '-c'], Buffer.from('ours'));
    expect(gunzipSync(packed.stdout).toString()).toBe('ours');
    const unpacked = await executeBytes(box.container, ['gunzip'], gzipSync('theirs'));
    expect(unpacked.stdout.toString()).toBe('theirs');
  });

  test('a bomb fills no more than its container has room for', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * 1024 * 1024));
    await executeBytes(box.container, ['sh', '-c', 'cat > /tmp/bomb.gz'], bomb);
    const run = await execute(box.container, ['gunzip', '/tmp/bomb.gz']);
    expect([run.code, run.stderr]).toEqual([1, 'gunzip: No space left on device\n']);
    expect(box.container.files.kindOf('/tmp/bomb')).toBeNull();
  });
});

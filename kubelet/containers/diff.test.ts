import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execute, startContainer } from './containers.test.fixtures';

let box: Awaited<ReturnType<typeof startContainer>>;
beforeAll(async () => {
  box = await startContainer();
});
afterAll(() => box.stop());

const sh = (script: string) => execute(box.container, ['sh', '-c', `cd /tmp; ${script}`]);

describe('diff', () => {
  test.each([
    ["seq 5 > a; seq 5 | sed 's/3/three/' > b; diff a b", '3c3\n< 3\n---\n> three\n', 1],
    ['seq 5 > a; seq 6 > b; diff a b; diff b a', '5a6\n> 6\n6d5\n< 6\n', 1],
    ["seq 5 > a; sed '2,3d;1i 0' a > b; diff a b", '0a1\n> 0\n2,3d2\n< 2\n< 3\n', 1],
    ['echo a > a; printf a > b; diff a b', '1c1\n< a\n---\n> a\n\\ No newline at end of file\n', 1],
    ['seq 3 > a; cp a b; diff a b; diff -s a b', 'Files a and b are identical\n', 0],
    ['echo a > a; echo b > b; diff -q a b', 'Files a and b differ\n', 1],
    ['echo "a  b" > a; echo "A b " > b; diff -ib a b', '', 0],
    ['printf "a\\0" > a; printf "b\\0" > b; diff a b', 'Binary files a and b differ\n', 1],
    [
      "seq 9 > a; sed '5s/5/five/' a > b; diff -u a b",
      '--- a\n+++ b\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n',
      1,
    ],
    [
      "seq 30 > a; sed -e 2d -e '28a x' a > b; diff -U1 a b",
      '--- a\n+++ b\n@@ -1,3 +1,2 @@\n 1\n-2\n 3\n@@ -28,2 +27,3 @@\n 28\n+x\n 29\n',
      1,
    ],
    [': > a; seq 2 > b; diff -u a b', '--- a\n+++ b\n@@ -0,0 +1,2 @@\n+1\n+2\n', 1],
    ['echo x | diff -u - /etc/hostname | tail -n 2', '-x\n+box\n', 0],
    ['diff a nope', 'diff: nope: No such file or directory\n', 2],
  ])('%s', async (script, expected, code) => {
    const run = await sh(script);
    expect([run.stdout + run.stderr, run.code]).toEqual([expected, code]);
  });

  test('of two long files that have nothing in common ends soon', async () => {
    const run = await sh("seq 20000 > a; sed 's/^/x/' a > b; diff a b | wc -l");
    expect(run.stdout.trim()).toBe('40002');
  });
});

describe('cmp', () => {
  test.each([
    ['printf "a\\nbc" > a; printf "a\\nbd" > b; cmp a b', 'a b differ: char 4, line 2\n', 1],
    ['printf abc > a; printf abcd > b; cmp a b', 'cmp: EOF on a\n', 1],
    ['printf abc > a; printf aXY > b; cmp -l a b', '2 142 130\n3 143 131\n', 1],
    ['echo x > a; cp a b; cmp a b; cmp -s a /etc/passwd', '', 1],
    ['echo x > a; cmp a < a', '', 0],
  ])('%s', async (script, expected, code) => {
    const run = await sh(script);
    expect([run.stdout + run.stderr, run.code]).toEqual([expected, code]);
  });
});

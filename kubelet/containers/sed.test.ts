import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execute, startContainer } from './containers.test.fixtures';

let box: Awaited<ReturnType<typeof startContainer>>;
beforeAll(async () => {
  box = await startContainer();
});
afterAll(() => box.stop());

const sh = (script: string) => execute(box.container, ['sh', '-c', script]);

describe('sed', () => {
  test.each([
    ["echo aXbX | sed 's/X/-/'", 'a-bX\n'],
    ["echo aXbX | sed 's/X/-/g'", 'a-b-\n'],
    ["echo aXbXcX | sed 's/X/-/2'", 'aXb-cX\n'],
    ["echo aXbXcX | sed 's/X/-/2g'", 'aXb-c-\n'],
    ["echo 'key = value' | sed -E 's/([a-z]+) = ([a-z]+)/\\2:\\1/'", 'value:key\n'],
    ["echo abc | sed 's/\\(a\\)\\(b\\)/[&][\\2\\1]/'", '[ab][ba]c\n'],
    ["echo abcd | sed -E 's/(a|ab)(c|bcd)/<\\1|\\2>/'", '<a|bcd>\n'],
    ["echo foobar | sed -E 's/(x)?foo(bar)/[\\1\\2]/'", '[bar]\n'],
    ["echo ababab | sed -E 's/(ab)*/<\\1>/'", '<ab>\n'],
    ["echo HELLO | sed 's/hello/bye/I'", 'bye\n'],
    ["echo /usr/bin | sed 's|/|:|g; s,:usr,&!,'", ':usr!:bin\n'],
    ["echo 'a/b' | sed 's/a\\/b/c/; s/[/c]/d/'", 'd\n'],
    ["echo baaac | sed 's/a*/x/g'", 'xbxcx\n'],
    ["echo 'one two' | sed 's/\\bt/T/; s/e\\>/E/'", 'onE Two\n'],
    ["echo 'a b' | sed 's/ /\\n/'", 'a\nb\n'],
    ["seq 5 | sed -n '2p;4,$p'", '2\n4\n5\n'],
    ["seq 5 | sed '2,4d'", '1\n5\n'],
    ["seq 5 | sed '2!d'", '2\n'],
    ["seq 5 | sed -n '$='", '5\n'],
    ["seq 6 | sed -n '/2/,/4/p;/5/,1p'", '2\n3\n4\n5\n'],
    ["seq 6 | sed -n '2~2p;5,+1p'", '2\n4\n5\n6\n6\n'],
    ["seq 4 | sed -n '0,/1/p;3{p;=}'", '1\n3\n3\n'],
    ["seq 9 | sed 3q; seq 9 | sed -n '2{p;q5}'; echo $?", '1\n2\n3\n2\n5\n'],
    ["seq 2 | sed '1i before' | sed '$a after' | sed 's/2/two/'", 'before\n1\ntwo\nafter\n'],
    ["seq 3 | sed '2c\\\nchanged\\\ntwice'", '1\nchanged\ntwice\n3\n'],
    ["seq 4 | sed '2,3c x'", '1\nx\n4\n'],
    ["echo abc | sed 'y/abc/xyz/'", 'xyz\n'],
    ["seq 4 | sed 'n;d'", '1\n3\n'],
    ["seq 3 | sed ':a;N;$!ba;s/\\n/,/g'", '1,2,3\n'],
    ["seq 3 | sed -n '1!G;h;$p'", '3\n2\n1\n'],
    ["seq 4 | sed '$!N;P;D'", '1\n2\n3\n4\n'],
    ["echo 1234567 | sed -E ':a;s/([0-9])([0-9]{3})($|,)/\\1,\\2\\3/;ta'", '1,234,567\n'],
    ["printf 'a\\nb' | sed 's/b/c/'", 'a\nc'],
    ['echo x | sed -e s/x/y/ -e s/y/z/', 'z\n'],
    ["echo 's/a/b/' > /tmp/s.sed; echo a | sed -f /tmp/s.sed", 'b\n'],
    ["echo a > /tmp/1; echo a > /tmp/2; sed -i '1s/a/b/' /tmp/1 /tmp/2; cat /tmp/1 /tmp/2", 'b\nb\n'],
    ['echo a > /tmp/3; sed -i.bak s/a/b/ /tmp/3; cat /tmp/3 /tmp/3.bak', 'b\na\n'],
    ["seq 3 > /tmp/4; sed -ni '2p' /tmp/4; cat /tmp/4", '2\n'],
    ["seq 2 > /tmp/5; sed -n '$p' /tmp/5 /tmp/5; sed -sn '$p' /tmp/5 /tmp/5", '2\n2\n2\n'],
    ["seq 2 | sed '/1/s//x/'", 'x\n2\n'],
  ])('%s', async (script, expected) => {
    const run = await sh(script);
    expect(run.stdout + run.stderr).toBe(expected);
  });

  test.each([
    ['s/a/b', "sed: unmatched '/'"],
    ['s/a/b/k', 'sed: bad option in substitution expression'],
    ['s/\\(a\\)\\1/b/', "sed: bad regex '\\(a\\)\\1': Invalid back reference: not supported in a pattern"],
    ['s/a/\\1/', "sed: invalid reference \\1 on s command's RHS"],
    ['k', 'sed: unsupported command k'],
    ['1,p', 'sed: no address after comma'],
    ['bnowhere', "sed: can't find label for jump to 'nowhere'"],
    ['y/a/bc/', "sed: strings for 'y' command are different lengths"],
    ['{p', 'sed: unterminated {'],
    [':a;s/.*/&&/;ba', 'sed: out of memory'],
  ])('refuses %s', async (script, text) => {
    expect(await execute(box.container, ['sed', script], 'aa\n')).toEqual({
      code: 1,
      stdout: '',
      stderr: `${text}\n`,
    });
  });

  test('goes on with the files there are', async () => {
    expect(await sh('echo a > /tmp/6; sed p /tmp/nope /tmp/6')).toEqual({
      code: 1,
      stdout: 'a\na\n',
      stderr: 'sed: /tmp/nope: No such file or directory\n',
    });
  });

  test('that never ends is killed', async () => {
    expect((await sh("echo a | timeout 0.05 sed ':a;ba'; echo $?")).stdout).toBe('143\n');
  });
});

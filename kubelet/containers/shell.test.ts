import { getEventListeners } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execute, Screen, startContainer } from './containers.test.fixtures';
import { Pipe, type Sink } from './pipe';
import { Terminal } from './terminal';

let box: Awaited<ReturnType<typeof startContainer>>;
beforeAll(async () => {
  box = await startContainer();
});
afterAll(() => box.stop());

const sh = (script: string, stdin?: string) => execute(box.container, ['sh', '-c', script], stdin);

describe('sh -c', () => {
  test.each([
    ['echo hi', 'hi\n'],
    ['echo \'a  b\' "c  d" e  f', 'a  b c  d e f\n'],
    ['A="x  y"; echo $A; echo "$A"', 'x y\nx  y\n'],
    ['A=1 printenv A; echo "[$A]"', '1\n[]\n'],
    ['export A=1; printenv A', '1\n'],
    ['echo ${NOPE:-fallback}', 'fallback\n'],
    ['false; echo $?; true; echo $?', '1\n0\n'],
    ['true && echo yes || echo no', 'yes\n'],
    ['false && echo yes || echo no', 'no\n'],
    ['! false && echo turned', 'turned\n'],
    ['echo one | cat | wc -c', '4\n'],
    ['printf "a\\nb\\nc\\n" | head -n 2 | tail -n 1', 'b\n'],
    ['yes | head -n 3', 'y\ny\ny\n'],
    ['echo x > /tmp/f; echo y >> /tmp/f; cat /tmp/f', 'x\ny\n'],
    ['echo x > /tmp/f; cat < /tmp/f', 'x\n'],
    ['cat /nope 2>&1 | wc -l', '1\n'],
    ['cd /tmp; pwd; cd ..; pwd', '/tmp\n/\n'],
    ['cd /nope; echo $?', '2\n'],
    ['exit 3 | cat; echo $?', '0\n'],
    ['echo a # not this', 'a\n'],
    ['hostname; cat /etc/hostname', 'box\nbox\n'],
    ['id -u', '0\n'],
    ['env A=1 B=2 printenv B', '2\n'],
    ['printf "%s-%03d|%5s|%-3s|\\n" a 7 b c', 'a-007|    b|c  |\n'],
    ['printf "%s\\n" a b', 'a\nb\n'],
    ['echo -n x; echo -e "a\\tb"', 'xa\tb\n'],
    ['echo hi | tee /tmp/t | md5sum; cat /tmp/t', '764efa883dda1e11db47671c4a3bbd9e  -\nhi\n'],
    ['test -f /etc/hostname && echo file', 'file\n'],
    ['[ 3 -gt 2 ] && [ a != b ] && echo ordered', 'ordered\n'],
    ['sh -c "echo $0 $1" name arg', 'sh\n'],
    ["sh -c 'echo $0 $1' name arg", 'name arg\n'],
    ['echo "echo from file" > /tmp/s; sh /tmp/s', 'from file\n'],
    ['ls /run/secrets /tmp/nothing; echo $?', '/run/secrets:\n1\n'],
    ['date +%s | wc -c', '11\n'],
    ['printf abc | wc', '        0         1         3\n'],
    ['echo a | cat - /etc/hostname', 'a\nbox\n'],
    ['head -c 2 /etc/hostname', 'bo'],
    ['A=1; unset A; echo "[$A]"', '[]\n'],
    ['for i in 1 2 3; do echo $i; done | tail -n 1', '3\n'],
    ['i=0; while [ $i -lt 3 ]; do i=$((i+1)); [ $i = 2 ] && continue; echo $i; done', '1\n3\n'],
    ['until false; do echo once; break; done', 'once\n'],
    ['case abc in a?c) echo yes;; *) echo no;; esac', 'yes\n'],
    ['f() { local x=in; echo "$x $1 $#"; return 4; }; x=out; f a b; echo $? $x', 'in a 2\n4 out\n'],
    ['(cd /tmp; A=1); pwd; echo "[$A]"', '/\n[]\n'],
    ['{ echo a; echo b; } > /tmp/g; cat /tmp/g', 'a\nb\n'],
    ['x=$(echo a; echo b); echo "$x" `echo c`', 'a\nb c\n'],
    ['x=a.tar.gz; echo ${x%.*} ${x%%.*} ${x#*.} ${x##*.} ${#x}', 'a.tar a tar.gz gz 8\n'],
    ['echo ${u:=set} $u ${u:+alt} ${n:-"a  b"}', 'set set alt a  b\n'],
    ['echo $((7/2)) $((-7%3)) $((1<<4|1)) $((0x10)) $((2>1?5:6))', '3 -1 17 16 5\n'],
    ['cd /tmp; mkdir -p glob; cd glob; : > b; : > a; : > .h; echo * /nope*', 'a b /nope*\n'],
    ['cat <<E\nhi $((1+1)) `echo x`\nE', 'hi 2 x\n'],
    ["cat <<'E'\n$HOME\nE", '$HOME\n'],
    ['set -- a "b c"; for i in "$@"; do echo "[$i]"; done; shift; echo $# $1', '[a]\n[b c]\n1 b c\n'],
    ['echo a b c | { read x y; echo "$y-$x"; }', 'b c-a\n'],
    ['printf "1\\n2\\n" | while read l; do echo "<$l>"; done', '<1>\n<2>\n'],
    ['set -e; false || true; echo on; false; echo off', 'on\n'],
    ['set -o pipefail; false | true; echo $?', '1\n'],
    ['trap "echo bye" EXIT; echo hi', 'hi\nbye\n'],
    ['trap "echo got" TERM; kill -TERM $$; echo on', 'got\non\n'],
    ['sleep 0.01 & p=$!; wait $p; echo $?', '0\n'],
    ['sleep 100 & kill $!; wait $!; echo $?', '143\n'],
    ['exec 3>/tmp/fd; echo three >&3; exec 3>&-; cat /tmp/fd', 'three\n'],
    ['echo err >&2 2>/dev/null | cat', ''],
    ['eval "a=1; echo \\$a"', '1\n'],
    ['echo "echo $1" > /tmp/src; . /tmp/src', '\n'],
    ['command -v cat; type cd', '/bin/cat\ncd is a shell builtin\n'],
    ['readonly R=1; (R=2) 2>/dev/null; echo $R', '1\n'],
    ['IFS=:; set -- $(echo a:b::c); echo $#', '4\n'],
    [
      'bash -c "echo bash"; echo "#!/bin/sh\necho script" > /tmp/x; chmod +x /tmp/x; /tmp/x',
      'bash\nscript\n',
    ],
    ['umask 077; : > /tmp/um; stat -c %a /tmp/um', '600\n'],
  ])('%s', async (script, expected) => {
    expect((await sh(script)).stdout).toBe(expected);
  });

  test.each([
    ['exit 7', 7, ''],
    ['nope', 127, 'sh: nope: not found\n'],
    ['cat /nope', 1, "cat: can't open '/nope': No such file or directory\n"],
    ['cat < /nope', 1, "sh: can't open /nope: no such file\n"],
    ['echo x > /nope/f', 1, "sh: can't create /nope/f: nonexistent directory\n"],
    ['cat /tmp', 1, "cat: can't open '/tmp': Is a directory\n"],
    ['echo "unfinished', 2, 'sh: syntax error: unterminated quoted string\n'],
    ['stty size', 1, 'stty: standard input: Not a tty\n'],
    ['exit x', 2, 'sh: exit: Illegal number: x\n'],
    ['yes > /tmp/full', 1, 'yes: write error: No space left on device\n'],
  ])('%s ends with %d', async (script, code, stderr) => {
    const run = await sh(script);
    expect(run.stderr).toBe(stderr);
    expect(run.code).toBe(code);
    await sh('echo > /tmp/full');
  });

  test('a command reads what the shell has not read of standard input', async () => {
    const run = await execute(box.container, ['sh'], 'head -n 1\nfirst\nsecond-is-a-command\n');
    expect(run.stdout).toBe('first\nsecond-is-a-command\n'.slice(0, 6));
  });

  test('an interactive shell without a terminal shows no prompt', async () => {
    const run = await execute(box.container, ['sh'], 'echo a\nexit 4\necho b\n');
    expect(run).toEqual({ code: 4, stdout: 'a\n', stderr: '' });
  });
});

test.each(['wait', 'fg'])('%s leaves nothing behind that waits for the shell to be killed', async (wait) => {
  const waiting: number[] = [];
  const stdout: Sink = {
    write: async (_bytes, signal) => {
      if (signal !== undefined) waiting.push(getEventListeners(signal, 'abort').length);
      return true;
    },
    end: () => undefined,
  };
  const streams = { stdin: null, stdout, stderr: new Screen(), terminal: null };
  const { signal } = new AbortController();
  const script = `pwd; for i in 1 2 3 4; do : & ${wait} > /dev/null; done; pwd`;
  await box.container.exec(['sh', '-c', script], { ...streams, signal });
  expect(waiting).toEqual([0, 0]);
});

describe('limits', () => {
  test('a variable cannot be doubled until memory is gone', async () => {
    const run = await sh(`A=xxxxxxxx; ${'A=$A$A; '.repeat(40)} echo $?`);
    expect(run.stderr).toContain('sh: Argument list too long\n');
  });

  test('shells that start each other without end stop', async () => {
    const run = await sh('echo "sh /tmp/bomb | sh /tmp/bomb" > /tmp/bomb; sh /tmp/bomb');
    expect(run.stderr).toContain("sh: can't fork: Resource temporarily unavailable\n");
  });

  test('nothing of the machine that runs the lab is there', async () => {
    const run = await sh(
      'grep_nothing; cat /etc/shadow /proc/self/environ ../../../../etc/shadow /proc/self/root/etc/passwd; /usr/bin/node -e 1; printenv; ls /opt /home',
    );
    expect(run.stdout).toBe(
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\nHOSTNAME=box\nHOME=/root\nPWD=/\n/opt:\n\n/home:\n',
    );
    expect(run.stderr).toContain('sh: /usr/bin/node: not found');
  });
});

describe('a terminal', () => {
  async function openTerminal(argv: readonly string[]) {
    const [keys, screen, gone] = [new Pipe(), new Screen(), new AbortController()];
    const terminal = new Terminal(screen);
    const type = (text: string): void => void keys.write(Buffer.from(text));
    const streams = { stdin: keys, stdout: screen, stderr: null, terminal, signal: gone.signal };
    const ended = box.container.exec(argv, streams);
    return { screen, type, terminal, ended, hangUp: () => gone.abort() };
  }

  test('has a prompt, an echo, carriage returns, and ends with the shell', async () => {
    const { screen, type, ended } = await openTerminal(['sh']);
    await screen.shows('/ # ');
    type('echo a b\r');
    await screen.shows('a b\r\n/ # ');
    type('exit 5\r');
    expect(await ended).toEqual({ kind: 'exited', code: 5 });
    expect(screen.text).toBe('/ # echo a b\r\na b\r\n/ # exit 5\r\n');
  });

  test('edits a line and ends at Ctrl-D', async () => {
    const { screen, type, ended } = await openTerminal(['sh']);
    await screen.shows('/ # ');
    type('echo abx\x7fc\r');
    await screen.shows('\nabc\r\n');
    type('rubbish\x15\x04');
    expect(await ended).toEqual({ kind: 'exited', code: 0 });
  });

  test('Ctrl-C kills the command and not the shell', async () => {
    const { screen, type, ended } = await openTerminal(['sh']);
    await screen.shows('/ # ');
    type('sleep 1000\r');
    await screen.shows('sleep 1000\r\n');
    type('\x03');
    await screen.shows('^C\r\n/ # ');
    type('echo $?\r');
    await screen.shows('130\r\n');
    type('half a line\x03');
    type('exit\r');
    expect(await ended).toEqual({ kind: 'exited', code: 130 });
  });

  test('Ctrl-C kills a command that has no shell', async () => {
    const { screen, type, ended } = await openTerminal(['cat']);
    type('x\r');
    await screen.shows('x\r\nx\r\n');
    type('\x03');
    expect(await ended).toEqual({ kind: 'exited', code: 130 });
  });

  test('tells its size, and the new one after a resize', async () => {
    const { screen, type, terminal, ended } = await openTerminal(['sh']);
    terminal.resize({ width: 100, height: 40 });
    type('stty size\r');
    await screen.shows('40 100\r\n');
    terminal.resize({ width: 120, height: 50 });
    type('stty size\r');
    await screen.shows('50 120\r\n');
    type('exit\r');
    await ended;
  });

  test('a client that hangs up takes everything with it', async () => {
    const { screen, type, ended, hangUp } = await openTerminal(['sh']);
    await screen.shows('/ # ');
    type('yes | cat > /dev/null\r');
    await screen.shows('/dev/null\r\n');
    hangUp();
    expect(await ended).toEqual({ kind: 'exited', code: 137 });
  });
});

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execute, startContainer } from './containers.test.fixtures';

let box: Awaited<ReturnType<typeof startContainer>>;
beforeAll(async () => {
  box = await startContainer();
});
afterAll(() => box.stop());

const sh = (script: string) => execute(box.container, ['sh', '-c', script]);

describe('commands', () => {
  test.each([
    ['printf "b\\na\\nc\\na\\n" | sort | uniq -c', '      2 a\n      1 b\n      1 c\n'],
    ['printf "10\\n9\\n" | sort -n; printf "1 b\\n2 a\\n" | sort -k2', '9\n10\n2 a\n1 b\n'],
    ['echo a:b:c | cut -d: -f1,3; echo abcdef | cut -c2-4', 'a:c\nbcd\n'],
    ['echo hello | tr a-y b-z; echo "a  b" | tr -s " "; echo abc | tr -d b', 'ifmmp\na b\nac\n'],
    ['seq 2 4; seq 3 -1 2', '2\n3\n4\n3\n2\n'],
    ['echo hi | base64; echo aGkK | base64 -d', 'aGkK\nhi\n'],
    ['printf abc | sha256sum', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  -\n'],
    [
      'seq 3 | xargs echo; seq 2 | xargs -n1 echo x; seq 2 | xargs -I{} echo "<{}>"',
      '1 2 3\nx 1\nx 2\n<1>\n<2>\n',
    ],
    ['which cat nope; echo $?', '/bin/cat\n1\n'],
    ['whoami; uname -m', 'root\nx86_64\n'],
    [
      'echo kept > /tmp/f; mv /tmp/f /proc 2>&1; echo $?; cat /tmp/f',
      "mv: can't rename '/tmp/f': Operation not permitted\n1\nkept\n",
    ],
    [
      'cd /tmp; rm -rf cpt; mkdir -p cpt/d; echo x > cpt/d/f; cp -r cpt cp2; cat cp2/d/f; mv cp2 cp3; ls cp3',
      'x\nd\n',
    ],
    [
      'cd /tmp; ln -s /etc/hostname lnk; readlink lnk; cat lnk; realpath lnk',
      '/etc/hostname\nbox\n/etc/hostname\n',
    ],
    [
      'cd /tmp; echo x > md; chmod u+x,go-r md; stat -c "%a %n" md; chmod 600 md; stat -c %A md',
      '700 md\n-rw-------\n',
    ],
    [
      'cd /tmp; mkdir -p fd/a; : > fd/a/x.txt; find fd -name "*.txt"; find fd -type d',
      'fd/a/x.txt\nfd\nfd/a\n',
    ],
    [
      'printf "one\\ntwo\\nthree\\n" | grep -n t; printf "a.b\\nacb\\n" | grep -F a.b',
      '2:two\n3:three\na.b\n',
    ],
    [
      'printf "x1y22\\n" | grep -oE "[0-9]+"; echo abc | grep -c b; echo AbC | grep -i abc',
      '1\n22\n1\nAbC\n',
    ],
    ['printf "a\\nb\\n" | grep -v a; echo foo | grep -q bar; echo $?', 'b\n1\n'],
    [
      'echo aXbX | grep -o "a.*X"; echo "a+b" | grep "a+b"; echo aab | grep -E "^(a|b)+$"',
      'aXbX\na+b\naab\n',
    ],
    ['timeout 0.05 sleep 10; echo $?', '143\n'],
    [
      'tail -n +2 /etc/passwd | head -n 1; basename /a/b.c .c; dirname /a/b',
      'daemon:x:1:1:daemon:/usr/sbin:/bin/false\nb\n/a\n',
    ],
    ['ps > /tmp/ps; grep -c "sh -c" /tmp/ps', '1\n'],
    ['cat /proc/self/comm /proc/uptime | head -n 1; ls /proc/1', 'cat\ncmdline\ncomm\nfd\nstat\nstatus\n'],
    ['echo x > /tmp/fo; (tail -f /tmp/fo & sleep 0.02; echo y >> /tmp/fo; sleep 0.02; kill $!)', 'x\ny\n'],
  ])('%s', async (script, expected) => {
    expect((await sh(script)).stdout).toBe(expected);
  });

  test.each([
    ['echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | grep -E "(a*)*(a*)*(a*)*b"', 1],
    ['echo a | grep -E "((((a{200}){200}){200}){200})"', 2],
    ['x=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; case $x in *a*a*a*a*a*a*a*a*a*b) ;; *) exit 3;; esac', 3],
  ])('%s does not hold anybody up', async (script, code) => {
    const begun = performance.now();
    expect((await sh(script)).code).toBe(code);
    expect(performance.now() - begun).toBeLessThan(1000);
  });
});

describe('curl', () => {
  test.each([
    ['curl file:///etc/passwd', 1, 'curl: (1) Protocol "file" not supported'],
    ['curl -s -S http://nobody.example/', 6, 'curl: (6) Could not resolve host: nobody.example'],
    ['curl http://10.244.1.5:9/', 7, 'curl: (7) Failed to connect to 10.244.1.5 port 9 after '],
    ['curl -sS http://127.0.0.1:1/', 7, 'curl: (7) Failed to connect to 127.0.0.1 port 1 after '],
    ['curl', 2, 'curl: (2) no URL specified'],
    ['wget -qO- http://nobody.example/', 1, 'wget: Could not resolve host: nobody.example'],
    ['nc -z -w 1 10.244.1.5 9', 1, 'nc: 10.244.1.5 (10.244.1.5:9): Connection refused'],
  ])('%s ends with %d', async (script, code, text) => {
    const run = await sh(script);
    expect(run.stderr).toContain(text);
    expect(run.code).toBe(code);
  });

  test('reaches a web server of the lab, and believes only what it is told to', async () => {
    const web = await startContainer({ image: 'nginx' });
    const get = (script: string) => execute(web.container, ['sh', '-c', script]);
    expect((await get('curl -s http://10.244.1.5/ | grep title')).stdout).toBe(
      '<title>Welcome to nginx!</title>\n',
    );
    expect((await get("curl -s -o /dev/null -w '%{http_code}\\n' http://10.244.1.5/nope")).stdout).toBe(
      '404\n',
    );
    expect(await get('curl -f http://10.244.1.5/nope')).toMatchObject({
      code: 22,
      stderr: 'curl: (22) The requested URL returned error: 404\n',
    });
    expect((await get('curl -sS https://10.244.1.5:80/')).code).toBe(35);
    expect((await get('wget -qO- http://10.244.1.5/ | head -n 1')).stdout).toBe('<!DOCTYPE html>\n');
    expect(web.container.log.select().map((it) => it.bytes.toString())[0]).toMatch(
      /^10\.244\.1\.5 - - \[.*\] "GET \/ HTTP\/1\.1" 200 /,
    );
    await web.stop();
  });

  test('is known to a server by its address in the lab', async () => {
    const image = 'registry.k8s.io/e2e-test-images/agnhost';
    const web = await startContainer({ image, args: ['netexec'] });
    const { stdout } = await execute(web.container, ['curl', '-s', 'http://10.244.1.5:8080/clientip']);
    expect(stdout).toMatch(/^10\.244\.1\.5:\d+$/);
    await web.stop();
  });
});

describe('lines and names', () => {
  test.each([
    ['seq 3 | tac; printf "a\\nb" | tac', '3\n2\n1\nba\n'],
    ['printf "\\n\\nx\\n" | tac', 'x\n\n\n'],
    ['echo abc | rev', 'cba\n'],
    ['printf "a\\n\\nb\\n" | nl', '     1\ta\n       \n     2\tb\n'],
    ['printf "a\\n\\n" | nl -b a -w 2 -s : -v 9', ' 9:a\n10:\n'],
    ['echo abcdefg | fold -w 3; echo "one two three" | fold -s -w 8', 'abc\ndef\ng\none two \nthree\n'],
    [
      'f=$(mktemp); stat -c %a $f; d=$(mktemp -d -p /var/tmp xy.XXXXXXXX); [ -d $d ] && echo ${#d}',
      '600\n20\n',
    ],
    ['mktemp ab.XX; echo $?', '1\n'],
    ['tty; echo $?', 'not a tty\n1\n'],
  ])('%s', async (script, expected) => {
    expect((await sh(script)).stdout).toBe(expected);
  });
});

import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execute, startContainer } from './containers.test.fixtures';

/** The machine's own shell judges: where there is none, or it is not dash, nothing is compared, and that is said. */
const reference = spawnSync('dash', ['-c', 'echo yes'], { encoding: 'utf8' }).stdout === 'yes\n';
if (!reference)
  process.stderr.write('SKIPPED: no dash on this machine, the shell is compared with nothing\n');

/** Safe: nothing of these touches a file or another process. */
const SCRIPTS = [
  'echo "$((1+2*3))" $((7%4)) $((1<<3|1)) $((5>3?10:20))',
  'x="a b  c"; echo $x; echo "$x"; set -- $x; echo $#',
  'x=abc.tar.gz; echo ${x%.*} ${x%%.*} ${x#*.} ${x##*.} ${#x}',
  'echo ${u:-default} ${u-none} ${u:+set}; u=; echo "[${u-none}]" "[${u:-empty}]"; echo ${u:=new} $u',
  'for i in 1 2 3; do [ $i = 2 ] && continue; echo $i; done; echo $?',
  'i=0; while [ $i -lt 5 ]; do i=$((i+1)); [ $i -eq 3 ] && break; done; echo $i',
  'case foobar in foo) echo 1;; f*r|x) echo 2;; *) echo 3;; esac',
  'f() { echo "$1-$#"; return 3; }; f a b; echo $?',
  'f() { local x=1; echo $x; }; x=2; f; echo $x',
  '(exit 4); echo $?; false || echo or; true && echo and; ! true; echo $?',
  'x=1; (x=2; echo $x); echo $x; { x=3; }; echo $x',
  'echo a | { read x; echo "<$x>"; }; printf "%s-%03d|%5s|%-3s|\\n" a 7 b c',
  "cat <<E\n$((1+1)) $(echo sub) `echo tick`\nE\ncat <<'E'\n$x\nE",
  'cat <<-E\n\ttabs\n\tE',
  'echo \'single $x\' "double \\$x \\"q\\"" back\\ slash',
  'IFS=:; x=a:b::c; set -- $x; echo $#; echo "$*"',
  'set -- a "b c" d; for x in "$@"; do echo "[$x]"; done; for x in $*; do echo "($x)"; done; shift 2; echo $1',
  'while getopts ab:c o -a -b val -cx; do echo "$o ${OPTARG-}"; done 2>/dev/null; echo $OPTIND',
  'while getopts :a: o -z -a; do echo "$o $OPTARG"; done; echo $OPTIND',
  'set -- -ab -- x; while getopts ab o; do echo $o; done; shift $((OPTIND-1)); echo $1',
  'trap "echo bye" EXIT; echo hi; exit 3',
  'set -e; false || true; echo on; if false; then :; fi; false; echo never',
  'set -u; echo ${x-ok}; (echo $x) 2>/dev/null; echo $?',
  'eval "x=5; echo \\$x"; command echo c; type cd >/dev/null; echo $?',
  'echo one; exec echo two; echo never',
  'x=$(printf "a\\n\\n"); echo "[$x]"; echo $(echo a; echo b)',
  '[ -z "" -a -n x ] && echo both; [ ! -e /nonexistent ] && echo not; [ \\( a = b \\) -o c = c ]; echo $?',
  '[ 1 -eq 01 ]; echo $?; test 2 -gt 10; echo $?; [ "a" != "b" ]; echo $?',
  'until [ "${n:=0}" -ge 2 ]; do n=$((n+1)); done; echo $n',
  'echo err >&2 2>/dev/null; { echo out; echo err >&2; } 2>&1',
  'a=1 b=2; a=3 eval "echo $a"; echo $a$b; readonly r=1; echo $r',
  'echo [a-c] "*" \\*; x="*"; echo "$x"',
  'for i; do echo no; done; set --; echo $#',
  'case a in [!b]) echo 1;; esac; case "*" in "*") echo star;; esac; case ab in a?) echo q;; esac',
  'nosuchcommand 2>/dev/null; echo $?',
];

let box: Awaited<ReturnType<typeof startContainer>>;
beforeAll(async () => {
  box = await startContainer();
});
afterAll(() => box.stop());

(reference ? describe : describe.skip)('the shell does as dash does', () => {
  test.each(SCRIPTS)('%s', async (script) => {
    const real = spawnSync('dash', ['-c', script], {
      encoding: 'utf8',
      cwd: '/',
      input: '',
      env: { PATH: '/usr/bin:/bin' },
      timeout: 5000,
    });
    const run = await execute(box.container, ['sh', '-c', script]);
    expect([run.stdout, run.code]).toEqual([real.stdout, real.status]);
  });
});

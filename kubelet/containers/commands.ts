import { basename, dirname } from 'node:path/posix';
import { cp, mv } from './commands-copy';
import { hexdump, od, xxd } from './commands-dump';
import { mkdir, rm } from './commands-files';
import { base64, cut, seq, sha256sum, sort, tr, uniq } from './commands-filter';
import { fold, mktemp, nl, rev, tac, tty } from './commands-lines';
import { df, du, ls, mount, stat } from './commands-list';
import {
  basename as baseCommand,
  chmod,
  chown,
  dirname as directoryCommand,
  ln,
  readlink,
  realpath,
  rmdir,
  touch,
} from './commands-modes';
import { getent, nc, nslookup, ping } from './commands-network';
import { free, kill, pgrep, ps, timeout, uname, uptime, which, whoami, xargs } from './commands-process';
import { date, hostname, id, listEnvironment, printenv, pwd, sleep, stty } from './commands-system';
import { cat, echo, head, md5sum, printf, tail, tee, wc, yes } from './commands-text';
import { curl, wget } from './curl';
import { cmp, diff } from './diff';
import { isFileProblem } from './file-problem';
import type { FileSystem } from './file-system';
import { sourceOf } from './file-system';
import { find } from './find';
import { grep } from './grep';
import { gzip } from './gzip';
import { newDevice } from './inode';
import { type Command, complain, openRead, type Process, pathIn, readAll } from './process';
import { sed } from './sed';
import { Shell } from './shell';
import { tar } from './tar';
import { test } from './test-expression';

/** Everything that can be run in a simulated container. There is nothing else: no program of the machine is reachable. */

export const SEARCH_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const BINARY_DIRECTORIES = ['/bin', '/usr/bin', '/sbin', '/usr/sbin', '/usr/local/bin'];
const NOT_FOUND = 127;
const LONGEST_SCRIPT = 1024 * 1024;

const sh: Command = async (self) => {
  const [name = 'sh', ...words] = self.argv;
  const options: string[] = [];
  let script: string | null = null;
  let wantsScript = false;
  while (/^[-+]./.test(words[0] ?? '')) {
    const word = words.shift() ?? '';
    if (word === '--') break;
    // bash's, which change nothing here.
    if (/^--(?:norc|noprofile|login|posix)$/.test(word)) continue;
    if (word === '-o' || word === '+o') options.push(word, words.shift() ?? '');
    else {
      const letters = word.slice(1).replace(/[cilsr]/g, '');
      if (word.startsWith('-') && word.includes('c')) wantsScript = true;
      if (letters !== '') options.push(`${word.charAt(0)}${letters}`);
      if (letters.endsWith('o')) options.push(words.shift() ?? '');
    }
  }
  if (wantsScript) {
    script = words.shift() ?? null;
    if (script === null) {
      await complain(self, `${basename(name)}: -c requires an argument`);
      return 2;
    }
  }
  const file = wantsScript ? undefined : words.shift();
  const parameters = wantsScript ? (words.length === 0 ? [name] : words) : [file ?? name, ...words];
  const shell = new Shell({ self, find: findExecutable, parameters });
  if (options.length > 0) {
    const refused = shell.setOptions(options);
    if (refused !== null) {
      await complain(self, `${basename(name)}: ${refused}`);
      return 2;
    }
  }
  if (script !== null) return shell.run(script);
  if (file === undefined) return shell.readCommands();
  const source = openRead(self, file);
  if (!isFileProblem(source))
    return shell.run((await readAll(source, self.signal, LONGEST_SCRIPT)).toString());
  await complain(self, `sh: can't open '${file}': ${source.text}`);
  return source.text === 'No such file or directory' ? NOT_FOUND : 126;
};

const env: Command = async (self) => {
  const words = self.argv.slice(1);
  const variables = new Map(self.env);
  for (;;) {
    const [word = ''] = words;
    if (word === '-i' || word === '-') variables.clear();
    else if (word === '-u') variables.delete(words[1] ?? '');
    else if (/^[^=-][^=]*=/.test(word)) {
      const [name = '', ...value] = word.split('=');
      variables.set(name, value.join('='));
    } else break;
    words.splice(0, word === '-u' ? 2 : 1);
  }
  return words.length === 0
    ? listEnvironment({ ...self, env: variables })
    : runOther({ ...self, env: variables }, words);
};

/** Runs another program in this one's place, as env and its kin do with exec(2). */
export async function runOther(self: Process, argv: readonly string[]): Promise<number> {
  const [name = ''] = argv;
  const command = findExecutable(self, name);
  if (command !== null && command !== 'not-executable') return command({ ...self, argv });
  const why = command === null ? 'No such file or directory' : 'Permission denied';
  await complain(self, `${self.argv[0]}: can't execute '${name}': ${why}`);
  return command === null ? NOT_FOUND : 126;
}

const COMMANDS: ReadonlyMap<string, Command> = new Map<string, Command>([
  ['[', test],
  ['base64', base64],
  ['cmp', cmp],
  ['diff', diff],
  ['fold', fold],
  ['gunzip', gzip],
  ['gzip', gzip],
  ['zcat', gzip],
  ['hd', hexdump],
  ['hexdump', hexdump],
  ['od', od],
  ['xxd', xxd],
  ['mktemp', mktemp],
  ['nl', nl],
  ['rev', rev],
  ['tac', tac],
  ['tty', tty],
  ['cut', cut],
  ['sed', sed],
  ['seq', seq],
  ['sha256sum', sha256sum],
  ['sort', sort],
  ['tr', tr],
  ['uniq', uniq],
  ['getent', getent],
  ['nc', nc],
  ['nslookup', nslookup],
  ['ping', ping],
  ['free', free],
  ['kill', kill],
  ['pgrep', pgrep],
  ['ps', ps],
  ['timeout', timeout],
  ['uname', uname],
  ['uptime', uptime],
  ['which', which],
  ['whoami', whoami],
  ['xargs', xargs],
  ['curl', curl],
  ['wget', wget],
  ['grep', grep],
  ['egrep', grep],
  ['pkill', pgrep],
  ['sha1sum', sha256sum],
  ['basename', baseCommand],
  ['chmod', chmod],
  ['chown', chown],
  ['cp', cp],
  ['df', df],
  ['dirname', directoryCommand],
  ['du', du],
  ['find', find],
  ['ln', ln],
  ['mount', mount],
  ['mv', mv],
  ['readlink', readlink],
  ['realpath', realpath],
  ['rmdir', rmdir],
  ['stat', stat],
  ['touch', touch],
  ['bash', sh],
  ['cat', cat],
  ['date', date],
  ['echo', echo],
  ['env', env],
  ['false', async () => 1],
  ['head', head],
  ['hostname', hostname],
  ['id', id],
  ['ls', ls],
  ['md5sum', md5sum],
  ['mkdir', mkdir],
  ['printenv', printenv],
  ['printf', printf],
  ['pwd', pwd],
  ['rm', rm],
  ['sh', sh],
  ['sleep', sleep],
  ['stty', stty],
  ['tail', tail],
  ['tar', tar],
  ['tee', tee],
  ['test', test],
  ['true', async () => 0],
  ['wc', wc],
  ['yes', yes],
]);

/**
 * By its name through PATH, or by a path: one of the programs there are, or a script in a file. A script is always sh's,
 * whatever its first line says: there is no other interpreter.
 */
export function findExecutable(
  self: Pick<Process, 'env' | 'cwd' | 'container'>,
  name: string,
): Command | 'not-executable' | null {
  const { files } = self.container;
  if (name === '') return null;
  if (name.includes('/')) return executableAt(files, pathIn(self.cwd, name));
  let denied = false;
  for (const directory of (self.env.get('PATH') ?? SEARCH_PATH).split(':')) {
    const found = executableAt(files, pathIn(pathIn(self.cwd, directory || '.'), name));
    if (typeof found === 'function') return found;
    denied ||= found === 'not-executable';
  }
  return denied ? 'not-executable' : null;
}

function executableAt(files: FileSystem, path: string): Command | 'not-executable' | null {
  const real = files.realPath(path);
  if (isFileProblem(real)) return null;
  const program = BINARY_DIRECTORIES.includes(dirname(real)) ? COMMANDS.get(basename(real)) : undefined;
  const inode = files.stat(real);
  if (isFileProblem(inode)) return program ?? null;
  if (program !== undefined && inode.kind === 'device') {
    const called = basename(path);
    return COMMANDS.get(called) ?? program;
  }
  if (inode.kind !== 'file' || (inode.mode & 0o111) === 0) return 'not-executable';
  return (self) => sh({ ...self, argv: ['sh', path, ...self.argv.slice(1)] });
}

/** Puts the programs where a shell, `ls` and `which` look for them. */
export function installPrograms(files: FileSystem): void {
  const content = { source: () => sourceOf(Buffer.from('\x7fELF')), sink: null, looksLikeFile: true };
  for (const name of COMMANDS.keys()) files.add(`/bin/${name}`, newDevice(content, 0o755));
}

import { basename as baseOf, dirname as directoryOf } from 'node:path/posix';
import { isFileProblem } from './file-problem';
import { readOptions } from './options';
import { type Command, complain, type Process, pathIn, pathOf, print } from './process';

/** Commands about names, modes, owners and times of files, as busybox's applets of the same names. */

export const chmod: Command = (self) =>
  eachFile(self, 'R', async (path, mode) => {
    const inode = self.container.files.stat(path);
    if (isFileProblem(inode)) return inode.text;
    const bits = modeFrom(mode, inode.mode, inode.kind === 'directory', self.umask ?? 0o022);
    return bits === null ? `invalid mode '${mode}'` : (self.container.files.chmod(path, bits)?.text ?? null);
  });

export const chown: Command = (self) =>
  eachFile(self, 'Rh', async (path, owner) => {
    const [user = '', group = ''] = owner.split(/[:.]/);
    const [uid, gid] = [idOf(user), idOf(group)];
    if (uid === null || gid === null) return `unknown user/group ${owner}`;
    return self.container.files.chown(path, { uid, gid })?.text ?? null;
  });

/** Undefined for an empty name, which changes nothing. Null for one that nobody has. */
function idOf(name: string): number | undefined | null {
  if (name === '') return undefined;
  if (/^\d+$/.test(name)) return Number(name);
  return { root: 0, daemon: 1, bin: 2, 'www-data': 33, nobody: 65534 }[name] ?? null;
}

/** Octal, or clauses as `u+x,go-w` (POSIX.1-2017, chmod). */
export function modeFrom(text: string, old: number, isDirectory: boolean, umask: number): number | null {
  if (/^[0-7]{1,4}$/.test(text)) return Number.parseInt(text, 8);
  let mode = old;
  for (const clause of text.split(',')) {
    const match = /^([ugoa]*)((?:[-+=][rwxXst]*)+)$/.exec(clause);
    if (match === null) return null;
    const who = match[1] === '' || match[1]?.includes('a') === true ? 'ugo' : (match[1] ?? '');
    for (const [, operator, letters = ''] of (match[2] ?? '').matchAll(/([-+=])([rwxXst]*)/g)) {
      let bits = 0;
      for (const [letter, shift] of [
        ['u', 6],
        ['g', 3],
        ['o', 0],
      ] as const) {
        if (!who.includes(letter)) continue;
        const canRun =
          letters.includes('x') || (letters.includes('X') && (isDirectory || (mode & 0o111) !== 0));
        bits |=
          ((letters.includes('r') ? 4 : 0) | (letters.includes('w') ? 2 : 0) | (canRun ? 1 : 0)) << shift;
        if (letters.includes('s') && letter !== 'o') bits |= letter === 'u' ? 0o4000 : 0o2000;
        if (operator === '=') mode &= ~(7 << shift);
      }
      if (letters.includes('t')) bits |= 0o1000;
      if (match[1] === '') bits &= ~umask;
      mode = operator === '-' ? mode & ~bits : mode | bits;
    }
  }
  return mode;
}

async function eachFile(
  self: Process,
  flags: string,
  change: (path: string, first: string) => Promise<string | null>,
): Promise<number> {
  const words = self.argv.slice(1);
  // `chmod -x f`: a mode and no option.
  const isMode = self.argv[0] === 'chmod' && /^-[rwxXst]+$/.test(words[0] ?? '');
  const options = readOptions(isMode ? ['--', ...words] : words, { flags: `${flags}fv` });
  if (options.kind === 'refused') return refuse(self, options.text);
  const [first, ...names] = options.words;
  if (first === undefined || names.length === 0) return refuse(self, 'missing operand');
  let status = 0;
  const visit = async (name: string, path: string): Promise<void> => {
    const problem = await change(path, first);
    if (problem !== null) {
      await complain(self, `${self.argv[0]}: ${name}: ${problem}`);
      status = 1;
    }
    const children = options.has('R') ? self.container.files.list(path) : [];
    if (isFileProblem(children)) return;
    for (const child of children) {
      if (isLink(self, pathIn(path, child)) || self.signal.aborted) continue;
      await visit(`${name}/${child}`, pathIn(path, child));
    }
  };
  for (const name of names) await visit(name, pathOf(self, name));
  return status;
}

function isLink(self: Process, path: string): boolean {
  const inode = self.container.files.lstat(path);
  return !isFileProblem(inode) && inode.kind === 'symlink';
}

export const touch: Command = async (self) => {
  const options = readOptions(self.argv.slice(1), { flags: 'camh', values: 'drt' });
  if (options.kind === 'refused') return refuse(self, options.text);
  const { files } = self.container;
  const reference = options.value('r');
  const given = options.value('d');
  const at =
    reference !== undefined
      ? files.modified(pathOf(self, reference))
      : given === undefined
        ? new Date()
        : new Date(`${given.replace(' ', 'T')}${/Z|[+-]\d\d:?\d\d$/.test(given) ? '' : 'Z'}`);
  if (at === null || Number.isNaN(at.getTime())) return refuse(self, `invalid date '${given ?? reference}'`);
  let status = 0;
  for (const name of options.words) {
    const path = pathOf(self, name);
    const missing = files.kindOf(path) === null;
    if (missing && options.has('c')) continue;
    const problem = (missing ? files.write(path, Buffer.alloc(0)) : null) ?? files.setModified(path, at);
    if (problem === null) continue;
    await complain(self, `touch: ${name}: ${problem.text}`);
    status = 1;
  }
  return status;
};

export const ln: Command = async (self) => {
  const options = readOptions(self.argv.slice(1), { flags: 'sfnvT' });
  if (options.kind === 'refused') return refuse(self, options.text);
  const [target, link = '.'] = options.words;
  if (target === undefined) return refuse(self, 'missing operand');
  const { files } = self.container;
  const given = pathOf(self, link);
  const inDirectory = files.kindOf(given) === 'directory' && !options.has('n') && !options.has('T');
  const path = inDirectory ? pathIn(given, baseOf(target)) : given;
  if (options.has('f')) files.remove(path);
  const problem = options.has('s') ? files.makeSymlink(path, target) : files.link(path, pathOf(self, target));
  return problem === null ? 0 : refuse(self, `${link}: ${problem.text}`);
};

export const readlink: Command = async (self) => {
  const options = readOptions(self.argv.slice(1), { flags: 'fnemv' });
  if (options.kind === 'refused') return refuse(self, options.text);
  const { files } = self.container;
  for (const name of options.words) {
    const path = pathOf(self, name);
    const inode = files.lstat(path);
    const target =
      options.has('f') || options.has('e')
        ? files.realPath(path)
        : isFileProblem(inode) || inode.kind !== 'symlink'
          ? null
          : inode.target;
    if (typeof target !== 'string') return 1;
    await print(self, `${target}${options.has('n') ? '' : '\n'}`);
  }
  return 0;
};

export const realpath: Command = async (self) => {
  let status = 0;
  for (const name of self.argv.slice(1)) {
    const path = self.container.files.realPath(pathOf(self, name));
    if (isFileProblem(path)) {
      await complain(self, `realpath: ${name}: ${path.text}`);
      status = 1;
    } else await print(self, `${path}\n`);
  }
  return status;
};

export const basename: Command = async (self) => {
  const [, name = '', suffix = ''] = self.argv;
  return (await print(self, `${baseOf(name, suffix) || name}\n`)) ? 0 : 1;
};

export const dirname: Command = async (self) => {
  for (const name of self.argv.slice(1)) await print(self, `${directoryOf(name)}\n`);
  return 0;
};

export const rmdir: Command = async (self) => {
  let status = 0;
  for (const name of self.argv.slice(1).filter((it) => it !== '-p')) {
    const problem = self.container.files.removeDirectory(pathOf(self, name));
    if (problem === null) continue;
    await complain(self, `rmdir: '${name}': ${problem.text}`);
    status = 1;
  }
  return status;
};

async function refuse(self: Process, text: string): Promise<number> {
  await complain(self, `${self.argv[0]}: ${text}`);
  return 1;
}

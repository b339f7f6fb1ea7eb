import { basename } from 'node:path/posix';
import { type FileProblem, isFileProblem } from './file-problem';
import { readOptions } from './options';
import { type Command, complain, type Process, pathIn, pathOf } from './process';
import { takeTurn } from './turns';

/** cp and mv, as busybox's applets of the same names. */

export const cp: Command = async (self) => {
  const options = readOptions(self.argv.slice(1), { flags: 'rRapfdLPvT' });
  if (options.kind === 'refused') return refuse(self, options.text);
  const recursive = options.has('r') || options.has('R') || options.has('a');
  const keeps = options.has('p') || options.has('a');
  const keepsLinks = recursive && !options.has('L');
  return eachPair(self, options.words, (from, to, name) =>
    copyTree(self, { from, to, name, recursive, keeps, keepsLinks }),
  );
};

export const mv: Command = async (self) => {
  const options = readOptions(self.argv.slice(1), { flags: 'fnvT' });
  if (options.kind === 'refused') return refuse(self, options.text);
  const { files } = self.container;
  return eachPair(self, options.words, async (from, to, name) => {
    if (options.has('n') && files.kindOf(to) !== null) return true;
    const problem = files.rename(from, to);
    if (problem === null) return true;
    if (problem.text !== 'Invalid cross-device link') {
      await complain(self, `mv: can't rename '${name}': ${problem.text}`);
      return false;
    }
    const copied = await copyTree(self, { from, to, name, recursive: true, keeps: true, keepsLinks: true });
    return copied && removeTree(self, from);
  });
};

function removeTree(self: Process, path: string): boolean {
  const { files } = self.container;
  const inode = files.lstat(path);
  if (isFileProblem(inode)) return false;
  if (inode.kind !== 'directory') return files.remove(path) === null;
  for (const child of [...inode.entries.keys()]) removeTree(self, pathIn(path, child));
  return files.removeDirectory(path) === null;
}

interface CopyTask {
  readonly from: string;
  readonly to: string;
  readonly name: string;
  readonly recursive: boolean;
  readonly keeps: boolean;
  readonly keepsLinks: boolean;
}

async function copyTree(self: Process, task: CopyTask): Promise<boolean> {
  const { from, to, name, recursive, keeps, keepsLinks } = task;
  const { files } = self.container;
  const fail = async (problem: FileProblem): Promise<boolean> => {
    await complain(
      self,
      `${self.argv[0]}: can't ${problem.text === 'No such file or directory' ? 'stat' : 'create'} '${name}': ${problem.text}`,
    );
    return false;
  };
  await takeTurn();
  const inode = keepsLinks ? files.lstat(from) : files.stat(from);
  if (isFileProblem(inode)) return fail(inode);
  if (inode.kind === 'symlink') {
    files.remove(to);
    const made = files.makeSymlink(to, inode.target);
    return made === null || fail(made);
  }
  if (inode.kind === 'directory') {
    if (!recursive) {
      await complain(self, `cp: omitting directory '${name}'`);
      return false;
    }
    const [source, target] = [files.realPath(from), files.realPath(to)];
    if (typeof source === 'string' && typeof target === 'string' && `${target}/`.startsWith(`${source}/`)) {
      await complain(self, `${self.argv[0]}: recursion detected, omitting directory '${name}'`);
      return false;
    }
    const made = files.kindOf(to) === 'directory' ? null : files.makeDirectory(to, { mode: inode.mode });
    if (made !== null) return fail(made);
    let all = true;
    for (const child of [...inode.entries.keys()]) {
      if (self.signal.aborted) return false;
      const copied = await copyTree(self, {
        ...task,
        from: pathIn(from, child),
        to: pathIn(to, child),
        name: `${name}/${child}`,
      });
      all &&= copied;
    }
    if (keeps) files.setModified(to, inode.modified);
    return all;
  }
  const isNew = files.kindOf(to) === null;
  const target = files.sink(to, 'truncate');
  if (isFileProblem(target)) return fail(target);
  const source = files.source(from);
  if (isFileProblem(source)) return fail(source);
  for (;;) {
    const bytes = await source.read(self.signal);
    if (bytes === null) break;
    await takeTurn();
    if (await target.write(bytes, self.signal)) continue;
    await complain(self, `${self.argv[0]}: error writing to '${to}': ${target.problem ?? 'Interrupted'}`);
    return false;
  }
  if (isNew || keeps) files.chmod(to, inode.mode);
  if (keeps) {
    files.chown(to, inode);
    files.setModified(to, inode.modified);
  }
  return true;
}

/** Into a directory when the last operand is one, else to that name. */
async function eachPair(
  self: Process,
  words: readonly string[],
  act: (from: string, to: string, name: string) => Promise<boolean>,
): Promise<number> {
  const names = words.slice(0, -1);
  const last = words.at(-1);
  if (last === undefined || names.length === 0) return refuse(self, 'missing file operand');
  const target = pathOf(self, last);
  const isDirectory = self.container.files.kindOf(target) === 'directory';
  if (names.length > 1 && !isDirectory) return refuse(self, `target '${last}' is not a directory`);
  let status = 0;
  for (const name of names) {
    const from = pathOf(self, name);
    const to = isDirectory ? pathIn(target, basename(name)) : target;
    if (self.container.files.realPath(from) === self.container.files.realPath(to)) {
      await complain(self, `${self.argv[0]}: '${name}' and '${last}' are the same file`);
      status = 1;
    } else if (!(await act(from, to, name))) status = 1;
  }
  return status;
}

async function refuse(self: Process, text: string): Promise<number> {
  await complain(self, `${self.argv[0]}: ${text}`);
  return 1;
}

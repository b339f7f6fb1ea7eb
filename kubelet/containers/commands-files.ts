import { isFileProblem } from './file-problem';
import { readOptions } from './options';
import { type Command, complain, type Process, pathIn, pathOf, print } from './process';

/** Commands that make, move and remove files, as busybox's applets of the same names. */

export const mkdir: Command = async (self) => {
  const options = readOptions(self.argv.slice(1), { flags: 'pv', values: 'm' });
  if (options.kind === 'refused') return refuse(self, options.text);
  if (options.words.length === 0) return refuse(self, 'missing operand');
  const mode = options.value('m');
  let status = 0;
  for (const name of options.words) {
    const made = self.container.files.makeDirectory(pathOf(self, name), {
      parents: options.has('p'),
      mode: mode === undefined ? 0o777 & ~(self.umask ?? 0o022) : Number.parseInt(mode, 8) & 0o7777,
    });
    if (made === null) {
      if (options.has('v')) await print(self, `created directory: '${name}'\n`);
      continue;
    }
    await complain(self, `mkdir: can't create directory '${name}': ${made.text}`);
    status = 1;
  }
  return status;
};

export const rm: Command = async (self) => {
  const options = readOptions(self.argv.slice(1), { flags: 'rRfiv' });
  if (options.kind === 'refused') return refuse(self, options.text);
  const force = options.has('f');
  if (options.words.length === 0) return force ? 0 : refuse(self, 'missing operand');
  let status = 0;
  for (const name of options.words) {
    if (/(^|\/)\.\.?\/*$/.test(name)) {
      await complain(self, `rm: '.' or '..' can't be removed`);
      status = 1;
    } else if (!(await remove(self, name, pathOf(self, name), options.has('r') || options.has('R'), force))) {
      status = 1;
    }
  }
  return status;
};

async function remove(
  self: Process,
  name: string,
  path: string,
  recursive: boolean,
  force: boolean,
): Promise<boolean> {
  const { files } = self.container;
  const inode = files.lstat(path);
  if (isFileProblem(inode)) {
    if (force && inode.text === 'No such file or directory') return true;
    await complain(self, `rm: can't stat '${name}': ${inode.text}`);
    return false;
  }
  if (inode.kind === 'directory') {
    if (!recursive) {
      await complain(self, `rm: '${name}' is a directory`);
      return false;
    }
    let all = true;
    for (const child of [...inode.entries.keys()]) {
      if (self.signal.aborted) return false;
      if (!(await remove(self, `${name.replace(/\/+$/, '')}/${child}`, pathIn(path, child), true, force)))
        all = false;
    }
    if (!all) return false;
  }
  const problem = inode.kind === 'directory' ? files.removeDirectory(path) : files.remove(path);
  if (problem === null) return true;
  await complain(self, `rm: can't remove '${name}': ${problem.text}`);
  return false;
}

async function refuse(self: Process, text: string): Promise<number> {
  await complain(self, `${self.argv[0]}: ${text}`);
  return 1;
}

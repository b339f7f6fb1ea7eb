import { isFileProblem } from './file-problem';
import type { Inode } from './inode';
import { modeString } from './mode-string';
import { readOptions } from './options';
import { mountsText } from './proc-files';
import { type Command, complain, type Process, pathIn, pathOf, print } from './process';

/** Commands that show what files there are, as busybox's applets of the same names. */

export const ls: Command = async (self) => {
  const options = readOptions(self.argv.slice(1), {
    flags: 'lahARd1trSFin',
    long: { all: 'a', recursive: 'R', color: '_' },
  });
  if (options.kind === 'refused') {
    await complain(self, `ls: ${options.text}`);
    return 1;
  }
  const { files } = self.container;
  const names = options.words.length === 0 ? ['.'] : options.words;
  let status = 0;
  const inodes = new Map<string, Inode>();
  const byOrder = (a: string, b: string): number => {
    const [left, right] = [inodes.get(a), inodes.get(b)];
    const order = options.has('t')
      ? Number(right?.modified ?? 0) - Number(left?.modified ?? 0)
      : options.has('S')
        ? sizeOf(right) - sizeOf(left)
        : 0;
    return (order || (a < b ? -1 : 1)) * (options.has('r') ? -1 : 1);
  };
  const show = async (entries: readonly { name: string; path: string }[]): Promise<void> => {
    inodes.clear();
    for (const { name, path } of entries) {
      const inode = files.lstat(path);
      if (!isFileProblem(inode)) inodes.set(name, inode);
    }
    const rows = [...inodes.keys()].sort(byOrder).map((name) => {
      const inode = inodes.get(name);
      if (inode === undefined) return '';
      const mark = options.has('F')
        ? ({ directory: '/', symlink: '@', file: (inode.mode & 0o111) !== 0 ? '*' : '', device: '' }[
            inode.kind
          ] ?? '')
        : '';
      const number = options.has('i') ? `${inode.number} ` : '';
      return `${number}${options.has('l') || options.has('n') ? longRow(inode, name, options.has('h'), options.has('n')) : name + mark}\n`;
    });
    await print(self, rows.join(''));
  };
  const listDirectory = async (name: string, path: string, titled: boolean): Promise<void> => {
    const listed = files.list(path);
    if (isFileProblem(listed)) return;
    const dots = options.has('a') ? ['.', '..'] : [];
    const shown = listed.filter((it) => options.has('a') || options.has('A') || !it.startsWith('.'));
    if (titled) await print(self, `${name}:\n`);
    const children = [...dots, ...shown].map((it) => ({ name: it, path: pathIn(path, it) }));
    if (options.has('l'))
      await print(
        self,
        `total ${shown.reduce((sum, it) => sum + blocks(files.lstat(pathIn(path, it))), 0)}\n`,
      );
    await show(children);
    if (!options.has('R')) return;
    for (const it of shown) {
      const inode = files.lstat(pathIn(path, it));
      if (isFileProblem(inode) || inode.kind !== 'directory' || self.signal.aborted) continue;
      await print(self, '\n');
      await listDirectory(`${name}/${it}`, pathIn(path, it), true);
    }
  };
  const directories: string[] = [];
  const others: { name: string; path: string }[] = [];
  for (const name of names) {
    const path = pathOf(self, name);
    const inode = options.has('l') && !name.endsWith('/') ? files.lstat(path) : files.stat(path);
    if (isFileProblem(inode)) {
      await complain(self, `ls: ${name}: ${inode.text}`);
      status = 1;
    } else if (inode.kind === 'directory' && !options.has('d')) directories.push(name);
    else others.push({ name, path });
  }
  if (others.length > 0) await show(others);
  for (const [index, name] of directories.entries()) {
    if (index > 0 || others.length > 0) await print(self, '\n');
    await listDirectory(name, pathOf(self, name), names.length > 1 || options.has('R'));
  }
  return status;
};

function sizeOf(inode: Inode | undefined): number {
  if (inode?.kind === 'file') return inode.content.size;
  return inode?.kind === 'directory' ? 4096 : inode?.kind === 'symlink' ? inode.target.length : 0;
}

function blocks(inode: ReturnType<Process['container']['files']['lstat']>): number {
  return isFileProblem(inode) ? 0 : Math.ceil(sizeOf(inode) / 4096) * 4;
}

function longRow(inode: Inode, name: string, human: boolean, numeric: boolean): string {
  const kind = inode.kind === 'device' && inode.device.looksLikeFile === true ? 'file' : inode.kind;
  const size = human ? humanSize(sizeOf(inode)) : String(sizeOf(inode));
  const owner = (id: number): string => (numeric ? String(id) : (OWNERS[id] ?? String(id))).padEnd(8);
  const when = inode.modified.toUTCString();
  const recent = Math.abs(Date.now() - inode.modified.getTime()) < 182 * 86_400_000;
  const date = `${when.slice(8, 11)} ${String(Number(when.slice(5, 7))).padStart(2)} ${recent ? when.slice(17, 22) : ` ${when.slice(12, 16)}`}`;
  const arrow = inode.kind === 'symlink' ? ` -> ${inode.target}` : '';
  return `${modeString(kind, inode.mode)} ${String(inode.links).padStart(4)} ${owner(inode.uid)} ${owner(inode.gid)} ${size.padStart(9)} ${date} ${name}${arrow}`;
}

const OWNERS: Readonly<Record<number, string>> = {
  0: 'root',
  1: 'daemon',
  2: 'bin',
  33: 'www-data',
  65534: 'nobody',
};

export function humanSize(bytes: number): string {
  if (bytes < 1024) return String(bytes);
  const units = ['K', 'M', 'G', 'T'];
  let [value, unit] = [bytes / 1024, 0];
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value.toFixed(1)}${units[unit]}`;
}

export const stat: Command = async (self) => {
  const options = readOptions(self.argv.slice(1), {
    flags: 'Lt',
    values: 'c',
    long: { format: 'c', dereference: 'L' },
  });
  if (options.kind === 'refused') {
    await complain(self, `stat: ${options.text}`);
    return 1;
  }
  let status = 0;
  for (const name of options.words) {
    const path = pathOf(self, name);
    const inode = options.has('L') ? self.container.files.stat(path) : self.container.files.lstat(path);
    if (isFileProblem(inode)) {
      await complain(self, `stat: can't stat '${name}': ${inode.text}`);
      status = 1;
    } else await print(self, `${statText(options.value('c') ?? DEFAULT_STAT, name, inode)}\n`);
  }
  return status;
};

const DEFAULT_STAT =
  '  File: %n\n  Size: %s\tBlocks: %b\tIO Block: 4096   %F\nDevice: 2h/2d\tInode: %i\tLinks: %h\nAccess: (%04a/%A)  Uid: (%u/%U)   Gid: (%g/%G)\nModify: %y';
const KINDS = {
  file: 'regular file',
  directory: 'directory',
  symlink: 'symbolic link',
  device: 'character special file',
};

function statText(format: string, name: string, inode: Inode): string {
  const values: Readonly<Record<string, string>> = {
    n: name,
    N: inode.kind === 'symlink' ? `'${name}' -> '${inode.target}'` : `'${name}'`,
    s: String(sizeOf(inode)),
    b: String(Math.ceil(sizeOf(inode) / 4096) * 8),
    F: KINDS[inode.kind],
    i: String(inode.number),
    h: String(inode.links),
    a: (inode.mode & 0o7777).toString(8),
    A: modeString(inode.kind, inode.mode),
    u: String(inode.uid),
    g: String(inode.gid),
    U: OWNERS[inode.uid] ?? 'UNKNOWN',
    G: OWNERS[inode.gid] ?? 'UNKNOWN',
    y: inode.modified.toISOString().replace('T', ' ').replace('Z', '000000 +0000'),
    Y: String(Math.floor(inode.modified.getTime() / 1000)),
    '%': '%',
  };
  return format.replace(/%(0\d)?(.)/g, (all, width: string | undefined, letter: string) =>
    (values[letter] ?? all).padStart(Number(width ?? 0), '0'),
  );
}

export const du: Command = async (self) => {
  const options = readOptions(self.argv.slice(1), { flags: 'shakc', values: 'd' });
  if (options.kind === 'refused') {
    await complain(self, `du: ${options.text}`);
    return 1;
  }
  const shown = (bytes: number): string =>
    options.has('h') ? humanSize(bytes) : String(Math.ceil(bytes / 1024));
  const measure = async (name: string, path: string): Promise<number> => {
    const inode = self.container.files.lstat(path);
    if (isFileProblem(inode) || self.signal.aborted) return 0;
    let sum = Math.ceil(sizeOf(inode) / 4096) * 4096;
    if (inode.kind !== 'directory') return sum;
    for (const child of inode.entries.keys()) {
      const size = await measure(`${name}/${child}`, pathIn(path, child));
      sum += size;
    }
    if (!options.has('s')) await print(self, `${shown(sum)}\t${name}\n`);
    return sum;
  };
  let status = 0;
  for (const name of options.words.length === 0 ? ['.'] : options.words) {
    const path = pathOf(self, name);
    const inode = self.container.files.lstat(path);
    if (isFileProblem(inode)) {
      await complain(self, `du: ${name}: ${inode.text}`);
      status = 1;
      continue;
    }
    const sum = await measure(name, path);
    if (options.has('s') || inode.kind !== 'directory') await print(self, `${shown(sum)}\t${name}\n`);
  }
  return status;
};

export const df: Command = async (self) => {
  const human = self.argv.includes('-h');
  const { files } = self.container;
  const rows = [
    { name: 'overlay', quota: files.quota, path: '/' },
    ...files.mounts.map(({ volume, path, type = 'tmpfs' }) => ({ name: type, quota: volume.quota, path })),
  ];
  const shown = (bytes: number): string => (human ? humanSize(bytes) : String(Math.ceil(bytes / 1024)));
  await print(
    self,
    `Filesystem           ${human ? '     Size' : '1K-blocks'}      Used Available Use% Mounted on\n`,
  );
  for (const { name, quota, path } of rows) {
    const { bytes } = quota.capacity;
    const columns = [bytes, quota.bytes, bytes - quota.bytes].map((it) => shown(it).padStart(9));
    await print(
      self,
      `${name.padEnd(20)} ${columns.join(' ')} ${`${Math.ceil((100 * quota.bytes) / bytes)}%`.padStart(4)} ${path}\n`,
    );
  }
  return 0;
};

export const mount: Command = async (self) => {
  if (self.argv.length > 1) {
    await complain(self, 'mount: permission denied (are you root?)');
    return 1;
  }
  const rows = mountsText(self.container.files).trimEnd().split('\n');
  for (const row of rows) {
    const [device, path, type, options] = row.split(' ');
    await print(self, `${device} on ${path} type ${type} (${options})\n`);
  }
  return 0;
};

import type { FileSystem } from './file-system';
import { sourceOf } from './file-system';
import { type Device, type Entries, type Inode, newDevice, newDirectory, newSymlink } from './inode';
import type { ContainerView } from './process';
import type { RunningProcess } from './process-table';

/**
 * The part of /proc that tools read, with the data of the simulated machine: its processes, memory and mounts. Nothing of the
 * machine that midplane runs on is in it. Source: proc(5).
 */

/** What the simulated node gives to a container: what `free` shows. */
export const MEMORY_BYTES = 512 * 1024 * 1024;
const ROOT_TREE_ENTRIES = ['1'];

export function addProcFiles(files: FileSystem, view: () => ContainerView): void {
  const generated: Readonly<Record<string, () => string>> = {
    meminfo: () => memoryText(files),
    uptime: () => `${seconds(view().startedAt).toFixed(2)} ${seconds(view().startedAt).toFixed(2)}\n`,
    loadavg: () => `0.00 0.00 0.00 1/${view().processes.size} ${view().processes.all().at(-1)?.pid ?? 1}\n`,
    version: () => `${KERNEL_VERSION}\n`,
    mounts: () => mountsText(files),
    filesystems: () => 'nodev\tproc\nnodev\ttmpfs\n\text4\n',
    cpuinfo: () => 'processor\t: 0\nmodel name\t: midplane simulated CPU\n\n',
  };
  for (const [name, content] of Object.entries(generated)) files.addGenerated(`/proc/${name}`, content);
  const proc = files.stat('/proc');
  if (!('entries' in proc)) return;
  const fixed = proc.entries;
  const first = fixed.get('1');
  if (first?.kind === 'directory') {
    for (const name of PROCESS_FILES) {
      first.entries.set(
        name,
        newDevice(
          generatedDevice(() => processText(name, view().processes.get(1))),
          0o444,
        ),
      );
    }
  }
  files.add('/proc', { ...newDirectory(0o555, new ProcEntries(fixed, view)), sealed: true });
}

export const KERNEL_VERSION = 'Linux version 6.6.0-midplane (lab@midplane) #1 SMP PREEMPT_DYNAMIC';

/** One directory for every process there is, besides the files that are always there. */
class ProcEntries implements Entries {
  readonly #fixed: Entries;
  readonly #view: () => ContainerView;

  constructor(fixed: Entries, view: () => ContainerView) {
    this.#fixed = fixed;
    this.#view = view;
  }

  get size(): number {
    return this.#fixed.size + this.#view().processes.size;
  }

  get(name: string): Inode | undefined {
    const fixed = this.#fixed.get(name);
    if (fixed !== undefined) return fixed;
    const process = /^[1-9]\d*$/.test(name) ? this.#view().processes.get(Number(name)) : undefined;
    return process === undefined ? undefined : processDirectory(process);
  }

  *keys(): Iterable<string> {
    yield* this.#fixed.keys();
    for (const { pid } of this.#view().processes.all()) {
      if (!ROOT_TREE_ENTRIES.includes(String(pid))) yield String(pid);
    }
  }

  /** Nobody makes or removes files here. */
  set(): void {}

  delete(): void {}
}

const PROCESS_FILES = ['cmdline', 'comm', 'status', 'stat'] as const;

function processDirectory(process: RunningProcess): Inode {
  const entries = new Map<string, Inode>();
  for (const name of PROCESS_FILES)
    entries.set(
      name,
      newDevice(
        generatedDevice(() => processText(name, process)),
        0o444,
      ),
    );
  entries.set('cwd', newSymlink('/'));
  return { ...newDirectory(0o555, entries), sealed: true };
}

function generatedDevice(content: () => string): Device {
  return { source: () => sourceOf(Buffer.from(content())), sink: null, looksLikeFile: true };
}

function processText(name: (typeof PROCESS_FILES)[number], process: RunningProcess | undefined): string {
  if (process === undefined) return '';
  const { pid, parent, argv } = process;
  const comm = (argv[0] ?? '').replace(/^.*\//, '').slice(0, 15);
  switch (name) {
    case 'cmdline':
      return argv.map((it) => `${it}\0`).join('');
    case 'comm':
      return `${comm}\n`;
    case 'status':
      return `Name:\t${comm}\nState:\tS (sleeping)\nTgid:\t${pid}\nPid:\t${pid}\nPPid:\t${parent}\nUid:\t0\t0\t0\t0\nGid:\t0\t0\t0\t0\n`;
    case 'stat':
      return `${pid} (${comm}) S ${parent} ${pid} ${pid} 0 -1\n`;
  }
}

function seconds(from: Date): number {
  return Math.max(Date.now() - from.getTime(), 0) / 1000;
}

function memoryText(files: FileSystem): string {
  const used = files.sizeBytes;
  const line = (name: string, bytes: number): string =>
    `${`${name}:`.padEnd(16)}${String(Math.floor(bytes / 1024)).padStart(8)} kB\n`;
  const free = MEMORY_BYTES - used;
  return [
    line('MemTotal', MEMORY_BYTES),
    line('MemFree', free),
    line('MemAvailable', free),
    line('Buffers', 0),
    line('Cached', used),
    line('SwapTotal', 0),
    line('SwapFree', 0),
  ].join('');
}

export function mountsText(files: FileSystem): string {
  const rows = [
    'overlay / overlay rw,relatime 0 0',
    'proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0',
    'tmpfs /dev tmpfs rw,nosuid,size=65536k,mode=755 0 0',
    ...files.mounts.map(
      ({ path, readOnly, type = 'tmpfs' }) =>
        `${type} ${path} ${type} ${readOnly === true ? 'ro' : 'rw'},relatime 0 0`,
    ),
  ];
  return `${rows.join('\n')}\n`;
}

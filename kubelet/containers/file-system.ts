import { basename, dirname, resolve } from 'node:path/posix';
import { DISCARD, NOTHING, type Sink, type Source } from './pipe';

/** The container's files: a map in memory. Nothing here can name a file of the machine that midplane runs on. */

/** What open(2) and its friends would say, in strerror's words. */
export interface FileProblem {
  readonly kind: 'file-problem';
  readonly text:
    | 'No such file or directory'
    | 'Is a directory'
    | 'Not a directory'
    | 'No space left on device'
    | 'Permission denied';
}

export interface Device {
  readonly source: () => Source;
  readonly sink: () => Sink;
}

interface StoredFile {
  /** Grows by doubling; only the first `size` bytes are the file's. */
  room: Buffer;
  size: number;
  modified: Date;
}

const CAPACITY_BYTES = 8 * 1024 * 1024;
/** What a file costs besides its bytes: many empty files must not escape the limit. */
const FILE_OVERHEAD_BYTES = 256;
const ROOT_DIRECTORIES = [
  '/',
  '/bin',
  '/dev',
  '/etc',
  '/home',
  '/proc',
  '/proc/1',
  '/proc/1/fd',
  '/root',
  '/run',
];
const MORE_DIRECTORIES = ['/run/midplane', '/run/secrets', '/tmp', '/usr', '/usr/bin', '/var', '/var/log'];

export class FileSystem {
  readonly #files = new Map<string, StoredFile>();
  readonly #directories = new Set([...ROOT_DIRECTORIES, ...MORE_DIRECTORIES]);
  readonly #devices = new Map<string, Device>([
    ['/dev/null', { source: () => NOTHING, sink: () => DISCARD }],
  ]);
  #size = 0;

  get sizeBytes(): number {
    return this.#size;
  }

  addDevice(path: string, device: Device): void {
    this.#devices.set(path, device);
  }

  kindOf(path: string): 'file' | 'directory' | 'device' | null {
    const at = resolve('/', path);
    if (this.#devices.has(at)) return 'device';
    if (this.#files.has(at)) return 'file';
    return this.#directories.has(at) ? 'directory' : null;
  }

  sizeOf(path: string): number {
    return this.#files.get(resolve('/', path))?.size ?? 0;
  }

  modified(path: string): Date | null {
    return this.#files.get(resolve('/', path))?.modified ?? null;
  }

  /** Names in a directory, sorted. */
  list(path: string): string[] | FileProblem {
    const at = resolve('/', path);
    if (!this.#directories.has(at)) {
      return problem(this.kindOf(at) === null ? 'No such file or directory' : 'Not a directory');
    }
    const all = [...this.#files.keys(), ...this.#devices.keys(), ...this.#directories];
    return all
      .filter((it) => it !== '/' && dirname(it) === at)
      .map((it) => basename(it))
      .sort();
  }

  read(path: string): Buffer | FileProblem {
    const at = resolve('/', path);
    const file = this.#files.get(at);
    if (file !== undefined) return Buffer.from(file.room.subarray(0, file.size));
    return problem(this.kindOf(at) === 'directory' ? 'Is a directory' : 'No such file or directory');
  }

  /** The content of a file, or what a device gives. */
  source(path: string): Source | FileProblem {
    const device = this.#devices.get(resolve('/', path));
    if (device !== undefined) return device.source();
    const content = this.read(path);
    if (!Buffer.isBuffer(content)) return content;
    let unread: Buffer | null = content.length === 0 ? null : content;
    return {
      read: async (signal) => {
        if (signal?.aborted) return null;
        const bytes = unread;
        unread = null;
        return bytes;
      },
      close: () => {
        unread = null;
      },
    };
  }

  /** Opens for writing, as `>` (emptied) or `>>` (appended) does. */
  sink(path: string, mode: 'truncate' | 'append'): Sink | FileProblem {
    const device = this.#devices.get(resolve('/', path));
    if (device !== undefined) return device.sink();
    const opened = this.write(path, Buffer.alloc(0), mode);
    if (opened !== null) return opened;
    let refused: string | null = null;
    return {
      write: async (bytes, signal) => {
        if (signal?.aborted) return false;
        refused = this.write(path, bytes, 'append')?.text ?? null;
        return refused === null;
      },
      end: () => undefined,
      get problem() {
        return refused;
      },
    };
  }

  write(path: string, bytes: Buffer, mode: 'truncate' | 'append' = 'truncate'): FileProblem | null {
    const at = resolve('/', path);
    if (this.#directories.has(at)) return problem('Is a directory');
    if (!this.#directories.has(dirname(at))) return problem('No such file or directory');
    if (at.startsWith('/proc/')) return problem('Permission denied');
    const stored = this.#files.get(at);
    const kept = mode === 'append' ? (stored?.size ?? 0) : 0;
    const freed = stored === undefined ? -FILE_OVERHEAD_BYTES : stored.size - kept;
    if (this.#size - freed + bytes.length > CAPACITY_BYTES) return problem('No space left on device');
    const file = stored ?? { room: Buffer.alloc(0), size: 0, modified: new Date() };
    const size = kept + bytes.length;
    if (size > file.room.length) {
      const room = Buffer.alloc(Math.max(size, Math.min(2 * file.room.length, CAPACITY_BYTES)));
      file.room.copy(room, 0, 0, kept);
      file.room = room;
    }
    bytes.copy(file.room, kept);
    file.size = size;
    file.modified = new Date();
    this.#files.set(at, file);
    this.#size += bytes.length - freed;
    return null;
  }

  remove(path: string): FileProblem | null {
    const at = resolve('/', path);
    const file = this.#files.get(at);
    if (file === undefined) {
      return problem(this.kindOf(at) === 'directory' ? 'Is a directory' : 'No such file or directory');
    }
    this.#files.delete(at);
    this.#size -= file.size + FILE_OVERHEAD_BYTES;
    return null;
  }
}

function problem(text: FileProblem['text']): FileProblem {
  return { kind: 'file-problem', text };
}

import { type Randomness, systemRandomness } from '../../randomness';
import { addDeviceFiles } from './device-files';
import { type FileProblem, fileProblem, isFileProblem } from './file-problem';
import {
  type Device,
  type DirectoryInode,
  type FileInode,
  type Inode,
  newDevice,
  newDirectory,
  newFile,
  newSymlink,
} from './inode';
import type { Sink, Source } from './pipe';
import { type Capacity, Quota } from './quota';
import { type MountedTree, type Place, walkPath } from './walk-path';

export type { FileProblem } from './file-problem';
export type { Device, Inode } from './inode';

/**
 * The container's files, in memory. Nothing here can name a file of the machine that midplane runs on. A volume is a
 * FileSystem too: mounted into several containers, each sees what the others and the kubelet write to it.
 */

export interface Mount {
  readonly path: string;
  readonly volume: FileSystem;
  readonly readOnly?: boolean;
  /** What of the volume is mounted: a directory or a single file; all of it when absent. */
  readonly subPath?: string;
  /** As `mount` lists it: `tmpfs`, `ext4`. */
  readonly type?: string;
}

const CAPACITY: Capacity = { bytes: 64 * 1024 * 1024, files: 20_000 };
const DIRECTORIES = [
  ...['/bin', '/dev', '/etc', '/home', '/mnt', '/opt', '/proc', '/proc/1', '/proc/1/fd', '/root', '/run'],
  ...['/run/midplane', '/run/secrets', '/sbin', '/sys', '/tmp', '/usr', '/usr/bin', '/usr/local'],
  ...['/usr/local/bin', '/usr/sbin', '/usr/share', '/var', '/var/log', '/var/run', '/var/tmp'],
];

export class FileSystem {
  readonly #root: MountedTree & { root: DirectoryInode; readOnly: boolean };
  readonly #mounts: Mount[] = [];
  readonly #mounted = new Map<Inode, MountedTree>();

  /** `random`: what its devices give. Default: the system's. */
  constructor({
    capacity = CAPACITY,
    directories = DIRECTORIES,
    random = systemRandomness,
  }: {
    readonly capacity?: Capacity;
    readonly directories?: readonly string[];
    readonly random?: Randomness;
  } = {}) {
    this.#root = { root: newDirectory(0o755), readOnly: false, quota: new Quota(capacity) };
    for (const path of directories) this.#addDirectory(path);
    for (const path of ['/tmp', '/var/tmp']) this.chmod(path, 0o1777);
    if (directories.length > 0) addDeviceFiles(this, random);
  }

  /** A file system of nothing but its root, to be mounted. */
  static volume(capacity: Capacity = CAPACITY): FileSystem {
    return new FileSystem({ capacity, directories: [] });
  }

  get sizeBytes(): number {
    return this.#root.quota.bytes;
  }

  get quota(): Quota {
    return this.#root.quota;
  }

  get mounts(): readonly Mount[] {
    return this.#mounts;
  }

  /** From now on nothing of the root can be changed: securityContext.readOnlyRootFilesystem. Mounts are not touched. */
  makeReadOnly(): void {
    this.#root.readOnly = true;
  }

  /** Lays a volume over a path, which is made when it is missing. What was there before is hidden. */
  mount(mount: Mount): FileProblem | null {
    const { path, volume, readOnly = false, subPath = '' } = mount;
    const found = volume.stat(`/${subPath}`);
    if (isFileProblem(found)) return found;
    const parents = found.kind === 'directory' ? path : path.replace(/\/+[^/]+\/*$/, '') || '/';
    const made = this.makeDirectory(parents, { parents: true });
    if (made !== null) return made;
    if (found.kind !== 'directory' && this.kindOf(path) === null) this.write(path, Buffer.alloc(0));
    const place = this.#walk(path, true, false);
    if (isFileProblem(place)) return place;
    if (place.inode === null) return fileProblem('No such file or directory');
    this.#mounted.set(place.inode, { root: found, readOnly, quota: volume.quota });
    this.#mounts.push(mount);
    return null;
  }

  addDevice(path: string, device: Device, mode?: number): void {
    this.#add(path, newDevice(device, mode));
  }

  /** A file whose content is made when it is read, as those of /proc are. */
  addGenerated(path: string, content: () => string): void {
    this.addDevice(
      path,
      { source: () => sourceOf(Buffer.from(content())), sink: null, looksLikeFile: true },
      0o444,
    );
  }

  /** Puts an inode where there may be none yet: what the runtime furnishes a container with. */
  add(path: string, inode: Inode): void {
    this.#add(path, inode);
  }

  kindOf(path: string): 'file' | 'directory' | 'device' | null {
    const inode = this.stat(path);
    if (isFileProblem(inode) || inode.kind === 'symlink') return null;
    return inode.kind;
  }

  /** What a path names, links followed. To be looked at, not changed. */
  stat(path: string): Inode | FileProblem {
    return found(this.#walk(path, true));
  }

  lstat(path: string): Inode | FileProblem {
    return found(this.#walk(path, false));
  }

  /** The path without links and dots; what does not exist yet must have a directory to be in. */
  realPath(path: string): string | FileProblem {
    const place = this.#walk(path, true);
    return isFileProblem(place) ? place : place.path;
  }

  sizeOf(path: string): number {
    const inode = this.stat(path);
    return !isFileProblem(inode) && inode.kind === 'file' ? inode.content.size : 0;
  }

  modified(path: string): Date | null {
    const inode = this.stat(path);
    return isFileProblem(inode) ? null : inode.modified;
  }

  /** Names in a directory, sorted. */
  list(path: string): string[] | FileProblem {
    const inode = this.stat(path);
    if (isFileProblem(inode)) return inode;
    return inode.kind === 'directory' ? [...inode.entries.keys()].sort() : fileProblem('Not a directory');
  }

  read(path: string): Buffer | FileProblem {
    const inode = this.stat(path);
    if (isFileProblem(inode)) return inode;
    if (inode.kind === 'file') return inode.content.bytes();
    return fileProblem(inode.kind === 'directory' ? 'Is a directory' : 'No such file or directory');
  }

  /** The content of a file, as it grows while it is read, or what a device gives. */
  source(path: string): Source | FileProblem {
    const inode = this.stat(path);
    if (isFileProblem(inode)) return inode;
    if (inode.kind === 'device') return inode.device.source();
    if (inode.kind !== 'file') return fileProblem('Is a directory');
    let position = 0;
    return {
      read: async (signal) => {
        const bytes = signal?.aborted ? null : inode.content.read(position);
        position += bytes?.length ?? 0;
        return bytes === null || bytes.length === 0 ? null : bytes;
      },
      close: () => undefined,
    };
  }

  /** Opens for writing, as `>` (emptied) or `>>` (appended) does. */
  sink(path: string, mode: 'truncate' | 'append', bits?: number): Sink | FileProblem {
    const place = this.#open(path, mode, bits);
    if (isFileProblem(place)) return place;
    const { inode, tree } = place;
    if (inode.kind === 'device') return inode.device.sink?.() ?? fileProblem('Permission denied');
    let refused: string | null = null;
    return {
      write: async (bytes, signal) => {
        if (signal?.aborted) return false;
        refused = append(inode, tree.quota, bytes)?.text ?? null;
        return refused === null;
      },
      end: () => undefined,
      get problem() {
        return refused;
      },
    };
  }

  /** Writes nothing when there is no room for all of it. */
  write(path: string, bytes: Buffer, mode: 'truncate' | 'append' = 'truncate'): FileProblem | null {
    const opened = this.#open(path, mode);
    if (isFileProblem(opened)) return opened;
    if (opened.inode.kind === 'device') return fileProblem('Permission denied');
    return append(opened.inode, opened.tree.quota, bytes);
  }

  makeDirectory(
    path: string,
    { mode = 0o755, parents = false }: { mode?: number; parents?: boolean } = {},
  ): FileProblem | null {
    const bare = path.replace(/(?<=[^/])\/+$/, '');
    if (parents && bare.includes('/')) {
      const above = bare.slice(0, bare.lastIndexOf('/'));
      if (above !== '' && this.kindOf(above) !== 'directory') {
        const made = this.makeDirectory(above, { parents: true });
        if (made !== null) return made;
      }
    }
    const place = this.#walk(bare, true);
    if (isFileProblem(place)) return place;
    if (place.inode !== null) {
      return parents && place.inode.kind === 'directory' ? null : fileProblem('File exists');
    }
    return create(place, newDirectory(mode));
  }

  makeSymlink(path: string, target: string): FileProblem | null {
    const place = this.#walk(path, false);
    if (isFileProblem(place)) return place;
    return place.inode === null ? create(place, newSymlink(target)) : fileProblem('File exists');
  }

  /** Another name of the same file. */
  link(path: string, existing: string): FileProblem | null {
    const [place, old] = [this.#walk(path, false), this.#walk(existing, false)];
    if (isFileProblem(place)) return place;
    if (isFileProblem(old)) return old;
    if (place.inode !== null) return fileProblem('File exists');
    if (old.inode === null) return fileProblem('No such file or directory');
    if (old.inode.kind === 'directory') return fileProblem('Operation not permitted');
    if (old.tree !== place.tree) return fileProblem('Invalid cross-device link');
    const made = create(place, old.inode);
    if (made === null) old.inode.links += 1;
    return made;
  }

  /** Removes anything but a directory. */
  remove(path: string): FileProblem | null {
    const place = this.#walk(path, false);
    if (isFileProblem(place)) return place;
    if (place.inode === null) return fileProblem('No such file or directory');
    if (place.inode.kind === 'directory') return fileProblem('Is a directory');
    return this.#unlink(place, place.inode);
  }

  removeDirectory(path: string): FileProblem | null {
    const place = this.#walk(path, false);
    if (isFileProblem(place)) return place;
    if (place.inode === null) return fileProblem('No such file or directory');
    if (place.inode.kind !== 'directory') return fileProblem('Not a directory');
    if (place.inode.entries.size > 0) return fileProblem('Directory not empty');
    return this.#unlink(place, place.inode);
  }

  /** rename(2): what is at `to` is replaced, but never a directory that holds something. */
  rename(from: string, to: string): FileProblem | null {
    const [old, place] = [this.#walk(from, false), this.#walk(to, false)];
    if (isFileProblem(old)) return old;
    if (isFileProblem(place)) return place;
    const { inode } = old;
    if (inode === null) return fileProblem('No such file or directory');
    if (inode === place.inode) return null;
    if (old.tree.quota !== place.tree.quota) return fileProblem('Invalid cross-device link');
    if (old.tree.readOnly || place.tree.readOnly) return fileProblem('Read-only file system');
    if (old.parent.sealed === true || place.parent.sealed === true)
      return fileProblem('Operation not permitted');
    if (`${place.path}/`.startsWith(`${old.path}/`)) return fileProblem('Invalid argument');
    if (this.#mounted.size > 0 && this.#isMountPoint(old)) return fileProblem('Device or resource busy');
    if (place.inode !== null) {
      if (place.inode.kind === 'directory' && inode.kind !== 'directory')
        return fileProblem('Is a directory');
      if (place.inode.kind !== 'directory' && inode.kind === 'directory')
        return fileProblem('Not a directory');
      const removed = place.inode.kind === 'directory' ? this.removeDirectory(to) : this.remove(to);
      if (removed !== null) return removed;
    }
    old.parent.entries.delete(old.name);
    place.parent.entries.set(place.name, inode);
    return null;
  }

  chmod(path: string, mode: number): FileProblem | null {
    return this.#change(path, true, (inode) => {
      inode.mode = mode;
    });
  }

  chown(
    path: string,
    owner: { uid?: number | undefined; gid?: number | undefined },
    followLast = true,
  ): FileProblem | null {
    return this.#change(path, followLast, (inode) => {
      inode.uid = owner.uid ?? inode.uid;
      inode.gid = owner.gid ?? inode.gid;
    });
  }

  setModified(path: string, at: Date, followLast = true): FileProblem | null {
    return this.#change(path, followLast, (inode) => {
      inode.modified = at;
    });
  }

  /** Resolves when the file is written to, or when `signal` is aborted. */
  changed(path: string, signal: AbortSignal): Promise<void> {
    const inode = this.stat(path);
    return new Promise((resolve) => {
      if (signal.aborted || isFileProblem(inode) || inode.kind !== 'file') {
        resolve();
        return;
      }
      const wake = (): void => {
        inode.watchers.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      inode.watchers.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  #walk(path: string, followLast: boolean, throughLast = true): Place | FileProblem {
    const place = walkPath(path, this.#root, (inode) => this.#mounted.get(inode), followLast);
    if (throughLast || isFileProblem(place)) return place;
    // The mount point itself and not what is mounted there already.
    return { ...place, inode: place.parent.entries.get(place.name) ?? place.inode };
  }

  #open(
    path: string,
    mode: 'truncate' | 'append',
    bits?: number,
  ): { inode: Extract<Inode, { kind: 'file' | 'device' }>; tree: MountedTree } | FileProblem {
    const place = this.#walk(path, true);
    if (isFileProblem(place)) return place;
    const { inode, tree } = place;
    if (inode?.kind === 'device') return { inode, tree };
    if (inode !== null && inode.kind !== 'file') return fileProblem('Is a directory');
    if (inode === null) {
      const made = newFile(bits);
      return create(place, made) ?? { inode: made, tree };
    }
    if (tree.readOnly) return fileProblem('Read-only file system');
    if (mode === 'truncate') {
      tree.quota.give(inode.content.size);
      inode.content.clear();
      touched(inode);
    }
    return { inode, tree };
  }

  #unlink(place: Place, inode: Inode): FileProblem | null {
    if (place.tree.readOnly) return fileProblem('Read-only file system');
    if (place.parent.sealed === true) return fileProblem('Operation not permitted');
    if (place.name === '' || this.#isMountPoint(place)) return fileProblem('Device or resource busy');
    place.parent.entries.delete(place.name);
    place.parent.modified = new Date();
    inode.links -= 1;
    place.tree.quota.giveFile();
    if (inode.kind === 'file' && inode.links === 0) {
      place.tree.quota.give(inode.content.size);
      inode.content.clear();
    }
    return null;
  }

  #isMountPoint({ parent, name }: Place): boolean {
    const inode = parent.entries.get(name);
    return inode !== undefined && this.#mounted.has(inode);
  }

  #change(path: string, followLast: boolean, change: (inode: Inode) => void): FileProblem | null {
    const place = this.#walk(path, followLast);
    if (isFileProblem(place)) return place;
    if (place.inode === null) return fileProblem('No such file or directory');
    if (place.tree.readOnly) return fileProblem('Read-only file system');
    change(place.inode);
    return null;
  }

  #addDirectory(path: string): void {
    if (this.kindOf(path) === null) this.#add(path, newDirectory());
  }

  #add(path: string, inode: Inode): void {
    const above = path.slice(0, path.lastIndexOf('/'));
    if (above !== '' && this.kindOf(above) !== 'directory') this.#addDirectory(above);
    const place = this.#walk(path, false, false);
    if (isFileProblem(place)) return;
    place.tree.quota.takeFile();
    place.parent.entries.set(place.name, inode);
  }
}

function found(place: Place | FileProblem): Inode | FileProblem {
  return isFileProblem(place) ? place : (place.inode ?? fileProblem('No such file or directory'));
}

function create(place: Place, inode: Inode): FileProblem | null {
  if (place.tree.readOnly) return fileProblem('Read-only file system');
  if (place.parent.sealed === true) return fileProblem('Permission denied');
  if (!place.tree.quota.takeFile()) return fileProblem('No space left on device');
  place.parent.entries.set(place.name, inode);
  place.parent.modified = new Date();
  return null;
}

/** A write that does not fit is refused as a whole. A file that has no name any more is nobody's to fill. */
function append(inode: FileInode, quota: Quota, bytes: Buffer): FileProblem | null {
  if (inode.links === 0) return null;
  if (!quota.take(bytes.length)) return fileProblem('No space left on device');
  inode.content.append(bytes);
  touched(inode);
  return null;
}

function touched(inode: FileInode): void {
  inode.modified = new Date();
  for (const wake of [...inode.watchers]) wake();
}

export function sourceOf(bytes: Buffer): Source {
  let unread: Buffer | null = bytes.length === 0 ? null : bytes;
  return {
    read: async (signal) => {
      if (signal?.aborted) return null;
      const given = unread;
      unread = null;
      return given;
    },
    close: () => {
      unread = null;
    },
  };
}

import { FileContent } from './file-content';
import type { Sink, Source } from './pipe';

/** What is behind a name in a container's file system. Source: inode(7). */
export interface Attributes {
  readonly number: number;
  /** Permission bits, with set-user-ID, set-group-ID and sticky. */
  mode: number;
  uid: number;
  gid: number;
  modified: Date;
  links: number;
}

export interface FileInode extends Attributes {
  readonly kind: 'file';
  readonly content: FileContent;
  readonly watchers: Set<() => void>;
}

export interface DirectoryInode extends Attributes {
  readonly kind: 'directory';
  readonly entries: Entries;
  /** Nothing can be made or removed in it. */
  readonly sealed?: boolean;
}

export interface SymlinkInode extends Attributes {
  readonly kind: 'symlink';
  readonly target: string;
}

/** Something whose bytes are made when it is read, and go somewhere when it is written. */
export interface DeviceInode extends Attributes {
  readonly kind: 'device';
  readonly device: Device;
}

export type Inode = FileInode | DirectoryInode | SymlinkInode | DeviceInode;

export interface Device {
  readonly source: () => Source;
  /** Null: it cannot be written. */
  readonly sink: (() => Sink) | null;
  /** A file of /proc looks like a regular file, a device of /dev does not. */
  readonly looksLikeFile?: boolean;
}

/** The part of a Map that a directory needs; /proc makes its entries up as it is asked. */
export interface Entries {
  readonly size: number;
  get(name: string): Inode | undefined;
  keys(): Iterable<string>;
  set(name: string, inode: Inode): unknown;
  delete(name: string): unknown;
}

let numbers = 1;

export function newAttributes(mode: number): Attributes {
  numbers += 1;
  return { number: numbers, mode, uid: 0, gid: 0, modified: new Date(), links: 1 };
}

export function newFile(mode = 0o644): FileInode {
  return { kind: 'file', ...newAttributes(mode), content: new FileContent(), watchers: new Set() };
}

export function newDirectory(mode = 0o755, entries: Entries = new Map()): DirectoryInode {
  return { kind: 'directory', ...newAttributes(mode), entries };
}

export function newSymlink(target: string): SymlinkInode {
  return { kind: 'symlink', ...newAttributes(0o777), target };
}

export function newDevice(device: Device, mode = 0o666): DeviceInode {
  return { kind: 'device', ...newAttributes(mode), device };
}

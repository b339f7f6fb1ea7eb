import { type FileProblem, fileProblem } from './file-problem';
import type { DirectoryInode, Inode } from './inode';
import type { Quota } from './quota';

/**
 * From a path to what it names: symbolic links, `..` and mounts, as path_resolution(7) has it. There is no way out of the
 * root that the walk begins at: `..` of the root is the root, and an absolute link starts there again.
 */
export interface MountedTree {
  readonly root: Inode;
  readonly readOnly: boolean;
  readonly quota: Quota;
}

/** Where the last component of a path is, or would be. */
export interface Place {
  readonly kind: 'place';
  readonly parent: DirectoryInode;
  readonly name: string;
  /** Null when there is nothing of this name yet. */
  readonly inode: Inode | null;
  readonly tree: MountedTree;
  /** Without links and dots. */
  readonly path: string;
}

interface Step {
  readonly name: string;
  readonly inode: Inode;
  readonly tree: MountedTree;
}

/** MAXSYMLINKS, NAME_MAX and PATH_MAX of Linux. */
const MOST_LINKS = 40;
const LONGEST_NAME = 255;
const LONGEST_PATH = 4096;

export function walkPath(
  path: string,
  root: MountedTree & { readonly root: DirectoryInode },
  mountedOn: (inode: Inode) => MountedTree | undefined,
  followLast: boolean,
): Place | FileProblem {
  if (path.length > LONGEST_PATH) return fileProblem('File name too long');
  let steps: Step[] = [{ name: '', inode: root.root, tree: root }];
  const pending = path.split('/').filter((it) => it !== '' && it !== '.');
  const mustBeDirectory = /\/\.?$/.test(path);
  let links = 0;
  for (;;) {
    const name = pending.shift();
    if (name === undefined) return placeOf(steps, root.root, mustBeDirectory);
    const here = steps.at(-1) ?? { name: '', inode: root.root, tree: root };
    if (here.inode.kind !== 'directory') return fileProblem('Not a directory');
    if (name === '..') {
      if (steps.length > 1) steps.pop();
      continue;
    }
    if (name.length > LONGEST_NAME) return fileProblem('File name too long');
    const child = here.inode.entries.get(name);
    if (child === undefined) {
      if (pending.length > 0) return fileProblem('No such file or directory');
      const at = `${steps.map((it) => it.name).join('/')}/${name}`;
      return { kind: 'place', parent: here.inode, name, inode: null, tree: here.tree, path: at };
    }
    if (child.kind === 'symlink' && (pending.length > 0 || followLast || mustBeDirectory)) {
      links += 1;
      if (links > MOST_LINKS) return fileProblem('Too many levels of symbolic links');
      if (child.target.startsWith('/')) steps = steps.slice(0, 1);
      pending.unshift(...child.target.split('/').filter((it) => it !== '' && it !== '.'));
      continue;
    }
    const mounted = mountedOn(child);
    if (mounted === undefined) steps.push({ name, inode: child, tree: here.tree });
    else steps.push({ name, inode: mounted.root, tree: mounted });
  }
}

function placeOf(
  steps: readonly Step[],
  root: DirectoryInode,
  mustBeDirectory: boolean,
): Place | FileProblem {
  const last = steps.at(-1);
  const parent = steps.at(-2)?.inode;
  if (last === undefined) return fileProblem('No such file or directory');
  if (mustBeDirectory && last.inode.kind !== 'directory') return fileProblem('Not a directory');
  return {
    kind: 'place',
    parent: parent?.kind === 'directory' ? parent : root,
    name: last.name,
    inode: last.inode,
    tree: last.tree,
    path: steps.map((it) => it.name).join('/') || '/',
  };
}

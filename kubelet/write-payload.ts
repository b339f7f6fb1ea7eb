import type { FileSystem } from './containers/file-system';
import type { VolumeFile } from './volume-files';

/**
 * Puts a set of files into a volume so that readers see all of the old or all of the new: the files are in a directory
 * of their own, `..data` points at it, and what users see are links through `..data`.
 * Source: pkg/volume/util/atomic_writer.go.
 */
export function writePayload(
  volume: FileSystem,
  files: ReadonlyMap<string, VolumeFile>,
  stamp: string,
): void {
  const directory = `..${stamp}`;
  volume.makeDirectory(`/${directory}`, { parents: true });
  for (const [path, { bytes, mode }] of files) {
    const at = `/${directory}/${path}`;
    volume.makeDirectory(at.slice(0, at.lastIndexOf('/')), { parents: true });
    volume.write(at, bytes);
    volume.chmod(at, mode);
  }
  const before = targetOf(volume);
  volume.makeSymlink('/..data_tmp', directory);
  volume.rename('/..data_tmp', '/..data');
  const tops = new Set([...files.keys()].map((path) => path.split('/')[0] ?? path));
  const shown = namesIn(volume, '/').filter((name) => !name.startsWith('..'));
  for (const name of shown) if (!tops.has(name)) volume.remove(`/${name}`);
  for (const name of tops) if (!shown.includes(name)) volume.makeSymlink(`/${name}`, `..data/${name}`);
  if (before !== null && before !== `/${directory}`) removeTree(volume, before);
}

function targetOf(volume: FileSystem): string | null {
  const at = volume.realPath('/..data');
  return typeof at === 'string' && volume.kindOf(at) === 'directory' ? at : null;
}

function removeTree(volume: FileSystem, path: string): void {
  for (const name of namesIn(volume, path)) {
    const at = `${path}/${name}`;
    if (volume.kindOf(at) === 'directory') removeTree(volume, at);
    else volume.remove(at);
  }
  volume.removeDirectory(path);
}

function namesIn(volume: FileSystem, path: string): string[] {
  const names = volume.list(path);
  return Array.isArray(names) ? names : [];
}

import { access, rename, rm, writeFile } from 'node:fs/promises';
import { MidplaneError } from '../error';
import type { KeyFiles } from '../tunnel/ssh-key-files';
import { readNamedFile } from './read-named-file';

/** Keys in files of this machine. */
export const keyFiles: KeyFiles = {
  read: (path) => readNamedFile(path),
  exists: (path) =>
    access(path).then(
      () => true,
      () => false,
    ),
  write: async (path, text) => {
    const half = `${path}.tmp`;
    try {
      // What is left of an earlier attempt may be anybody's to read.
      await rm(half, { force: true });
      await writeFile(half, text, { mode: 0o600, flag: 'wx' });
      await rename(half, path);
    } catch (cause) {
      const { code = '' } = cause as NodeJS.ErrnoException;
      throw new MidplaneError('FILE_UNREADABLE', `cannot write ${path}: ${code}`, {
        hint: 'name a file in a folder that exists and that this user may write to',
        cause,
      });
    }
  },
};

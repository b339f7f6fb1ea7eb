import { readFile } from 'node:fs/promises';
import { MidplaneError } from '../error';

/** A file that a flag names. Throws MidplaneError FILE_UNREADABLE. */
export async function readNamedFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code;
    throw new MidplaneError('FILE_UNREADABLE', `open ${path}: ${WHY[code ?? ''] ?? code}`, {
      hint: 'name a file that exists and that this user may read',
      cause,
    });
  }
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
  EISDIR: 'it is a folder',
};

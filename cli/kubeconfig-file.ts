import { open, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { MidplaneError } from '../error';
import { makeFolder } from '../make-folder';

/**
 * Changes a kubeconfig that others use too, as kubectl does: under FILE.lock, whole or not at all, its mode kept, links
 * followed. `change` is given '' for a file that is not there and returns null when nothing is to be written.
 * Source: k8s.io/client-go tools/clientcmd/loader.go (lockFile).
 */
export async function changeKubeconfig(file: string, change: (text: string) => string | null): Promise<void> {
  const at = await realpath(file).catch(() => file);
  await makeFolder(dirname(at), 0o750).catch((cause) => unwritable(file, cause));
  const lock = `${at}.lock`;
  const held = await open(lock, 'wx').catch((cause: NodeJS.ErrnoException) =>
    cause.code === 'EEXIST' ? locked(file, lock) : unwritable(file, cause),
  );
  try {
    const before = await readFile(at, 'utf8').catch((cause: NodeJS.ErrnoException) =>
      cause.code === 'ENOENT' ? '' : unwritable(file, cause),
    );
    const after = change(before);
    if (after === null) return;
    const mode = await stat(at).then(
      (it) => it.mode & 0o777,
      () => 0o600,
    );
    await writeFile(`${at}.new`, after, { mode }).catch((cause) => unwritable(file, cause));
    await rename(`${at}.new`, at);
  } finally {
    await held.close();
    await rm(lock, { force: true });
  }
}

function locked(file: string, lock: string): never {
  throw new MidplaneError('FILE_UNREADABLE', `kubeconfig "${file}" is locked by somebody else`, {
    hint: `wait for them; if nobody is at work, delete ${lock}`,
  });
}

function unwritable(file: string, cause: Error): never {
  throw new MidplaneError('FILE_UNREADABLE', `cannot change "${file}": ${cause.message}`, {
    hint: 'name a kubeconfig that you may write to with --kubeconfig',
    cause,
  });
}

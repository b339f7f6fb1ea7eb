import { mkdir, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';

/**
 * Makes a folder and those above it that are missing; returns the topmost that it made, or null. Node's own
 * `recursive: true` never comes back where a folder that is there answers ENOENT to whoever makes one in it, as /proc does.
 */
export async function makeFolder(folder: string, mode = 0o777): Promise<string | null> {
  const missing: string[] = [];
  let path = resolve(folder);
  for (; !(await isThere(path)); path = dirname(path)) missing.unshift(path);
  for (const each of missing.length > 0 ? missing : [path]) await makeOne(each, mode);
  return missing[0] ?? null;
}

async function makeOne(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    // Unless it was there, or somebody else was quicker.
    const isFolder = await stat(path).then(
      (it) => it.isDirectory(),
      () => false,
    );
    if (!isFolder) throw error;
  }
}

function isThere(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

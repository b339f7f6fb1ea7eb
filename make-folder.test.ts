import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { makeFolder } from './make-folder';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'midplane-folder-'));
});
afterEach(() => rmSync(home, { recursive: true }));

test('a folder is made with those above it, and the topmost is told', async () => {
  expect(await makeFolder(join(home, 'a', 'b', 'c'), 0o700)).toBe(join(home, 'a'));
  for (const path of ['a', 'a/b', 'a/b/c']) expect(statSync(join(home, path)).mode & 0o777).toBe(0o700);
  expect(await makeFolder(join(home, 'a', 'd'))).toBe(join(home, 'a', 'd'));
});

test('one that is there, or behind a link, stays as it is', async () => {
  symlinkSync(home, join(home, 'link'));
  expect(await makeFolder(home)).toBeNull();
  expect(await makeFolder(join(home, 'link'))).toBeNull();
});

test('two who make the same one at once both succeed', async () => {
  const path = join(home, 'a', 'b', 'c');
  await Promise.all([makeFolder(path), makeFolder(path), makeFolder(path)]);
  expect(statSync(path).isDirectory()).toBe(true);
});

test.each([
  ['a file in its place', 'file', 'EEXIST'],
  ['a file above it', 'file/a', 'ENOTDIR'],
  ['a link to nowhere in its place', 'nowhere', 'EEXIST'],
])('%s is an error', async (_what, path, code) => {
  writeFileSync(join(home, 'file'), '');
  symlinkSync(join(home, 'missing'), join(home, 'nowhere'));
  await expect(makeFolder(join(home, path))).rejects.toMatchObject({ code });
});

const whenProc = existsSync('/proc/self') ? test : test.skip;
whenProc('a folder above it that takes none is an error, and not for ever', async () => {
  await expect(makeFolder('/proc/midplane/a')).rejects.toMatchObject({ code: 'ENOENT' });
});

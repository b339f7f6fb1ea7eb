import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, watch, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { runUserShell } from './user-shell';

const folder = mkdtempSync(join(tmpdir(), 'midplane-user-shell-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function program(name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

const never = new AbortController().signal;

test('has the environment of the user and what is added, and may end as it likes', async () => {
  const out = join(folder, 'out');
  const shell = program('ends', `echo "$KUBECONFIG $HOME" > ${out}; exit 3`);
  await runUserShell({ ...process.env, SHELL: shell }, { env: { KUBECONFIG: '/the/config' }, signal: never });
  expect(readFileSync(out, 'utf8')).toBe(`/the/config ${process.env['HOME']}\n`);
});

test.each([
  ['that hears it', 'sleep 60 & wait'],
  ['that does not', `trap '' HUP; while :; do sleep 0.1; done`],
])('one %s is hung up with the signal', async (kind, script) => {
  const started = join(folder, `started-${kind.length}`);
  const shell = program(`waits-${kind.length}`, `echo > ${started}; ${script}`);
  const interruption = new AbortController();
  const ended = runUserShell({ ...process.env, SHELL: shell }, { env: {}, signal: interruption.signal });
  await new Promise<void>((there) => {
    const watcher = watch(folder, () => {
      if (!existsSync(started)) return;
      watcher.close();
      there();
    });
    if (existsSync(started)) {
      watcher.close();
      there();
    }
  });
  interruption.abort();
  await ended;
});

test('one that is no program is named', async () => {
  await expect(
    runUserShell({ ...process.env, SHELL: '/no/such/shell' }, { env: {}, signal: never }),
  ).rejects.toMatchObject({
    code: 'USAGE',
    message: expect.stringContaining('SHELL is "/no/such/shell", which cannot be started'),
    hint: expect.stringContaining('SHELL='),
  });
});

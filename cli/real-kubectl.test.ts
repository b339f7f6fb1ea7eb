import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { findKubectl, openKubectl } from './real-kubectl';

const folder = mkdtempSync(join(tmpdir(), 'midplane-fake-kubectl-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A program called kubectl that does this. */
function program(script: string): { readonly named: null; readonly folders: readonly string[] } {
  const own = mkdtempSync(join(folder, 'bin-'));
  writeFileSync(join(own, 'kubectl'), `#!${process.execPath}\n${script}`);
  chmodSync(join(own, 'kubectl'), 0o755);
  return { named: null, folders: ['', join(own, 'nowhere'), own] };
}

const call = {
  words: ['get', 'a b'],
  stdin: 'typed',
  kubeconfig: 'the config',
  signal: new AbortController().signal,
};

describe('the real kubectl', () => {
  test('gets its words, its input, and an environment with nothing of this machine', async () => {
    const kubectl = await openKubectl(
      program(`const fs = require('fs');
        const { KUBECONFIG, HOME } = process.env;
        console.log(JSON.stringify({
          words: process.argv.slice(2), stdin: fs.readFileSync(0, 'utf8'), names: Object.keys(process.env).sort(),
          config: fs.readFileSync(KUBECONFIG, 'utf8'), mode: (fs.statSync(KUBECONFIG).mode & 0o777).toString(8), HOME,
        }));
        console.error('a warning');`),
    );
    const { stdout, words, ...outcome } = await kubectl.run(call);
    const told = JSON.parse(stdout.toString()) as { HOME: string };
    expect(outcome).toMatchObject({ ok: true, exitCode: 0 });
    expect(words).toBe('a warning');
    expect(told).toMatchObject({
      words: ['get', 'a b'],
      stdin: 'typed',
      names: ['HOME', 'KUBECONFIG'],
      config: 'the config',
      mode: '600',
    });
    await kubectl.close();
    expect(existsSync(told.HOME)).toBe(false);
  });

  test('that fails is told with its exit code and its words', async () => {
    const kubectl = await openKubectl(program(`console.error('Error from server\\n'); process.exit(3);`));
    expect(await kubectl.run(call)).toMatchObject({ ok: false, exitCode: 3, words: 'Error from server' });
    await kubectl.close();
  });

  test('is killed with all that it started, at the signal and when it is closed', async () => {
    const place = program(`const { spawn } = require('child_process');
      spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' });
      require('fs').writeFileSync(process.env.HOME + '/started', '');
      setInterval(() => {}, 1000);`);
    const stop = new AbortController();
    const kubectl = await openKubectl(place);
    // Its output is held open by its child: the outcome comes only when that is gone too.
    const first = kubectl.run({ ...call, signal: stop.signal });
    const second = kubectl.run(call);
    stop.abort();
    expect(await first).toMatchObject({ ok: false, exitCode: 137 });
    await kubectl.close();
    expect(await second).toMatchObject({ ok: false, exitCode: 137 });
  });

  test.each([
    ['there is no kubectl on PATH', { named: null, folders: [folder] }],
    [`MIDPLANE_KUBECTL is "${folder}", which is no program`, { named: folder, folders: [] }],
  ])('%s: then it says what to install', async (message, place) => {
    await expect(findKubectl(place)).rejects.toMatchObject({
      code: 'LAB_START_FAILED',
      message,
      hint: expect.stringContaining('install one'),
    });
  });
});

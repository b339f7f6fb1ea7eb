import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { findKubectls } from './find-kubectl';
import { type Running, running } from './standing.fixture';
import { haveTerminals } from './terminal.fixture';

/** `midplane run --shell` in a terminal, and the user's own kubectl in the shell that it opens. */
const kubectl = findKubectls().at(-1);
const home = mkdtempSync(join(tmpdir(), 'midplane-shell-home-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

const name = 'by-default-the-apiserver-does-not-verify';
const program = resolve(__dirname, '../../cli/main.js');

function start(kubectlFolder: string): Running {
  const command = `exec ${process.execPath} ${program} run ${name} --shell --twin open`;
  const child = spawn('script', ['-qefc', command, '/dev/null'], {
    env: {
      PATH: `${kubectlFolder}:${process.env['PATH']}`,
      HOME: home,
      TERM: 'xterm',
      SHELL: '/bin/sh',
      NO_COLOR: '1',
    },
    timeout: 50_000,
  });
  return running(child);
}

if (kubectl === undefined || !haveTerminals)
  test.skip('NOT RUN: no kubectl, or no script of util-linux, on this machine', () => undefined);
else
  describe('a shell in the middle of a scenario', () => {
    test('kubectl in it is answered by the attacker, and the run goes on however it ends', async () => {
      const run = start(dirname(kubectl.path));
      const [, config = ''] = await run.until(/export KUBECONFIG=(\S+)[\s\S]*The run goes on after exit/);
      expect(existsSync(config)).toBe(true);
      run.stdin.write('kubectl logs web --tail=3\n');
      await run.until(/forged-[0-9a-f]{16}/);
      run.stdin.write('exit 7\n');
      await run.until(
        /came to the attacker, and it has:\s+GET \/containerLogs\/default\/web\/web\?tailLines=3/,
      );
      const { code, stdout } = await run.ended;
      expect(code).toBe(0);
      expect(stdout).toContain('open  the attacker got logs (impersonated)');
      expect(existsSync(dirname(config))).toBe(false);
    }, 60_000);

    test('it ends with midplane, and nothing is left', async () => {
      const run = start(dirname(kubectl.path));
      const [, config = ''] = await run.until(/export KUBECONFIG=(\S+)[\s\S]*The run goes on after exit/);
      run.stdin.write('echo shell is $$, midplane $PPID.\n');
      const [, shell = '', midplane = ''] = await run.until(/shell is (\d+), midplane (\d+)\./);
      process.kill(Number(midplane), 'SIGTERM');
      const { code } = await run.ended;
      expect(code).toBe(143);
      expect(existsSync(dirname(config))).toBe(false);
      expect(() => process.kill(Number(shell), 0)).toThrow('ESRCH');
    }, 60_000);

    test('it ends with its terminal, and nothing is left', async () => {
      const run = start(dirname(kubectl.path));
      const [, config = ''] = await run.until(/export KUBECONFIG=(\S+)[\s\S]*The run goes on after exit/);
      const folder = dirname(config);
      const gone = new Promise<void>((resolve) => {
        const watcher = watch(dirname(folder), () => {
          if (existsSync(folder)) return;
          watcher.close();
          resolve();
        });
      });
      // As when somebody closes the window.
      run.child.kill('SIGKILL');
      await gone;
    }, 60_000);
  });

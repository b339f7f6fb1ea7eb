import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Kubectl } from './find-kubectl';
import { type Running, running, type Workplace } from './standing.fixture';

/** Whether this machine has util-linux's `script`, which gives a command a terminal. */
export const haveTerminals =
  spawnSync('script', ['--version'], { encoding: 'utf8' }).stdout?.includes('util-linux') === true;

export interface TerminalSession extends Running {
  /** Types, as on a keyboard. */
  type(text: string): void;
  /** Gives the window another size, as a window manager does: kubectl gets SIGWINCH. */
  resize(columns: number, rows: number): void;
}

/** kubectl in a terminal of 100 columns and 30 rows. */
export function startInTerminal(
  { folder }: Workplace,
  { path, version }: Kubectl,
  args: readonly string[],
): TerminalSession {
  const orders = join(folder, `resize-${process.hrtime.bigint()}`);
  mkdirSync(orders);
  const home = join(folder, `home-${version}`);
  mkdirSync(home, { recursive: true });
  const command = [path, '--kubeconfig', join(folder, 'admin.kubeconfig'), ...args].map(quoted).join(' ');
  // In the background of the terminal's own session, so that it may change the size; it ends with the terminal.
  const watcher =
    `while [ -d ${quoted(orders)} ]; do for f in ${quoted(orders)}/*; do ` +
    `[ -e "$f" ] && { stty $(cat "$f"); rm -f "$f"; }; done; sleep 0.02; done </dev/tty 2>/dev/null &`;
  const child = spawn('script', ['-qefc', `stty cols 100 rows 30; ${watcher} exec ${command}`, '/dev/null'], {
    env: { PATH: process.env['PATH'], HOME: home, TERM: 'xterm', SHELL: '/bin/sh' },
    timeout: 20_000,
  });
  const session = running(child);
  void session.ended.then(() => rmSync(orders, { recursive: true, force: true }));
  let order = 0;
  return {
    ...session,
    type: (text) => void session.stdin.write(text),
    resize: (columns, rows) => {
      order += 1;
      writeFileSync(join(orders, `.${order}`), `cols ${columns} rows ${rows}`);
      // Whole before it is seen.
      spawnSync('mv', [join(orders, `.${order}`), join(orders, String(order))]);
    },
  };
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

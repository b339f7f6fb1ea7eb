import { spawn } from 'node:child_process';
import { MidplaneError } from '../error';
import type { ShellRun } from './terminal';

/** One that hangs must not hold up the end of the lab. */
const END_WITHIN_MS = 1_000;

/**
 * The user's own shell in this terminal, until it ends; with the signal it is hung up, as when a terminal is closed.
 *
 * @param own the user's environment, with SHELL; without: sh
 */
export async function runUserShell(own: NodeJS.ProcessEnv, { env, signal }: ShellRun): Promise<void> {
  const path = own['SHELL'] || '/bin/sh';
  const child = spawn(path, [], { stdio: 'inherit', env: { ...own, ...env } });
  let killer: NodeJS.Timeout | null = null;
  const hangUp = (): void => {
    child.kill('SIGHUP');
    killer = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS);
  };
  signal.addEventListener('abort', hangUp, { once: true });
  if (signal.aborted) hangUp();
  try {
    await new Promise<void>((ended, failed) => {
      child.once('exit', () => ended());
      child.once('error', (cause) =>
        failed(
          new MidplaneError('USAGE', `SHELL is "${path}", which cannot be started: ${cause.message}`, {
            hint: 'name another one: SHELL=/bin/sh midplane run …',
            cause,
          }),
        ),
      );
    });
  } finally {
    signal.removeEventListener('abort', hangUp);
    if (killer !== null) clearTimeout(killer);
  }
}

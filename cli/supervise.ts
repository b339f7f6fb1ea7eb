import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { MidplaneError } from '../error';
import { describeChange, parseFlags } from '../lab/flag-file';
import { componentLog } from './component-log';
import { exitCodes, type Terminal } from './terminal';

/** How often the file is read. Notifications do not cross every kind of volume that a container can have. */
const LOOK_MS = 200;
/** A component answers SIGTERM in less; one that hangs must not hold up the container's own end. */
const END_WITHIN_MS = 1_500;
const FIRST_DELAY_MS = 250;
/** The kubelet's own limit is 5 minutes (MaxContainerBackOff); nobody at a lab waits that long. */
const LONGEST_DELAY_MS = 5_000;
/** Who ran this long did not fail at its start. */
const SETTLED_MS = 10_000;

/**
 * What a kubelet does for a static pod: runs the component with the flags that are written for it, and again when they
 * change or it ends. Its output is passed through. Both end with the signal.
 */
export async function supervise(
  component: string,
  given: { readonly flags: string },
  terminal: Terminal,
): Promise<number> {
  if (component !== 'apiserver' && component !== 'kubelet') {
    throw new MidplaneError('USAGE', `"${component}" is no component that can be supervised`, {
      hint: 'write midplane lab supervise --flags FILE -- apiserver (or kubelet)',
    });
  }
  const { signal } = terminal;
  const log = componentLog(terminal).child({ component: 'supervise', of: component });
  let delayMs = FIRST_DELAY_MS;
  let flags = await changedFlags(given.flags, null, signal, () =>
    log.info({ file: given.flags }, 'waiting for the file of the flags'),
  );
  while (flags !== null && !signal.aborted) {
    log.info({ flags }, `starting ${component}`);
    const began = performance.now();
    const child = spawn(process.execPath, [join(__dirname, 'main.js'), component, ...flags], {
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    const running: readonly string[] = flags;
    const next = await whicheverFirst(child, given.flags, running, signal);
    if (next.kind === 'changed') {
      log.info({ change: describeChange(running, next.flags) }, `flags changed: ending ${component}`);
      await end(child);
      flags = next.flags;
      delayMs = FIRST_DELAY_MS;
    } else if (next.kind === 'ended') {
      if (performance.now() - began > SETTLED_MS) delayMs = FIRST_DELAY_MS;
      log.error({ exitCode: next.code, startsAgainInMs: delayMs }, `${component} ended by itself`);
      await pause(delayMs, undefined, { signal }).catch(() => undefined);
      delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS);
      flags = (await readFlags(given.flags)) ?? running;
    } else {
      await end(child);
    }
  }
  return exitCodes.ok;
}

type Next =
  | { readonly kind: 'changed'; readonly flags: readonly string[] }
  | { readonly kind: 'ended'; readonly code: number | string | null }
  | { readonly kind: 'stopped' };

async function whicheverFirst(
  child: ChildProcess,
  file: string,
  running: readonly string[],
  signal: AbortSignal,
): Promise<Next> {
  const done = new AbortController();
  const ended = new Promise<Next>((resolve) => {
    child.once('exit', (code, killedBy) => resolve({ kind: 'ended', code: code ?? killedBy }));
  });
  const changed = changedFlags(file, running, AbortSignal.any([signal, done.signal])).then(
    (flags): Next => (flags === null ? { kind: 'stopped' } : { kind: 'changed', flags }),
  );
  const next = await Promise.race([ended, changed]);
  done.abort();
  return next;
}

/** Resolves with flags that differ from the running ones; null when the signal is aborted. */
async function changedFlags(
  file: string,
  running: readonly string[] | null,
  signal: AbortSignal,
  onMissing: () => void = () => undefined,
): Promise<readonly string[] | null> {
  let toldMissing = false;
  while (!signal.aborted) {
    const flags = await readFlags(file);
    if (flags !== null && (running === null || flags.join('\n') !== running.join('\n'))) return flags;
    if (flags === null && !toldMissing) {
      onMissing();
      toldMissing = true;
    }
    await pause(LOOK_MS, undefined, { signal }).catch(() => undefined);
  }
  return null;
}

async function readFlags(file: string): Promise<readonly string[] | null> {
  try {
    return parseFlags(await readFile(file, 'utf8'));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new MidplaneError('FILE_UNREADABLE', `cannot read "${file}": ${(cause as Error).message}`, {
      hint: 'the file holds one flag a line',
      cause,
    });
  }
}

/** SIGTERM, then SIGKILL; resolves when the process is gone. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGTERM');
  const killer = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS);
  await gone;
  clearTimeout(killer);
}

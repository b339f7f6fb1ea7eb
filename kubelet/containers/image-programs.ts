import { aborted } from '../../client/aborted';
import { pause as wait } from '../../client/pause';
import type { ImageContext } from './images';
import { type Process, print } from './process';

/** What the images without a server and without a shell run. */

/** How long `midplane/crash` and `midplane/job` take, unless INTERVAL says otherwise. */
const MOMENT_MS = 1_000;
const LOG_INTERVAL_MS = 5_000;
/** One line in so many goes to standard error. */
const ERROR_EVERY = 5;

/** A line on standard output now and then, every fifth on standard error: `--interval 500ms`, or INTERVAL. */
export async function logger({ self, args, up }: ImageContext): Promise<number> {
  const stop = whenStopped(self);
  const interval = intervalMs(self, args, LOG_INTERVAL_MS);
  await print(self, `logger ${self.container.hostname} started\n`);
  up();
  for (let count = 1; !stop.signal.aborted; count += 1) {
    await wait(interval, stop.signal);
    if (stop.signal.aborted) break;
    const line = `${new Date().toISOString()} ${self.container.hostname} line ${count}\n`;
    await (count % ERROR_EVERY === 0 ? self.stderr : self.stdout).write(Buffer.from(line), self.signal);
  }
  return 0;
}

export async function crash({ self, args, up }: ImageContext): Promise<number> {
  await print(self, `crash ${self.container.hostname}: starting\n`);
  up();
  await wait(intervalMs(self, args, MOMENT_MS), whenStopped(self).signal);
  await self.stderr.write(Buffer.from('crash: fatal: cannot go on\n'), self.signal);
  return 1;
}

export async function job({ self, args, up }: ImageContext): Promise<number> {
  await print(self, `job ${self.container.hostname}: working\n`);
  up();
  await wait(intervalMs(self, args, MOMENT_MS), whenStopped(self).signal);
  await print(self, `job ${self.container.hostname}: done\n`);
  return 0;
}

export async function helloWorld({ self, up }: ImageContext): Promise<number> {
  up();
  const text = 'This message shows that your installation appears to be working correctly.';
  await print(self, `\nHello from Docker!\n${text}\n\n`);
  return 0;
}

export async function pause({ self, up }: ImageContext): Promise<number> {
  up();
  await aborted(whenStopped(self).signal);
  return 0;
}

/** Aborted when the program is killed, and when it is asked to end. */
export function whenStopped(self: Process): AbortController {
  const stop = new AbortController();
  self.signals.handler = (signal) => {
    if (signal !== 'TERM' && signal !== 'INT' && signal !== 'QUIT') return false;
    stop.abort();
    return true;
  };
  if (self.signal.aborted) stop.abort();
  else self.signal.addEventListener('abort', () => stop.abort(), { once: true });
  return stop;
}

/** `500ms`, `2s`, `1m` or seconds, from `--interval`, the first argument or the variable INTERVAL. */
export function intervalMs(self: Process, args: readonly string[], otherwise: number): number {
  const at = args.indexOf('--interval');
  const inline = args.find((it) => it.startsWith('--interval='))?.slice('--interval='.length);
  const given = inline ?? (at >= 0 ? args[at + 1] : args[0]) ?? self.env.get('INTERVAL') ?? '';
  const match = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(given);
  if (match === null) return otherwise;
  const ms = Number(match[1]) * ({ ms: 1, s: 1000, m: 60_000 }[match[2] ?? 's'] ?? 1000);
  // Faster than this it would only keep the kubelet busy.
  return Math.max(ms, 10);
}

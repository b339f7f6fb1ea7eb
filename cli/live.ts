import { MidplaneError } from '../error';
import { waitOrAbort } from '../network/wait-or-abort';
import { readSpeed, type Speed } from '../report/replay-player';
import type { Listeners } from './listeners';
import type { Output } from './outputs';
import { keyPace, readingPace } from './pace';
import type { Progress } from './progress';
import type { RunFormat } from './run-formats';
import { exitCodes, type Keys, type Terminal } from './terminal';

/** How a story is told while it happens. */
export interface Live {
  readonly speed: Speed;
  /** Null: nobody presses a key. */
  readonly openKeys: (() => Keys) | null;
  /** Whether the user has asked for it; otherwise somebody just sits there. */
  readonly isWished: boolean;
}

/**
 * Null: stories are told when they are over. Throws MidplaneError USAGE for what cannot be: keys without a terminal, and a
 * pace for what nobody is told.
 */
export function liveOf(
  given: { readonly speed?: string; readonly step?: boolean },
  { outputs, parallel }: { readonly outputs: readonly Output<RunFormat>[]; readonly parallel: number },
  terminal: Terminal,
): Live | null {
  const isWished = given.step === true || given.speed !== undefined;
  if (isWished && parallel > 1) {
    throw new MidplaneError('USAGE', '--step and --speed tell one scenario at a time', {
      hint: 'leave --parallel away',
    });
  }
  if (isWished && !outputs.some(isTold)) {
    const option = given.step === true ? '--step' : '--speed';
    throw new MidplaneError('USAGE', `${option} is for a story that is told, and stdout has none`, {
      hint: 'add -o story, and give the other output a file: -o json=FILE',
    });
  }
  const speed = given.speed === undefined ? null : speedOf(given.speed);
  if (given.step === true) {
    const { openKeys = null } = terminal;
    if (openKeys !== null) return { speed: speed ?? 'max', openKeys, isWished };
    throw new MidplaneError('USAGE', '--step waits for a key before each step, and there is no terminal', {
      hint: '--speed 1 gives time to read; without either all is told at once',
    });
  }
  const isWatched = terminal.width !== null && terminal.progress;
  if (!outputs.some(isTold) || parallel > 1 || !(isWished || isWatched)) return null;
  return { speed: speed ?? 1, openKeys: null, isWished };
}

/** Whether it is a story on stdout. */
export function isTold({ format, file }: Output<RunFormat>): boolean {
  return format === 'story' && file === null;
}

/** As of a replay. */
export function speedOf(text: string): Speed {
  const speed = readSpeed(text);
  if (speed !== null) return speed;
  throw new MidplaneError('USAGE', `--speed "${text}" is no speed`, {
    hint: 'for example --speed 2, --speed 0.5, --speed max',
  });
}

/** Those that hold it up. */
export function pacesOf(
  { speed, openKeys }: Live,
  { progress, quit }: { readonly progress: Progress; readonly quit: () => void },
  { signal }: Terminal,
): Listeners[] {
  // Whoever is stopped is told so by the scenario.
  const wait = (ms: number): Promise<void> => waitOrAbort(ms, signal);
  const reading = { pace: readingPace(speed, wait) };
  if (openKeys === null) return [reading];
  const onWait = (): void => progress.show('space goes on, c without waiting, q quits');
  return [reading, { pace: keyPace(openKeys, { onWait, quit }, signal) }];
}

/** Does it until it is done or the user quits: then all that was opened is closed, as with Ctrl-C. */
export async function untilQuit(
  terminal: Terminal,
  work: (terminal: Terminal, quit: () => void) => Promise<number>,
): Promise<number> {
  const quit = new AbortController();
  const signal = AbortSignal.any([terminal.signal, quit.signal]);
  try {
    return await work({ ...terminal, signal }, () => quit.abort(new Error('the user has quit')));
  } catch (error) {
    if (!quit.signal.aborted) throw error;
    terminal.warn('ended: everything is closed\n');
    return exitCodes.interrupted;
  } finally {
    // What listens to both signals lets go of the caller's.
    quit.abort();
  }
}

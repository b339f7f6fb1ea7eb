import type { Pace } from '../lab/scenarios/stage';
import { SHORTEST_MS, type Speed } from '../report/replay-player';
import type { Keys } from './terminal';

/** Time to read each step, as a replay gives it. */
export function readingPace(speed: Speed, wait: (ms: number) => Promise<void>): Pace {
  return async ({ step }) => {
    if (step !== null && speed !== 'max') await wait(SHORTEST_MS / speed);
  };
}

/** A key before each step: `c` asks for no more of them. */
export function keyPace(
  openKeys: () => Keys,
  { onWait, quit }: { readonly onWait: () => void; readonly quit: () => void },
  signal: AbortSignal,
): Pace {
  let waits = true;
  return async () => {
    if (!waits) return;
    onWait();
    // Open only now: between steps Ctrl-C is the signal that it always is.
    const keys = openKeys();
    try {
      while (!signal.aborted) {
        const key = (await keys.next(null, signal)) ?? '';
        if (['n', ' ', 'enter', 'right'].includes(key)) return;
        if (['q', 'ctrl-c'].includes(key)) quit();
        if (key !== 'c') continue;
        waits = false;
        return;
      }
    } finally {
      keys.close();
    }
  };
}

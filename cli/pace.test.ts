import { describe, expect, test } from '@jest/globals';
import type { Pause } from '../lab/scenarios/stage';
import { keyPace, readingPace } from './pace';

const first: Pause = { step: null, index: 0, cluster: null };
const later: Pause = {
  step: { who: 'thief', did: 'enters', saw: 'the silver', outcome: 'gained' },
  index: 1,
  cluster: null,
};

test.each([
  [1, [400]],
  [4, [100]],
  [0.5, [800]],
  ['max' as const, []],
])('at speed %s a step may be read for %j ms, and nothing before the first one', async (speed, expected) => {
  const waits: number[] = [];
  const pace = readingPace(speed, async (ms) => void waits.push(ms));
  await pace(first);
  expect(waits).toEqual([]);
  await pace(later);
  expect(waits).toEqual(expected);
});

describe('a pace by keys', () => {
  /** What is left of the keys, how often the terminal was taken and given back, and whether somebody has quit. */
  function pressed(...keys: readonly string[]) {
    const left = [...keys];
    const stop = new AbortController();
    const seen = { opened: 0, closed: 0 };
    const open = () => {
      seen.opened += 1;
      return {
        next: async () => left.shift() ?? null,
        close: () => {
          seen.closed += 1;
        },
      };
    };
    const asked = { onWait: () => undefined, quit: () => stop.abort() };
    return { pace: keyPace(open, asked, stop.signal), left, seen, signal: stop.signal };
  }

  test.each(['n', ' ', 'enter', 'right'])('goes on by %j, and by no other key', async (key) => {
    const { pace, left } = pressed('x', 'left', 'resized', key, 'rest');
    await pace(first);
    expect(left).toEqual(['rest']);
  });

  test('has the terminal only while it waits', async () => {
    const { pace, seen } = pressed('n', 'n');
    await pace(first);
    expect(seen).toEqual({ opened: 1, closed: 1 });
    await pace(later);
    expect(seen).toEqual({ opened: 2, closed: 2 });
  });

  test('asks for no key any more after c', async () => {
    const { pace, left, seen } = pressed('c', 'rest');
    await pace(first);
    await pace(later);
    expect([left, seen.opened]).toEqual([['rest'], 1]);
  });

  test.each(['q', 'ctrl-c'])('quits by %s', async (key) => {
    const { pace, seen, signal } = pressed(key, 'rest');
    await pace(first);
    expect([signal.aborted, seen.closed]).toEqual([true, 1]);
  });
});

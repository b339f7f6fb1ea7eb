import { describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { WorkQueue } from './work-queue';

const log = pino({ level: 'silent' });

describe('a work queue', () => {
  test('looks once at a key that was added several times', async () => {
    const seen: string[] = [];
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const work = async (key: string): Promise<void> => {
      seen.push(key);
      if (key === 'last') finish();
    };
    const queue = new WorkQueue({ log, work });
    for (const key of ['a', 'b', 'a', 'last']) queue.add(key);
    await finished;
    await queue.close();
    expect(seen).toEqual(['a', 'b', 'last']);
  });

  test('looks again at a key that failed', async () => {
    let tries = 0;
    await new Promise<void>((resolve) => {
      const queue = new WorkQueue({
        log,
        work: async () => {
          tries += 1;
          if (tries < 3) throw new Error('not yet');
          resolve();
        },
      });
      queue.add('a');
    });
    expect(tries).toBe(3);
  });

  test.each([
    ['first', [20, 600_000]],
    ['last', [600_000, 20]],
  ])('keeps the sooner of two delays, when it comes %s', async (_, delays) => {
    await new Promise<void>((resolve) => {
      const queue = new WorkQueue({ log, work: async () => resolve() });
      for (const delayMs of delays) queue.addAfter('a', delayMs);
    });
  });

  test('does not take a delay that no timer keeps for none', async () => {
    const seen: string[] = [];
    await new Promise<void>((resolve) => {
      const queue = new WorkQueue({
        log,
        work: async (key) => {
          seen.push(key);
          if (key === 'soon') resolve();
        },
      });
      queue.addAfter('in a month', 31 * 24 * 60 * 60 * 1000);
      queue.addAfter('soon', 20);
    });
    expect(seen).toEqual(['soon']);
  });

  test('works on as many keys at a time as it has workers, and on none twice', async () => {
    const begun: string[] = [];
    const finish: (() => void)[] = [];
    const work = (key: string): Promise<void> => {
      begun.push(key);
      return new Promise((resolve) => finish.push(resolve));
    };
    const turn = () => new Promise((resolve) => setImmediate(resolve));
    const queue = new WorkQueue({ log, work, workers: 2 });
    for (const key of ['a', 'b', 'c']) queue.add(key);
    await turn();
    expect(begun).toEqual(['a', 'b']);
    queue.add('a');
    finish[1]?.();
    await turn();
    // Not `a`, which is still being worked on.
    expect(begun).toEqual(['a', 'b', 'c']);
    finish[2]?.();
    await turn();
    expect(begun).toEqual(['a', 'b', 'c']);
    finish[0]?.();
    await turn();
    expect(begun).toEqual(['a', 'b', 'c', 'a']);
    finish[3]?.();
    await turn();
    queue.add('d');
    await turn();
    expect(begun.at(-1)).toBe('d');
    finish[4]?.();
    await queue.close();
  });

  test('takes nothing more once it is closed', async () => {
    const seen: string[] = [];
    const queue = new WorkQueue({
      log,
      work: async (key) => {
        seen.push(key);
      },
    });
    await queue.close();
    queue.add('a');
    await queue.close();
    expect(seen).toEqual([]);
  });
});

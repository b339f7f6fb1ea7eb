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

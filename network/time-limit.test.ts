import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from '@jest/globals';
import { timeLimit } from './time-limit';

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

describe('a time limit', () => {
  test('comes, although garbage is collected in the meantime', async () => {
    const other = new AbortController();
    const comes = once(timeLimit(50, other.signal), 'abort');
    collectGarbage();
    await new Promise(setImmediate);
    collectGarbage();
    await comes;
    expect(other.signal.aborted).toBe(false);
  });

  test('comes at once when one of the others does, with its reason', () => {
    const other = new AbortController();
    const limit = timeLimit(60_000, new AbortController().signal, other.signal);
    expect(limit.aborted).toBe(false);
    other.abort('enough');
    expect(limit.reason).toBe('enough');
  });

  test('stands by itself too', async () => {
    const limit = timeLimit(1);
    await once(limit, 'abort');
    expect(limit.reason).toMatchObject({ name: 'TimeoutError' });
  });
});

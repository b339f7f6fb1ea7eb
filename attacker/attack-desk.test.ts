import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import pino from 'pino';
import { AttackDesk } from './attack-desk';
import { Attacker } from './attacker';
import type { OrderedAttack } from './control-protocol';
import { alreadyOnPath } from './position';
import { openRouterHost } from './router-host';
import { fakeKernel } from './testing-router';

const order: OrderedAttack = {
  technique: 'tap',
  mode: 'tap',
  target: { address: '10.78.2.11', port: 10250 },
  present: null,
  forged: '',
  tampered: '',
};

async function openDesk() {
  const kernel = fakeKernel();
  const loopback = '127.0.0.1/8';
  const router = await openRouterHost({ name: 'attacker', inside: loopback, outside: loopback, kernel });
  const desk = new AttackDesk({
    attacker: new Attacker({ host: router }),
    prepare: async () => ({ position: alreadyOnPath('attacker is the router') }),
    log: pino({ level: 'silent' }),
    leaseMs: 60_000,
    onStuck: () => undefined,
  });
  const started = await desk.start(order);
  if (started.kind !== 'started') throw new Error(started.kind);
  return {
    desk,
    id: started.id,
    async [Symbol.asyncDispose]() {
      await desk.close();
      await router.close();
    },
  };
}

describe('the lease of an attack', () => {
  beforeEach(() => {
    // Sockets live on the real event loop; only the minute that has to pass is not real.
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask', 'performance'] });
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  test('ends a minute after it began', async () => {
    await using bench = await openDesk();
    jest.advanceTimersByTime(60_000);
    await expect(bench.desk.finish(bench.id)).resolves.toEqual({ kind: 'lapsed' });
    expect(bench.desk.renew(bench.id)).toBe(false);
  });

  test('ends a minute after its owner was last heard of', async () => {
    await using bench = await openDesk();
    for (let times = 0; times < 3; times += 1) {
      jest.advanceTimersByTime(59_999);
      expect(bench.desk.renew(bench.id)).toBe(true);
    }
    jest.advanceTimersByTime(59_999);
    await expect(bench.desk.finish(bench.id)).resolves.toMatchObject({ kind: 'finished' });
  });

  test('ends at once when its owner will not come back', async () => {
    await using bench = await openDesk();
    bench.desk.abandon('another');
    bench.desk.abandon(bench.id);
    await expect(bench.desk.finish(bench.id)).resolves.toEqual({ kind: 'lapsed' });
    await expect(bench.desk.start(order)).resolves.toMatchObject({ kind: 'started' });
  });

  test('is given to nobody after the end', async () => {
    await using bench = await openDesk();
    await bench.desk.close();
    await expect(bench.desk.start(order)).resolves.toEqual({ kind: 'busy' });
    await expect(bench.desk.finish('another')).resolves.toEqual({ kind: 'unknown' });
  });
});

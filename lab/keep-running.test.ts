import { expect, test } from '@jest/globals';
import { keepRunning } from './keep-running';

function component(name: string, told: string[]) {
  let fail: () => void = () => undefined;
  const failed = new Promise<void>((resolve) => {
    fail = resolve;
  });
  told.push(`${name} starts`);
  return {
    failed,
    fail,
    close: async () => {
      told.push(`${name} is closed`);
    },
  };
}

test('what ends by itself is closed and started again, until it is told to stop', async () => {
  const told: string[] = [];
  const made: ReturnType<typeof component>[] = [];
  const kept = keepRunning(() => {
    const next = component(String(made.length), told);
    made.push(next);
    return next;
  });
  made[0]?.fail();
  await new Promise((resolve) => setImmediate(resolve));
  await kept.close();
  made[1]?.fail();
  await new Promise((resolve) => setImmediate(resolve));
  expect(told.slice(0, 4)).toEqual(['0 starts', '0 is closed', '1 starts', '1 is closed']);
  expect(made).toHaveLength(2);
});

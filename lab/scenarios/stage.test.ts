import { expect, test } from '@jest/globals';
import { Stage } from './stage';

test('a stage closes everything, last opened first, also past what cannot be closed', async () => {
  const closed: string[] = [];
  const part = (name: string, fails = false) => ({
    close: async () => {
      closed.push(name);
      if (fails) throw new Error(`${name} is stuck`);
    },
  });
  const stage = new Stage();
  stage.closeLater(part('cluster'));
  stage.closeLater(part('attack', true));
  stage.closeLater(part('kubelet'));
  await expect(stage[Symbol.asyncDispose]()).rejects.toThrow('attack is stuck');
  expect(closed).toEqual(['kubelet', 'attack', 'cluster']);
  await stage[Symbol.asyncDispose]();
  expect(closed).toHaveLength(3);
});

test('nothing is said on a stage that was told to stop', () => {
  const stop = new AbortController();
  const stage = new Stage({ signal: stop.signal });
  stage.did('admin', 'looks', 'ok');
  stop.abort(new Error('enough'));
  expect(() => stage.gained('attacker', 'a', 'b', 'c')).toThrow('enough');
  expect(stage.steps).toHaveLength(1);
});

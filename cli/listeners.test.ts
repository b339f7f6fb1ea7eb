import { expect, test } from '@jest/globals';
import type { Pause } from '../lab/scenarios/stage';
import { type Listeners, together } from './listeners';

const pause: Pause = { step: null, index: 0, cluster: null };

test('several listeners are told in their order, and a pace begins when the one before it has ended', async () => {
  const heard: string[] = [];
  let release: () => void = () => undefined;
  const slow: Listeners = {
    onTwin: (twin) => void heard.push(`first: ${twin}`),
    pace: () => new Promise((resolve) => (release = resolve)),
  };
  const quick: Listeners = {
    onTwin: (twin) => void heard.push(`second: ${twin}`),
    pace: async () => void heard.push('second paces'),
  };
  const all = together([slow, {}, quick]);
  all.onTwin('open');
  const paced = all.pace(pause);
  expect(heard).toEqual(['first: open', 'second: open']);
  release();
  await paced;
  expect(heard.at(-1)).toBe('second paces');
});

import { expect, test } from '@jest/globals';
import type { ScenarioReport } from '../report/scenario-outcome';
import { midplane } from './midplane.test.fixtures';

async function seen(seed: string): Promise<unknown> {
  const { code, out } = await midplane(['run', 'redirected-exec', '--seed', seed, '-o', 'json']);
  expect(code).toBe(0);
  const { runs } = JSON.parse(out) as ScenarioReport;
  return runs.map(({ steps, gains }) => ({ steps, gains }));
}

test('run NAME --seed has the same words in every run with it, and others with another', async () => {
  const one = await seen('a');
  expect(await seen('a')).toEqual(one);
  expect(await seen('b')).not.toEqual(one);
}, 60_000);

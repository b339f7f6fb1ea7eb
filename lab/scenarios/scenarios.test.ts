import { describe, expect, test } from '@jest/globals';
import { twins } from '../../report/scenario-outcome';
import { playScenario } from './play-scenario';
import { scenarios } from './scenarios';

describe.each(scenarios.map((scenario) => [scenario.id, scenario] as const))('%s', (_id, scenario) => {
  test.each(twins)(
    'comes out as it claims when it is %s',
    async (twin) => {
      const run = await playScenario(scenario, twin);
      expect(run).toMatchObject({ asClaimed: true });
      expect(run.steps.filter(({ saw }) => saw === '')).toEqual([]);
      // Whoever was not reached has refused nothing; that nobody listens is an answer at the read-only port alone.
      const unreached =
        /(?<!:10255: connect: )connection refused|no route to host|i\/o timeout|context canceled|deadline exceeded/;
      const refusals = run.steps.filter(({ outcome }) => outcome === 'refused').map(({ saw }) => saw);
      expect(refusals.filter((saw) => unreached.test(saw))).toEqual([]);
    },
    60_000,
  );

  test('says what it needs to teach', () => {
    expect(scenario.id).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(scenario.story.length).toBeGreaterThan(150);
    expect(scenario.setting.open).not.toBe(scenario.setting.fixed);
    expect(scenario.sources.length).toBeGreaterThan(0);
    expect(scenario.notice.length).toBeGreaterThan(40);
    expect(scenario.needs?.length).toBeGreaterThan(30);
    expect(scenario.evidence?.length).toBeGreaterThan(60);
  });
});

test('no scenario is there twice, or called like a word of the vocabulary', async () => {
  const { kindOf } = await import('../../scenarios/vocabulary');
  const ids = scenarios.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => kindOf(id) !== null)).toEqual([]);
});

import { describe, expect, test } from '@jest/globals';
import { MidplaneError } from '../error';
import { fitScenarios } from './fit-scenarios';
import type { ScenariosInContainers } from './scenarios-in-containers';
import { type ChosenScenario, selectScenarios } from './select-scenarios';

/** A lab in containers that can play these. */
function containersWith(...ids: readonly string[]): ScenariosInContainers {
  const fits = ({ scenario }: Pick<ChosenScenario, 'scenario'>): boolean => ids.includes(scenario.id);
  return {
    take: async (named) =>
      fits(named)
        ? { kind: 'taken', scenario: { ...named.scenario, title: 'in containers' } }
        : { kind: 'unfit', reason: 'it is a play', hint: 'elsewhere' },
    need: async (named) => {
      if (fits(named)) return { ...named.scenario, title: 'in containers' };
      throw new MidplaneError('USAGE', `"${named.scenario.id}" is a play`);
    },
    plan: async () => [],
    [Symbol.asyncDispose]: async () => undefined,
  };
}

const two = { all: true, only: ['use-the-flag', 'get-nodes-proxy'] };

describe('in the lab in containers', () => {
  test('what was only swept up by --all is left out where it cannot be played, with the reason', async () => {
    const fit = await fitScenarios(containersWith('use-the-flag'), await selectScenarios([], two), ['open']);
    expect(fit.map(({ scenario, unfit }) => [scenario.id, scenario.title, unfit])).toEqual([
      ['use-the-flag', 'in containers', null],
      ['get-nodes-proxy', expect.not.stringContaining('in containers'), 'it is a play'],
    ]);
  });

  test('what was named is needed', async () => {
    const named = await selectScenarios(['use-the-flag', 'get-nodes-proxy'], { all: false, only: null });
    await expect(fitScenarios(containersWith('use-the-flag'), named, ['open'])).rejects.toThrow(
      '"get-nodes-proxy" is a play',
    );
  });

  test('nothing at all is no success', async () => {
    await expect(
      fitScenarios(containersWith(), await selectScenarios([], two), ['open']),
    ).rejects.toMatchObject({
      code: 'USAGE',
      message: 'the lab in containers can play none of them',
    });
  });
});

test('the embedded lab can play all', async () => {
  const fit = await fitScenarios(null, await selectScenarios([], two), ['open']);
  expect(fit.map(({ unfit }) => unfit)).toEqual([null, null]);
});

import { describe, expect, test } from '@jest/globals';
import { MidplaneError } from '../error';
import { fitScenarios } from './fit-scenarios';
import { type KubectlPlace, nowhere } from './real-kubectl';
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
    const fit = await fitScenarios(
      containersWith('use-the-flag'),
      await selectScenarios([], two),
      ['open'],
      nowhere,
    );
    expect(fit.map(({ scenario, unfit }) => [scenario.id, scenario.title, unfit])).toEqual([
      ['use-the-flag', 'in containers', null],
      ['get-nodes-proxy', expect.not.stringContaining('in containers'), 'it is a play'],
    ]);
  });

  test('what was named is needed', async () => {
    const named = await selectScenarios(['use-the-flag', 'get-nodes-proxy'], { all: false, only: null });
    await expect(fitScenarios(containersWith('use-the-flag'), named, ['open'], nowhere)).rejects.toThrow(
      '"get-nodes-proxy" is a play',
    );
  });

  test('nothing at all is no success', async () => {
    await expect(
      fitScenarios(containersWith(), await selectScenarios([], two), ['open'], nowhere),
    ).rejects.toMatchObject({
      code: 'USAGE',
      message: 'the lab in containers can play none of them',
    });
  });
});

test('the embedded lab can play all', async () => {
  const fit = await fitScenarios(null, await selectScenarios([], two), ['open'], nowhere);
  expect(fit.map(({ unfit }) => unfit)).toEqual([null, null]);
});

describe('without a kubectl', () => {
  const takesOne = 'kubectl-told-not-to-verify';
  const unfitOf = async (
    ...[names, which, place]: [string[], { all: boolean; only: string[] | null }, KubectlPlace]
  ) =>
    (await fitScenarios(null, await selectScenarios(names, which), ['open'], place)).map(
      ({ unfit }) => unfit,
    );

  test('what --all has swept up and takes one is left out, with the reason', async () => {
    const both = { all: true, only: [takesOne, 'use-the-flag'] };
    expect(await unfitOf([], both, nowhere)).toEqual([null, 'there is no kubectl on PATH']);
  });

  test('nothing at all is no success', async () => {
    await expect(unfitOf([], { all: true, only: [takesOne] }, nowhere)).rejects.toMatchObject({
      code: 'LAB_START_FAILED',
      message: 'there is no kubectl on PATH',
    });
  });

  test('a scenario that was named needs it, and so does whoever names a kubectl', async () => {
    expect(await unfitOf([takesOne], { all: false, only: null }, nowhere)).toEqual([null]);
    const named = { named: '/nowhere/kubectl', folders: [] };
    expect(await unfitOf([], { all: true, only: [takesOne] }, named)).toEqual([null]);
  });
});

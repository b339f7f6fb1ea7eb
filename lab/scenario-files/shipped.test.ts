import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { openKubectl } from '../../cli/real-kubectl';
import { twins } from '../../report/scenario-outcome';
import { kindOf } from '../../scenarios/vocabulary';
import { expectedOf, playScenario } from '../scenarios/play-scenario';
import { allScenarios } from './all-scenarios';
import { flipped } from './flipped.test.fixtures';
import { hasKubectl, kubectlPlace, needsKubectl } from './kubectl-here.test.fixtures';
import { scenarioOfFile } from './scenario-of-file';
import { shippedFiles, shippedFolder } from './shipped';
import { unmet } from './unmet';

const left = hasKubectl ? [] : shippedFiles().filter(needsKubectl);
const played = shippedFiles().filter((file) => !left.includes(file));

for (const { name } of left)
  test.skip(`NOT RUN: ${name}, for there is no kubectl on this machine`, () => undefined);

describe.each(played.map((file) => [file.name, scenarioOfFile(file)] as const))('%s', (_name, scenario) => {
  test.each(twins)(
    'comes out as its file expects when it is %s, and the opposite of anything in it would be noticed',
    async (twin) => {
      const run = await playScenario(scenario, twin, { kubectl: () => openKubectl(kubectlPlace) });
      expect(run).toMatchObject({ asClaimed: true });
      expect(run.unmet).toBeUndefined();
      const facts = { ...run, cells: run.cells ?? [] };
      const flips = flipped(expectedOf(scenario, twin));
      expect(flips.length).toBeGreaterThan(1);
      expect(flips.filter(({ condition }) => unmet(condition, facts).length === 0)).toEqual([]);
    },
    60_000,
  );
});

test('each file is named after its scenario, and says what it needs to teach', () => {
  const files = shippedFiles();
  const names = readdirSync(shippedFolder).filter((name) => name.endsWith('.yaml'));
  expect(files.map(({ name }) => `${name}.yaml`).sort()).toEqual(names.sort());
  expect(files.filter(({ needs, evidence }) => needs === undefined || evidence === undefined)).toEqual([]);
});

test('no scenario is there twice, or called like a word of the vocabulary', () => {
  const ids = allScenarios.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => kindOf(id) !== null)).toEqual([]);
});

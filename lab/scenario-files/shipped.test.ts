import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { openKubectl } from '../../cli/real-kubectl';
import { twins } from '../../report/scenario-outcome';
import { kindOf } from '../../scenarios/vocabulary';
import { plays } from '../plays/plays';
import { expectedOf, playScenario } from '../scenarios/play-scenario';
import { allScenarios } from './all-scenarios';
import { flipped } from './flipped.test.fixtures';
import { hasKubectl, kubectlPlace, needsKubectl } from './kubectl-here.test.fixtures';
import { scenarioOfFile } from './scenario-of-file';
import { shippedFiles, shippedFolder } from './shipped';
import { type RunFacts, unmet } from './unmet';

const left = hasKubectl ? [] : shippedFiles().filter(needsKubectl);
const played = shippedFiles().filter((file) => !left.includes(file));

for (const { name } of left)
  test.skip(`NOT RUN: ${name}, for there is no kubectl on this machine`, () => undefined);

describe.each(played.map((file) => [file.name, scenarioOfFile(file)] as const))('%s', (_name, scenario) => {
  test.each(twins)(
    'comes out as its file expects when it is %s, and the opposite of anything in it would be noticed',
    async (twin) => {
      const seen: RunFacts[] = [];
      const run = await playScenario(scenario, twin, {
        kubectl: () => openKubectl(kubectlPlace),
        onFacts: (facts) => seen.push(facts),
      });
      expect(run).toMatchObject({ asClaimed: true });
      expect(run.unmet).toBeUndefined();
      expect(run.steps.filter(({ saw }) => saw === '')).toEqual([]);
      // Whoever was not reached has refused nothing; that nobody listens is an answer at the read-only port alone.
      const unreached =
        /(?<!:10255: connect: )connection refused|no route to host|i\/o timeout|context canceled|deadline exceeded/;
      const refusals = run.steps.filter(({ outcome }) => outcome === 'refused').map(({ saw }) => saw);
      expect(refusals.filter((saw) => unreached.test(saw))).toEqual([]);
      const [facts] = seen;
      if (facts === undefined) throw new Error('it came to nothing');
      const flips = flipped(expectedOf(scenario, twin));
      expect(flips.length).toBeGreaterThan(1);
      expect(flips.filter(({ condition }) => unmet(condition, facts).length === 0)).toEqual([]);
    },
    60_000,
  );
});

test('each file is named after its scenario', () => {
  const names = readdirSync(shippedFolder).filter((name) => name.endsWith('.yaml'));
  expect(
    shippedFiles()
      .map(({ name }) => `${name}.yaml`)
      .sort(),
  ).toEqual(names.sort());
});

test.each(shippedFiles().map((file) => [file.name, file] as const))(
  '%s says what it needs to teach',
  (_name, { story, setting, sources, notice, needs = '', evidence = '' }) => {
    expect(story.length).toBeGreaterThan(150);
    expect(setting.open).not.toBe(setting.fixed);
    expect(sources.length).toBeGreaterThan(0);
    expect(notice.length).toBeGreaterThan(40);
    expect(needs.length).toBeGreaterThan(30);
    expect(evidence.length).toBeGreaterThan(60);
  },
);

test('each play that ships is the play of a scenario that is called like it, and says what it does', () => {
  for (const { name, open } of shippedFiles()) {
    if (open.kind === 'play') expect(open.attacker).toMatchObject({ name, play: plays[name] });
  }
  const played = shippedFiles().filter(({ open }) => open.kind === 'play');
  expect(played.map(({ name }) => name).sort()).toEqual(Object.keys(plays).sort());
  for (const { steps } of Object.values(plays)) expect(steps.length).toBeGreaterThan(1);
});

test('no scenario is there twice, or called like a word of the vocabulary', () => {
  const ids = allScenarios.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => kindOf(id) !== null)).toEqual([]);
});

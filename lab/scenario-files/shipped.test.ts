import { readdirSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { openKubectl } from '../../cli/real-kubectl';
import { type ScenarioRun, type Twin, twins } from '../../report/scenario-outcome';
import { kindOf } from '../../scenarios/vocabulary';
import { plays } from '../plays/plays';
import { expectedOf, playScenario } from '../scenarios/play-scenario';
import type { Scenario } from '../scenarios/scenario';
import { allScenarios } from './all-scenarios';
import { flipped } from './flipped.test.fixtures';
import { hasKubectl, kubectlPlace, needsKubectl } from './kubectl-here.test.fixtures';
import { scenarioOfFile } from './scenario-of-file';
import { shippedFiles, shippedFolder } from './shipped';
import { type RunFacts, unmet } from './unmet';

interface Played {
  readonly run: ScenarioRun;
  readonly facts: RunFacts;
}

const known = new Map<string, Promise<Played>>();

/** Once, for all who ask. */
function played(scenario: Scenario, twin: Twin): Promise<Played> {
  const key = `${scenario.id} ${twin}`;
  const running = known.get(key) ?? play(scenario, twin);
  known.set(key, running);
  return running;
}

async function play(scenario: Scenario, twin: Twin): Promise<Played> {
  const seen: RunFacts[] = [];
  const run = await playScenario(scenario, twin, {
    kubectl: () => openKubectl(kubectlPlace),
    onFacts: (facts) => seen.push(facts),
  });
  const [facts] = seen;
  if (facts === undefined) throw new Error('it came to nothing');
  return { run, facts };
}

const left = hasKubectl ? [] : shippedFiles().filter(needsKubectl);
const runnable = shippedFiles().filter((file) => !left.includes(file));

for (const { name } of left)
  test.skip(`NOT RUN: ${name}, for there is no kubectl on this machine`, () => undefined);

describe.each(runnable.map((file) => [file.name, scenarioOfFile(file)] as const))('%s', (_name, scenario) => {
  test.each(twins)(
    'comes out as its file expects when it is %s, and the opposite of anything in it would be noticed',
    async (twin) => {
      const { run, facts } = await played(scenario, twin);
      expect(run).toMatchObject({ asClaimed: true });
      expect(run.unmet).toBeUndefined();
      expect(run.steps.filter(({ saw }) => saw === '')).toEqual([]);
      // Whoever was not reached has refused nothing; that nobody listens is an answer at the read-only port alone.
      const unreached =
        /(?<!:10255: connect: )connection refused|no route to host|i\/o timeout|context canceled|deadline exceeded/;
      const refusals = run.steps.filter(({ outcome }) => outcome === 'refused').map(({ saw }) => saw);
      expect(refusals.filter((saw) => unreached.test(saw))).toEqual([]);
      const flips = flipped(expectedOf(scenario, twin));
      expect(flips.length).toBeGreaterThan(1);
      expect(flips.filter(({ condition }) => unmet(condition, facts).length === 0)).toEqual([]);
    },
    60_000,
  );

  const hints = scenario.hints ?? [];
  if (hints.length > 0) {
    test('says each of its hints in one of the twins, and none of them of anything else', async () => {
      const runs = [await played(scenario, 'open'), await played(scenario, 'fixed')];
      const said = runs.flatMap(({ run }) => run.hints ?? []);
      expect(hints.filter(({ text }) => !said.includes(text))).toEqual([]);
      for (const { run, facts } of runs) {
        const whens = hints
          .filter(({ text }) => run.hints?.includes(text))
          .flatMap(({ when }) => flipped(when));
        expect(whens.filter(({ condition }) => unmet(condition, facts).length === 0)).toEqual([]);
      }
    }, 60_000);
  }
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

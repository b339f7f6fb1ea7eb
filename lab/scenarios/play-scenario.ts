import { systemRandomness } from '../../randomness';
import type { ScenarioReport, ScenarioRun, Twin } from '../../report/scenario-outcome';
import type { Condition, Expectation } from '../scenario-files/scenario-file';
import { unmet } from '../scenario-files/unmet';
import type { Scenario, ScenarioRunOptions } from './scenario';
import { Stage } from './stage';

/** Plays these twins, each in a cluster of its own. Throws MidplaneError when the lab itself fails. */
export async function playTwins(
  scenario: Scenario,
  wanted: readonly Twin[],
  options: ScenarioRunOptions = {},
): Promise<ScenarioReport> {
  const runs: ScenarioRun[] = [];
  for (const twin of wanted) runs.push(await playScenario(scenario, twin, options));
  const { play: _play, expect: _expect, hints: _hints, path: _path, ...text } = scenario;
  return { apiVersion: 'midplane/v1', kind: 'ScenarioReport', scenario: text, runs };
}

export async function playScenario(
  scenario: Scenario,
  twin: Twin,
  options: ScenarioRunOptions = {},
): Promise<ScenarioRun> {
  const began = performance.now();
  const { onRecorded, random = systemRandomness } = options;
  options.onTwin?.(twin);
  await using stage = new Stage({
    ...options,
    // One label for both twins: they differ in one setting and in nothing else.
    random: random.for(`scenario ${scenario.id}`),
    recorded: onRecorded !== undefined,
  });
  await scenario.play(stage, twin);
  onRecorded?.(twin, stage.records());
  const outcome = outcomeOf(stage);
  const { steps, gains, cells } = stage;
  // Whoever asks for objects would leave traces too.
  const traces = await stage.traces();
  const whens = (scenario.hints ?? []).map(({ when }) => when);
  const expected = expectedOf(scenario, twin);
  const facts = { outcome, steps, cells, objects: await stage.objects(askedFor([expected, ...whens])) };
  options.onFacts?.(facts);
  const missed = unmet(expected, facts);
  const hints = (scenario.hints ?? []).filter(({ when }) => unmet(when, facts).length === 0);
  const durationMs = Math.round(performance.now() - began);
  const run: ScenarioRun = {
    twin,
    setting: `${scenario.setting.name}: ${scenario.setting[twin]}`,
    steps,
    gains,
    traces,
    outcome,
    asClaimed: missed.length === 0,
    durationMs,
    ...(missed.length === 0 ? {} : { unmet: missed }),
    ...(scenario.path === undefined || expected.at === undefined
      ? {}
      : { at: { file: scenario.path, ...expected.at } }),
    ...(hints.length === 0 ? {} : { hints: hints.map(({ text }) => text) }),
    ...(cells.length === 0 ? {} : { cells }),
  };
  options.onRun?.(run);
  return run;
}

/** Where the objects are that conditions speak of. */
function askedFor(conditions: readonly Condition[]): string[] {
  return [...new Set(conditions.flatMap(({ object }) => object?.path ?? []))];
}

export function expectedOf({ expect }: Scenario, twin: Twin): Expectation {
  return expect?.[twin] ?? { outcome: twin === 'open' ? 'open' : 'closed' };
}

/** What was given counts, whatever was refused besides; a scenario in which neither happened proved nothing. */
function outcomeOf({ gains, steps }: Stage): ScenarioRun['outcome'] {
  if (gains.length > 0) return 'open';
  return steps.some(({ outcome }) => outcome === 'refused') ? 'closed' : 'unproved';
}

import type { ScenarioReport, ScenarioRun, Twin } from '../../report/scenario-outcome';
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
  const { play: _, ...text } = scenario;
  return { apiVersion: 'midplane/v1', kind: 'ScenarioReport', scenario: text, runs };
}

export async function playScenario(
  scenario: Scenario,
  twin: Twin,
  options: ScenarioRunOptions = {},
): Promise<ScenarioRun> {
  const began = performance.now();
  const { onRecorded } = options;
  await using stage = new Stage({ ...options, recorded: onRecorded !== undefined });
  await scenario.play(stage, twin);
  onRecorded?.(twin, stage.records());
  const outcome = outcomeOf(stage);
  const durationMs = Math.round(performance.now() - began);
  return {
    twin,
    setting: `${scenario.setting.name}: ${scenario.setting[twin]}`,
    steps: stage.steps,
    gains: stage.gains,
    traces: await stage.traces(),
    outcome,
    asClaimed: outcome === (twin === 'open' ? 'open' : 'closed'),
    durationMs,
  };
}

/** What was given counts, whatever was refused besides; a scenario in which neither happened proved nothing. */
function outcomeOf({ gains, steps }: Stage): ScenarioRun['outcome'] {
  if (gains.length > 0) return 'open';
  return steps.some(({ outcome }) => outcome === 'refused') ? 'closed' : 'unproved';
}

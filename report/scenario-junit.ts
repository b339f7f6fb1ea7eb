import { type JUnitResult, renderJUnit } from './junit';
import type { ScenarioReport, ScenarioRun } from './scenario-outcome';

/** A suite a scenario, a case a twin. A run that proved nothing is an error: neither outcome was seen. */
export function renderScenarioJUnit({ scenario, runs }: ScenarioReport): string {
  const suite = {
    name: `midplane.scenario.${scenario.id}`,
    seconds: runs.reduce((sum, { durationMs }) => sum + durationMs, 0) / 1000,
    cases: runs.map((run) => ({
      className: `midplane.scenario.${scenario.id}`,
      name: `${run.twin}: ${run.setting}`,
      seconds: run.durationMs / 1000,
      result: resultOf(run),
      output: runText(run),
    })),
  };
  return renderJUnit(`midplane run ${scenario.id}`, [suite]);
}

function resultOf(run: ScenarioRun): JUnitResult {
  if (run.asClaimed) return { kind: 'passed' };
  const message = claimText(run);
  const kind = run.outcome === 'unproved' ? 'fault' : 'failed';
  return { kind, type: run.outcome, message, text: gainsText(run) };
}

/** `twin fixed came out open; the scenario claims closed`. */
export function claimText({ twin, outcome }: ScenarioRun): string {
  return `twin ${twin} came out ${outcome}; the scenario claims ${twin === 'open' ? 'open' : 'closed'}`;
}

export function gainsText({ gains }: ScenarioRun): string {
  return gains.length === 0 ? 'the attacker got nothing' : `the attacker got ${gains.join('; ')}`;
}

function runText(run: ScenarioRun): string {
  const steps = run.steps.map(
    ({ who, did, saw, outcome }, index) => `${index + 1}. ${who}: ${did}\n   ${outcome}: ${saw}`,
  );
  return [run.setting, ...steps, `${run.outcome}: ${gainsText(run)}`].join('\n');
}

import { type JUnitResult, type JUnitSuite, renderJUnit } from './junit';
import { placeText } from './outcome';
import type { ScenarioReport, ScenarioRun } from './scenario-outcome';

export function renderScenarioJUnit(report: ScenarioReport): string {
  return renderJUnit(`midplane run ${report.scenario.id}`, [scenarioSuite(report)]);
}

/** A suite a scenario, a case a twin. A run that proved nothing is an error: neither outcome was seen. */
export function scenarioSuite({ scenario, runs }: ScenarioReport): JUnitSuite {
  return {
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
}

function resultOf(run: ScenarioRun): JUnitResult {
  if (run.asClaimed) return { kind: 'passed' };
  const message = claimText(run);
  const kind = run.outcome === 'unproved' ? 'fault' : 'failed';
  const place = run.at === undefined ? [] : [placeText(run.at)];
  return { kind, type: run.outcome, message, text: [gainsText(run), ...place].join('\n') };
}

/** `twin fixed came out open, and not as claimed: outcome: expected closed, and it was open`. */
export function claimText({ twin, outcome, unmet = [] }: ScenarioRun): string {
  const doubt = unmet.length === 0 ? '' : `, and not as claimed: ${unmet.join('; ')}`;
  return `twin ${twin} came out ${outcome}${doubt}`;
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

import { renderSarif, type SarifOptions, type SarifResult, type SarifRun } from './sarif';
import { claimText, gainsText } from './scenario-junit';
import type { ScenarioReport } from './scenario-outcome';

export function renderScenarioSarif(report: ScenarioReport, options: SarifOptions = {}): string {
  return renderSarif(scenarioLog(report), options);
}

/** One rule a scenario, one result a twin: it passes where the twin came out as claimed. */
export function scenarioLog({ scenario, runs }: ScenarioReport): SarifRun {
  const ruleId = `midplane/scenario/${scenario.id}`;
  const proved = runs.filter(({ outcome }) => outcome !== 'unproved');
  return {
    rules: [
      {
        id: ruleId,
        title: scenario.title,
        text: scenario.story,
        help: `${scenario.notice}\n\n${scenario.sources.join('\n')}`,
      },
    ],
    results: proved.map(
      (run): SarifResult => ({
        ruleId,
        level: run.asClaimed ? 'none' : 'error',
        message: `${claimText(run)}${run.asClaimed ? ', as claimed' : ''} (${run.setting}): ${gainsText(run)}`,
        fingerprint: `scenario/${scenario.id}/${run.twin}`,
        logicalName: `scenario/${scenario.id}/${run.twin}`,
        at: run.at ?? null,
        properties: { outcome: run.outcome, setting: run.setting, gains: run.gains },
      }),
    ),
    faults: runs
      .filter(({ outcome }) => outcome === 'unproved')
      .map((run) => ({ id: 'midplane/unproved', text: `${scenario.id}: ${claimText(run)}` })),
  };
}

import { renderSarif, type SarifPlace, type SarifResult } from './sarif';
import { claimText, gainsText } from './scenario-junit';
import type { ScenarioReport } from './scenario-outcome';

/** One rule a scenario, one result a twin: it passes where the twin came out as claimed. */
export function renderScenarioSarif(
  { scenario, runs }: ScenarioReport,
  options: { readonly at?: SarifPlace } = {},
): string {
  const ruleId = `midplane/scenario/${scenario.id}`;
  const proved = runs.filter(({ outcome }) => outcome !== 'unproved');
  return renderSarif({
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
        message: `${run.asClaimed ? `twin ${run.twin} came out ${run.outcome}, as claimed` : claimText(run)} (${run.setting}): ${gainsText(run)}`,
        fingerprint: `scenario/${scenario.id}/${run.twin}`,
        logicalName: `scenario/${scenario.id}/${run.twin}`,
        at: options.at ?? null,
        properties: { outcome: run.outcome, setting: run.setting, gains: run.gains },
      }),
    ),
    faults: runs
      .filter(({ outcome }) => outcome === 'unproved')
      .map((run) => ({ id: 'midplane/unproved', text: `${scenario.id}: ${claimText(run)}` })),
  });
}

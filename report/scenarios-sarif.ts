import { faultNotification } from './fault';
import type { Played } from './played';
import { renderSarif, type SarifOptions, type SarifRun } from './sarif';
import { scenarioLog } from './scenario-sarif';

/** Several scenarios in one run: it was no success where the lab of one failed. */
export function renderScenariosSarif(all: readonly Played[], options: SarifOptions = {}): string {
  const logs = all.map(logOf);
  const log: SarifRun = {
    rules: logs.flatMap(({ rules }) => rules),
    results: logs.flatMap(({ results }) => results),
    faults: logs.flatMap(({ faults }) => faults),
  };
  return renderSarif(log, options);
}

function logOf(played: Played): SarifRun {
  switch (played.kind) {
    case 'report':
      return scenarioLog(played.report);
    case 'fault': {
      const { id, text } = faultNotification(played.fault);
      return { rules: [], results: [], faults: [{ id, text: `${played.scenario.id}: ${text}` }] };
    }
    case 'not-run':
      return { rules: [], results: [], faults: [] };
  }
}

import { type JUnitSuite, renderJUnit } from './junit';
import { type Played, textOf } from './played';
import { scenarioSuite } from './scenario-junit';

/** Several scenarios: a suite each. One whose lab failed has one case, and that is an error. */
export function renderScenariosJUnit(all: readonly Played[]): string {
  return renderJUnit('midplane run', all.map(suiteOf));
}

function suiteOf(played: Played): JUnitSuite {
  if (played.kind === 'report') return scenarioSuite(played.report);
  const name = `midplane.scenario.${textOf(played).id}`;
  return { name, cases: [{ className: name, output: '', ...caseOf(played) }] };
}

function caseOf(played: Exclude<Played, { kind: 'report' }>) {
  switch (played.kind) {
    case 'fault': {
      const { code, message, hint } = played.fault;
      return {
        name: 'the lab runs',
        result: { kind: 'fault', type: code, message, text: hint ?? '' },
      } as const;
    }
    case 'not-run': {
      const { reason } = played;
      return {
        name: 'is run',
        result: { kind: 'skipped', type: 'not-run', message: reason, text: '' },
      } as const;
    }
  }
}

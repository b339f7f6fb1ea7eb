import { defaultPosition } from '../scenarios/vocabulary';
import { emulatedKubernetes, midplaneVersion } from '../version';
import { cellFacts, failureText } from './cell-facts';
import { type JUnitCase, type JUnitResult, type JUnitSuite, renderJUnit } from './junit';
import {
  type Cell,
  defenceAndSide,
  type ExpectationFailure,
  type InterceptionMatrix,
  keyOf,
  orderedCells,
  placeText,
  positionOf,
} from './outcome';

/**
 * A suite a defence, a case a cell. Without expectations nothing can fail: a cell that stands open is told in its
 * output. A path that fails without any attacker is an error, for it was not judged.
 */
export function renderMatrixJUnit({ metadata, cells, expectations }: InterceptionMatrix): string {
  const failures = new Map<string, ExpectationFailure[]>();
  for (const failure of expectations?.failures ?? []) {
    const key = keyOf(failure);
    failures.set(key, [...(failures.get(key) ?? []), failure]);
  }
  const accepted = new Set(expectations?.accepted.map(keyOf));
  const ordered = orderedCells(cells);
  const suites = [...new Set(ordered.map(defenceAndSide))].map(
    (defence): JUnitSuite => ({
      name: `midplane.${defence}`,
      ...(metadata === undefined ? {} : { startedAt: metadata.startedAt }),
      properties: {
        midplane: metadata?.midplaneVersion ?? midplaneVersion,
        kubernetes: metadata?.emulates ?? emulatedKubernetes,
      },
      cases: ordered
        .filter((cell) => defenceAndSide(cell) === defence)
        .map((cell) => caseOf(cell, failures.get(keyOf(cell)) ?? [], accepted.has(keyOf(cell)))),
    }),
  );
  return renderJUnit('midplane matrix', suites);
}

function caseOf(cell: Cell, failures: readonly ExpectationFailure[], accepted: boolean): JUnitCase {
  const position = positionOf(cell);
  const facts = cellFacts(cell).map(([label, value]) => `${label}: ${value}`);
  return {
    className: `midplane.${defenceAndSide(cell)}.${cell.path}`,
    name: position === defaultPosition ? cell.technique : `${cell.technique} from ${position}`,
    result: resultOf(cell, failures),
    output: [...(accepted ? ['accepted by the baseline: it was open before'] : []), ...facts].join('\n'),
  };
}

function resultOf(cell: Cell, failures: readonly ExpectationFailure[]): JUnitResult {
  const { verdict, reason } = cell;
  if (failures.length > 0) {
    const text = failures.map((failure) => `${failureText(failure)}${placeWords(failure)}`).join('\n');
    const [first] = failures;
    const message = first === undefined ? '' : `${keyOf(cell)}: ${failureText(first)}`;
    return { kind: 'failed', type: first?.kind ?? 'verdict', message, text };
  }
  if (verdict === 'broken') return { kind: 'fault', type: 'broken', message: reason, text: cell.clientSaw };
  if (verdict === 'not-applicable') {
    return { kind: 'skipped', type: 'not-applicable', message: reason, text: '' };
  }
  return { kind: 'passed' };
}

function placeWords({ at }: ExpectationFailure): string {
  return at === null ? '' : `\n  ${placeText(at)}`;
}

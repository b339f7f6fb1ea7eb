import { stringify } from 'yaml';
import { type Cell, keyOf, orderedCells, positionOf } from '../../report/outcome';
import { defaultPosition, isOpen } from '../../scenarios/vocabulary';
import type { Baseline, BaselineEntry } from './expectations';

/**
 * What is open after this run, to be accepted from now on. Of cells that were not run, or could not be judged, it keeps
 * what was known before: a run of a few paths does not forget the others.
 */
export function baselineOf(cells: readonly Cell[], before: Baseline | null): Baseline {
  const judged = new Set(cells.filter(({ verdict }) => verdict !== 'broken').map(keyOf));
  const now = orderedCells(cells).filter(({ verdict }) => isOpen(verdict));
  const kept = (before?.open ?? []).filter((entry) => !judged.has(keyOf(entry)));
  return { open: [...now.map(entryOf), ...kept] };
}

function entryOf(cell: Cell): BaselineEntry {
  const { path, defence, technique, side, verdict } = cell;
  const position = positionOf(cell);
  return {
    path,
    defence,
    technique,
    ...(position === defaultPosition ? {} : { position }),
    ...(side === undefined ? {} : { side }),
    verdict,
  };
}

/** The same baseline gives the same bytes: no time and no version is in it, so that `git diff` shows only what changed. */
export function baselineText({ open }: Baseline): string {
  const document = { apiVersion: 'midplane/v1', kind: 'Baseline', spec: { open } };
  return `# What stood open when this was written, and is accepted. Anything else that opens fails: docs/ci.md.\n${stringify(document, { lineWidth: 0 })}`;
}

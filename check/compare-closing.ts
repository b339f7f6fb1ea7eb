import type { ClosingOutcome } from '../report/given-outcome';
import type { Cell } from '../report/outcome';
import { isOpen, isWorse, type PathId, type VerdictId, worstVerdict } from '../scenarios/vocabulary';
import type { Closing } from './closings';

/** The paths that are open, or that fail without an attacker: what a further setting is tried for. */
export function pathsToClose(cells: readonly Cell[]): PathId[] {
  return [...worstByPath(cells)]
    .filter(([, verdict]) => isOpen(verdict) || verdict === 'broken')
    .map(([path]) => path);
}

/** Those of them that an attacker gains something on, but for those that some setting shut. */
export function stillOpen(cells: readonly Cell[], closings: readonly ClosingOutcome[]): PathId[] {
  const shut = new Set(closings.flatMap(({ closes }) => closes));
  return [...worstByPath(cells)]
    .filter(([path, verdict]) => isOpen(verdict) && !shut.has(path))
    .map(([path]) => path);
}

/** What one more setting changed, from the cells of the same attacks in both labs. Pure. */
export function compareClosing(
  { id, setting }: Pick<Closing, 'id' | 'setting'>,
  before: readonly Cell[],
  after: readonly Cell[],
): ClosingOutcome {
  const then = worstByPath(before);
  const now = worstByPath(after);
  const changes = pathsToClose(before).flatMap((path) => {
    const from = then.get(path);
    const to = now.get(path);
    return from === undefined || to === undefined ? [] : [{ path, from, to }];
  });
  const isClosed = (verdict: VerdictId): boolean => !isOpen(verdict) && verdict !== 'broken';
  const shut = changes.filter(({ to }) => isClosed(to));
  const lessens = changes.filter(({ from, to }) => isOpen(to) && isWorse(from, to));
  return {
    id,
    setting,
    closes: shut.filter(({ from }) => isOpen(from)).map(({ path }) => path),
    lessens,
    mends: shut.filter(({ from }) => !isOpen(from)).map(({ path }) => path),
    leaves: changes.filter((it) => !shut.includes(it) && !lessens.includes(it)).map(({ path }) => path),
  };
}

function worstByPath(cells: readonly Cell[]): Map<PathId, VerdictId> {
  const paths = new Set(cells.map(({ path }) => path));
  return new Map(
    [...paths].map((path) => [
      path,
      worstVerdict(cells.filter((cell) => cell.path === path).map(({ verdict }) => verdict)),
    ]),
  );
}

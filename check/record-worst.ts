import { type OwnLab, runScenario } from '../lab/run-scenario';
import type { RecordedCell } from '../report/evidence-files';
import type { Cell } from '../report/outcome';
import type { WireRecording } from '../report/wire-recording';
import { worstVerdict } from '../scenarios/vocabulary';
import type { CheckOptions } from './run-check';

/**
 * Each path once more in a lab of its own, attacked as it was when most was gained, with everything written down that goes over
 * the network: the labs of a check run many attacks, and nobody could tell them apart afterwards.
 */
export async function recordWorst(
  cells: readonly Cell[],
  own: OwnLab,
  options: CheckOptions,
): Promise<RecordedCell[]> {
  const recorded: RecordedCell[] = [];
  for (const { path, technique, position, side } of worstCells(cells)) {
    options.signal?.throwIfAborted();
    options.onLab?.(`a recorder for ${path}`);
    const wires: WireRecording[] = [];
    const outcome = await runScenario({
      ...options,
      own,
      path,
      defence: 'given',
      technique,
      ...(position === undefined ? {} : { position }),
      ...(side === undefined ? {} : { side }),
      onWire: (wire) => wires.push(wire),
    });
    recorded.push(...wires.map((wire) => ({ outcome, wire })));
  }
  return recorded;
}

/** Of each path one, the first that came to its worst; none where there was nothing to try. */
function worstCells(cells: readonly Cell[]): Cell[] {
  return [...new Set(cells.map(({ path }) => path))].flatMap((path) => {
    const own = cells.filter((cell) => cell.path === path && cell.verdict !== 'not-applicable');
    const worst = worstVerdict(own.map(({ verdict }) => verdict));
    return own.find(({ verdict }) => verdict === worst) ?? [];
  });
}

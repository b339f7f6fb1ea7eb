import {
  type Cell,
  type CellKey,
  type ExpectationFailure,
  type Judgement,
  keyOf,
  orderedCells,
  positionOf,
} from '../../report/outcome';
import { isOpen, isWorse, type VerdictId } from '../../scenarios/vocabulary';
import { matches } from './cell-words';
import {
  type Baseline,
  type BaselineEntry,
  type Expectation,
  type ExpectedOutcome,
  type ExpectedPart,
  type KeyPart,
  keyParts,
  type PartName,
} from './expectations';

export interface Expected {
  readonly files: readonly string[];
  /** Null: none were given. */
  readonly expectations: readonly Expectation[] | null;
  readonly baseline: Baseline | null;
}

/**
 * What came of the cells beside what was expected. Pure. Of several expectations that speak of a cell the last one counts,
 * for the outcome (`open` or `verdict`) and for each part by itself. What is open and stands in the baseline is accepted,
 * unless it got worse; what is open and neither expected nor in the baseline is newly open. A path that fails without any
 * attacker is a fault of the lab and is not judged, unless `broken` is what was expected.
 */
export function compareWithExpectations(cells: readonly Cell[], expected: Expected): Judgement {
  const { files, baseline } = expected;
  const expectations = expected.expectations ?? [];
  const known = new Map((baseline?.open ?? []).map((entry) => [keyOf(entry), entry]));
  const used = new Set<Expectation>();
  const failures: ExpectationFailure[] = [];
  const accepted: CellKey[] = [];
  const closed: CellKey[] = [];
  let judged = 0;
  for (const cell of orderedCells(cells)) {
    const speaking = expectations.filter((it) => speaksOf(it, cell));
    for (const it of speaking) used.add(it);
    if (!isJudged(cell, speaking)) continue;
    if (speaking.length > 0 || baseline !== null) judged += 1;
    const entry = known.get(keyOf(cell));
    if (entry !== undefined && protects.includes(cell.verdict)) closed.push(cellKey(cell));
    const failure = outcomeFailure(cell, speaking, baseline === null ? undefined : (entry ?? null));
    if (failure === 'accepted') accepted.push(cellKey(cell));
    else if (failure !== null) failures.push(failure);
    if (cell.verdict !== 'not-applicable') failures.push(...partFailures(cell, speaking));
  }
  return {
    files,
    judged,
    failures,
    accepted,
    closed,
    unused: expectations.filter((it) => !used.has(it)).map(({ text, at }) => ({ text, at })),
  };
}

/** What proves that a path is closed. */
const protects: readonly VerdictId[] = ['sealed', 'refused', 'denied'];

function speaksOf({ of }: Expectation, cell: Cell): boolean {
  return keyParts.every((part) => {
    const words = of[part];
    const word = wordOf(cell, part);
    return (
      words === undefined ||
      (word !== null && words.some((it) => it === word || (it.includes('*') && matches(it, word))))
    );
  });
}

function wordOf(cell: Cell, part: KeyPart): string | null {
  if (part === 'position') return positionOf(cell);
  return cell[part] ?? null;
}

/** Where nothing was proved there is nothing to compare, unless that very verdict was named, or that very cell. */
function isJudged({ verdict }: Cell, speaking: readonly Expectation[]): boolean {
  if (verdict !== 'broken' && verdict !== 'not-applicable') return true;
  const last = lastOutcome(speaking);
  if (last === undefined) return false;
  const { outcome, exact } = last;
  if (outcome.kind === 'verdict' && outcome.verdicts.includes(verdict)) return true;
  return verdict === 'not-applicable' && exact;
}

type WithOutcome = Expectation & { readonly outcome: ExpectedOutcome };

function lastOutcome(speaking: readonly Expectation[]): WithOutcome | undefined {
  return speaking.findLast((it): it is WithOutcome => it.outcome !== null);
}

/** @param entry undefined: there is no baseline; null: there is one, and this cell is not in it. */
function outcomeFailure(
  cell: Cell,
  speaking: readonly Expectation[],
  entry: BaselineEntry | null | undefined,
): ExpectationFailure | 'accepted' | null {
  const { verdict } = cell;
  const last = lastOutcome(speaking);
  if (last !== undefined && isMet(last.outcome, cell)) return null;
  if (last === undefined && (entry === undefined || !isOpen(verdict))) return null;
  const isKnown = entry !== undefined && entry !== null && !isWorse(verdict, entry.verdict);
  if (isOpen(verdict) && isKnown) return 'accepted';
  const seen = `verdict: ${verdict}`;
  if (last !== undefined) {
    const { outcome, why, at } = last;
    return { ...cellKey(cell), kind: 'verdict', expected: outcomeText(outcome), seen, why, at };
  }
  const expected = entry == null ? 'open: false' : `nothing worse than ${entry.verdict}`;
  const why = entry == null ? 'it is not in the baseline' : 'the baseline accepts no more';
  return { ...cellKey(cell), kind: 'newly-open', expected, seen, why, at: null };
}

function isMet(outcome: ExpectedOutcome, { verdict }: Cell): boolean {
  return outcome.kind === 'open' ? outcome.open === isOpen(verdict) : outcome.verdicts.includes(verdict);
}

function outcomeText(outcome: ExpectedOutcome): string {
  return outcome.kind === 'open' ? `open: ${outcome.open}` : `verdict: ${outcome.verdicts.join(' or ')}`;
}

function partFailures(cell: Cell, speaking: readonly Expectation[]): ExpectationFailure[] {
  const last = new Map<PartName, { readonly part: ExpectedPart; readonly by: Expectation }>();
  for (const by of speaking) for (const part of by.parts) last.set(part.name, { part, by });
  return [...last.values()].flatMap(({ part: { name, value }, by: { why, at } }): ExpectationFailure[] => {
    const seen = partOf(cell, name);
    // Null beside true and false: the path carries nothing that way, so nothing came of it.
    if (seen === value || (seen === null && value === false)) return [];
    return [
      { ...cellKey(cell), kind: 'part', expected: `${name}: ${value}`, seen: `${name}: ${seen}`, why, at },
    ];
  });
}

function partOf(cell: Cell, name: PartName): boolean | string | null {
  switch (name) {
    case 'read.up':
      return cell.read.up;
    case 'read.down':
      return cell.read.down;
    case 'works':
    case 'forged':
    case 'tampered':
    case 'clientCertificateShown':
    case 'credential':
      return cell[name];
  }
}

function cellKey({ path, defence, technique, position, side }: CellKey): CellKey {
  return {
    path,
    defence,
    technique,
    ...(position === undefined ? {} : { position }),
    ...(side === undefined ? {} : { side }),
  };
}

import type { Cell } from '../report/outcome';
import { defenceAndSide, idsOf, positionOf } from '../report/outcome';
import { readerOf } from '../report/reader-of';
import { oneLine, truncate } from '../report/text';
import {
  defaultPosition,
  defences,
  isOpen,
  isWorse,
  type PathId,
  worstVerdict,
} from '../scenarios/vocabulary';
import type { AttackOutcome } from './attack-outcome';
import type { Expectation } from './expectations';

const QUOTED = 400;

/**
 * Why a test fails: what was expected, and for each path that it turns on what the user saw, what the attacker held, and
 * what the same attacks came to under other settings. Pure.
 */
export function failureMessage(
  expectation: Expectation,
  outcome: AttackOutcome,
  { isNot = false, couldNotTell = false } = {},
): string {
  const { cells, settings } = outcome;
  const all = idsOf(cells).paths;
  const who = all.length === 1 ? `${all[0]}` : `${all.length} paths`;
  const told = couldNotTell
    ? ', and that could not be told'
    : all.length === 1
      ? `, and it was ${worstVerdict(cells.map(({ verdict }) => verdict))}`
      : `, and ${openPaths(cells).length} of them came open`;
  return [
    `expected ${who} ${isNot ? 'not ' : ''}${wanted(expectation)} under ${settings}${told}`,
    ...toTell(cells, couldNotTell).flatMap((path) => ['', ...story(path, outcome)]),
  ].join('\n');
}

function wanted(expectation: Expectation): string {
  switch (expectation.kind) {
    case 'refused':
    case 'sealed':
      return `to be ${expectation.kind}`;
    case 'closed':
      return 'to stay closed';
    case 'intercepted':
      return expectation.as === undefined ? 'to be intercepted' : `to be intercepted as ${expectation.as}`;
  }
}

function openPaths(cells: readonly Cell[]): PathId[] {
  return idsOf(cells.filter(({ verdict }) => isOpen(verdict))).paths;
}

/** What an answer turns on: what could not be judged; else what is open; else all. */
function toTell(cells: readonly Cell[], couldNotTell: boolean): PathId[] {
  const broken = idsOf(cells.filter(({ verdict }) => verdict === 'broken')).paths;
  if (couldNotTell && broken.length > 0) return broken;
  const open = openPaths(cells);
  return open.length > 0 ? open : idsOf(cells).paths;
}

function story(path: PathId, outcome: AttackOutcome): string[] {
  const cells = outcome.cells.filter((cell) => cell.path === path);
  const verdict = worstVerdict(cells.map((cell) => cell.verdict));
  const telling = tellingCell(cells.filter((cell) => cell.verdict === verdict));
  if (telling === undefined) return [];
  const { evidence, clientSaw, reason, tls } = telling;
  const others = cells.filter((cell) => cell !== telling);
  const rows: (readonly [label: string, text: string])[] = [
    [`the ${readerOf(path)} saw`, clientSaw === '' ? 'nothing' : quote(clientSaw)],
    ['the attacker held', evidence.lootQuote === null ? 'nothing readable' : quote(evidence.lootQuote)],
    ...(tls?.alert ? [['TLS alert', tls.alert] as const] : []),
    ['why', oneLine(reason)],
    ...(others.length === 0 ? [] : [['besides', others.map(briefly).join(', ')] as const]),
    ...(isOpen(verdict) ? [['closed by', closedBy(path, outcome)] as const] : []),
  ];
  const label = Math.max(...rows.map(([word]) => word.length));
  return [
    `  ${titleOf(telling)}: ${verdict}`,
    ...rows.map(([word, text]) => `    ${word.padEnd(label)}  ${text}`),
  ];
}

/** Of several that came to the same the one in which most was held. */
function tellingCell(cells: readonly Cell[]): Cell | undefined {
  return cells.find(({ evidence }) => evidence.lootQuote !== null) ?? cells[0];
}

/** The defence is said in the first line. */
function titleOf(cell: Cell): string {
  const side = cell.side === undefined ? [] : [defenceAndSide(cell)];
  const position = positionOf(cell);
  return [cell.path, ...side, cell.technique, ...(position === defaultPosition ? [] : [position])].join(
    ' / ',
  );
}

function briefly({ technique, verdict }: Cell): string {
  return `${technique} ${verdict}`;
}

/** What was tried, and nothing else. */
function closedBy(path: PathId, { elsewhere }: AttackOutcome): string {
  const tried = elsewhere.filter((it) => it.path === path);
  const closing = tried.filter(({ verdict }) => verdict === 'refused' || verdict === 'sealed');
  if (closing.length > 0) {
    return closing
      .map(({ defence, verdict }) => `${defence} (${settingsOf(defence)}): ${verdict} there`)
      .join('; ');
  }
  const failed = tried
    .toSorted((a, b) => Number(isWorse(b.verdict, a.verdict)) - Number(isWorse(a.verdict, b.verdict)))
    .map(({ defence, verdict }) => `${defence} (${verdict} there too)`);
  const not = failed.length === 0 ? 'no other preset' : `not by ${failed.join(', ')}`;
  return `${not}; midplane explain ${path} says what helps`;
}

function settingsOf(defence: string): string {
  return defences.find(({ id }) => id === defence)?.settings.join(', ') ?? defence;
}

function quote(text: string): string {
  return `“${truncate(oneLine(text), QUOTED, '…')}”`;
}

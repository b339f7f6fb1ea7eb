import { explain } from '../scenarios/explain/explain';
import { isOpen, type PathId, paths, type VerdictId, verdicts, worstVerdict } from '../scenarios/vocabulary';
import { failureText } from './cell-facts';
import type { ClosingOutcome, PathPlace } from './given-outcome';
import {
  type Cell,
  type CellKey,
  defenceAndSide,
  type ExpectationFailure,
  type FilePlace,
  type InterceptionMatrix,
  keyOf,
  orderedCells,
} from './outcome';
import { renderSarif, type SarifOptions, type SarifResult, type SarifRule, type SarifRun } from './sarif';

/**
 * A rule a path that stands open, `midplane/PATH/open`, and one result for it under each defence: what stands open is
 * the path, however many techniques open it. An expectation that failed otherwise is `midplane/PATH/expectation`.
 */
export function renderMatrixSarif(matrix: InterceptionMatrix, options: SarifOptions = {}): string {
  const cells = orderedCells(matrix.cells);
  const failures = matrix.expectations?.failures ?? [];
  const groups = groupsOf(cells);
  const results = [
    ...groups.flatMap((group) => openResult(group, matrix)),
    ...(matrix.given === undefined ? [] : groups.flatMap((group) => brokenResult(group, matrix))),
    ...failures.filter((failure) => !isOutcome(failure, cells)).map((it) => failureResult(it, matrix)),
    ...(matrix.expectations?.closed ?? []).map((key) => closedResult(key, matrix)),
  ];
  const log: SarifRun = {
    rules: rulesOf(results),
    results,
    faults: cells
      .filter(({ verdict }) => verdict === 'broken')
      .map((cell) => ({ id: 'midplane/broken', text: `${keyOf(cell)}: ${cell.reason}` })),
    ...(matrix.metadata === undefined ? {} : { startedAt: matrix.metadata.startedAt }),
  };
  return renderSarif(log, options);
}

/** The cells of one path under one defence, with the attacker on one side of a tunnel. */
function groupsOf(cells: readonly Cell[]): Cell[][] {
  const groups = new Map<string, Cell[]>();
  for (const cell of cells) {
    const key = nameOf(cell);
    groups.set(key, [...(groups.get(key) ?? []), cell]);
  }
  return [...groups.values()];
}

function nameOf(cell: Pick<CellKey, 'path' | 'defence' | 'side'>): string {
  return `${cell.path}/${defenceAndSide(cell)}`;
}

/** What was found out of a path of settings that were given; undefined for presets, which stand in no file. */
function pathPlace({ given }: InterceptionMatrix, path: PathId): PathPlace | undefined {
  return given?.places?.find((place) => place.path === path);
}

/** Where to mend it. */
function placeOf(matrix: InterceptionMatrix, path: PathId): FilePlace | null {
  return pathPlace(matrix, path)?.at ?? null;
}

function closingOf(matrix: InterceptionMatrix, path: PathId): ClosingOutcome | undefined {
  const id = pathPlace(matrix, path)?.closing;
  return matrix.given?.closings.find((closing) => closing.id === id);
}

/** What closes it, as a sentence with a blank before it; empty where nothing was tried. */
function closedBy(matrix: InterceptionMatrix, path: PathId): string {
  if (pathPlace(matrix, path) === undefined) return '';
  const closing = closingOf(matrix, path);
  if (closing === undefined) return ' No setting that was tried closes it.';
  const effect = closing.closes.includes(path) ? 'Closed' : 'Lessened, but not closed,';
  return ` ${effect} by ${closing.setting}.`;
}

function openResult(group: readonly Cell[], matrix: InterceptionMatrix): SarifResult[] {
  const { expectations } = matrix;
  const open = group.filter(({ verdict }) => isOpen(verdict));
  const worst = worstVerdict(open.map(({ verdict }) => verdict));
  const cell = open.find(({ verdict }) => verdict === worst);
  if (cell === undefined) return [];
  const keys = new Set(open.map(keyOf));
  const failed = (expectations?.failures ?? []).filter(
    (failure) => isOutcome(failure, group) && keys.has(keyOf(failure)),
  );
  const accepted = (expectations?.accepted ?? []).filter((key) => keys.has(keyOf(key)));
  const [first] = failed;
  const known = failed.length === 0 && accepted.length > 0;
  return [
    {
      ruleId: `midplane/${cell.path}/open`,
      level: levelOf(failed.length > 0, known, expectations !== undefined),
      message: [
        `${cell.path} stands open under ${defenceAndSide(cell)}: ${cell.technique} gets ${worst} (${titleOf(worst)}).${closedBy(matrix, cell.path)}`,
        ...failed.map((failure) => `${failure.technique}: ${failureText(failure)}.`),
      ].join(' '),
      fingerprint: `open/${nameOf(cell)}`,
      logicalName: nameOf(cell),
      at: placeOf(matrix, cell.path) ?? first?.at ?? null,
      ...(expectations === undefined ? {} : { baseline: known ? 'accepted' : 'new' }),
      properties: {
        verdict: worst,
        techniques: [...new Set(open.map(({ technique }) => technique))],
        expectation: failed.length > 0 ? 'failed' : known ? 'accepted' : 'none',
      },
    },
  ];
}

/** Settings that were given can be mended, so that they break a path is a finding too. */
function brokenResult(group: readonly Cell[], matrix: InterceptionMatrix): SarifResult[] {
  const cell = group.find(({ verdict }) => verdict === 'broken');
  if (cell === undefined) return [];
  const { path } = cell;
  const closing = closingOf(matrix, path);
  const mended = closing === undefined ? '' : ` It works with ${closing.setting}.`;
  return [
    {
      ruleId: `midplane/${path}/broken`,
      level: 'error',
      message: `${path} fails without any attacker: ${cell.clientSaw}.${mended}`,
      fingerprint: `broken/${nameOf(cell)}`,
      logicalName: nameOf(cell),
      at: placeOf(matrix, path),
      properties: { verdict: 'broken' },
    },
  ];
}

/** What was expected to be open is worth a note; what nobody said anything of, a warning. */
function levelOf(failed: boolean, known: boolean, judged: boolean): SarifResult['level'] {
  if (failed) return 'error';
  return known || judged ? 'note' : 'warning';
}

/** Whether the result of the open path tells of it. */
function isOutcome({ kind, ...key }: ExpectationFailure, cells: readonly Cell[]): boolean {
  if (kind === 'part') return false;
  const cell = cells.find((it) => keyOf(it) === keyOf(key));
  return cell !== undefined && isOpen(cell.verdict);
}

function failureResult(failure: ExpectationFailure, matrix: InterceptionMatrix): SarifResult {
  return {
    ruleId: `midplane/${failure.path}/expectation`,
    level: 'error',
    message: `${keyOf(failure)}: ${failureText(failure)}`,
    fingerprint: `expectation/${keyOf(failure)}/${failure.expected}`,
    logicalName: nameOf(failure),
    at: failure.at ?? placeOf(matrix, failure.path),
    properties: { expected: failure.expected, seen: failure.seen, technique: failure.technique },
  };
}

function closedResult(key: CellKey, matrix: InterceptionMatrix): SarifResult {
  return {
    ruleId: `midplane/${key.path}/open`,
    level: 'none',
    message: `${keyOf(key)} was open when the baseline was written, and is closed now`,
    fingerprint: `closed/${keyOf(key)}`,
    logicalName: nameOf(key),
    at: placeOf(matrix, key.path),
    baseline: 'absent',
    properties: { expectation: 'closed' },
  };
}

function rulesOf(results: readonly SarifResult[]): SarifRule[] {
  const ids = new Set(results.map(({ ruleId }) => ruleId));
  return paths
    .flatMap(({ id }) => [openRule(id), brokenRule(id), expectationRule(id)])
    .filter(({ id }) => ids.has(id));
}

function openRule(path: PathId): SarifRule {
  const word = paths.find(({ id }) => id === path);
  const page = explain(path);
  return {
    id: `midplane/${path}/open`,
    title: `${path} can be intercepted`,
    text: `An attacker on the network between ${word?.from ?? ''} and ${word?.to ?? ''} reads or changes what passes: ${word?.title ?? ''}.`,
    help: [...page.body.map(plain), `midplane explain ${path}`].join('\n\n'),
  };
}

function brokenRule(path: PathId): SarifRule {
  return {
    id: `midplane/${path}/broken`,
    title: `${path} does not work`,
    text: `Under these settings ${path} fails although nobody attacks it, so nothing could be judged.`,
    help: `midplane explain ${path}`,
  };
}

function expectationRule(path: PathId): SarifRule {
  return {
    id: `midplane/${path}/expectation`,
    title: `${path} did not come out as expected`,
    text: `What an attack on ${path} came to differs from what the expectations say.`,
    help: `midplane explain ${path}`,
  };
}

function plain(paragraph: string): string {
  return paragraph.replace(/\*\*|`/g, '');
}

function titleOf(verdict: VerdictId): string {
  return verdicts.find(({ id }) => id === verdict)?.title ?? '';
}

import type { Comparing } from './comparable';
import { type Hunk, lineHunks } from './line-hunks';
import { type InterceptionMatrix, orderedCells } from './outcome';
import type { Recording } from './recording';
import { cellPart, type Part, recordingParts, reportParts } from './recording-parts';
import type { ScenarioReport } from './scenario-outcome';

/** The document of `midplane diff -o json`. Fields are added, never renamed. */
export interface Comparison {
  readonly apiVersion: 'midplane/v1';
  readonly kind: 'Comparison';
  readonly a: Compared;
  readonly b: Compared;
  /** Both have one, and it is the same: keys, ids and random words were compared too. */
  readonly sameSeed: boolean;
  /** None: the two are the same. */
  readonly changes: readonly Change[];
}

export interface Compared {
  readonly file: string;
  readonly kind: 'Recording' | 'ScenarioReport' | 'InterceptionMatrix';
  /** Null: there was none, or the document does not say. */
  readonly seed: string | null;
}

export interface Change extends Pick<Part, 'twin' | 'kind' | 'name'> {
  /** Where there is such a thing at all. */
  readonly in: 'both' | 'a' | 'b';
  readonly hunks: readonly Hunk[];
}

/** What is compared, in lines. */
export interface Run extends Compared {
  parts(comparing: Comparing): Part[];
}

export function recordedRun(file: string, recording: Recording): Run {
  return {
    file,
    kind: 'Recording',
    seed: recording.header.seed,
    parts: (comparing) => recordingParts(recording, comparing),
  };
}

export function reportedRun(file: string, report: ScenarioReport): Run {
  return { file, kind: 'ScenarioReport', seed: null, parts: (comparing) => reportParts(report, comparing) };
}

export function matrixRun(file: string, matrix: InterceptionMatrix): Run {
  return {
    file,
    kind: 'InterceptionMatrix',
    seed: matrix.metadata?.seed?.toString() ?? null,
    parts: (comparing) => matrixParts(matrix, comparing),
  };
}

export function compareRuns(a: Run, b: Run): Comparison {
  const sameSeed = a.seed !== null && a.seed === b.seed;
  const changes = changesOf(...paired(a.parts({ sameSeed }), b.parts({ sameSeed })));
  const compared = ({ file, kind, seed }: Run): Compared => ({ file, kind, seed });
  return { apiVersion: 'midplane/v1', kind: 'Comparison', a: compared(a), b: compared(b), sameSeed, changes };
}

function matrixParts({ cells, given }: InterceptionMatrix, comparing: Comparing): Part[] {
  const settings = (given?.settings ?? []).map(
    ({ component, name, value }) => `${component}: ${name}=${value}`,
  );
  return [
    { twin: null, kind: 'run', name: '', lines: settings },
    ...orderedCells(cells).map((cell) => cellPart(null, cell, comparing)),
  ];
}

/** Run with run. Of one that only one of the two has, nothing is told but that. */
function paired(a: readonly Part[], b: readonly Part[]): [Part[], Part[]] {
  const [runsA, runsB] = [runsOf(a), runsOf(b)];
  const isOneOfEach = runsA.length === 1 && runsB.length === 1 && runsA[0] !== runsB[0];
  const withoutTwin = (part: Part): Part => ({ ...part, twin: null });
  if (isOneOfEach) return [a.map(withoutTwin), b.map(withoutTwin)];
  const inBoth = ({ twin, kind }: Part): boolean =>
    twin === null || kind === 'run' || (runsA.includes(twin) && runsB.includes(twin));
  return [a.filter(inBoth), b.filter(inBoth)];
}

function runsOf(parts: readonly Part[]): Part['twin'][] {
  return parts.filter(({ kind }) => kind === 'run').map(({ twin }) => twin);
}

function changesOf(a: readonly Part[], b: readonly Part[]): Change[] {
  const keyOf = ({ twin, kind, name }: Part): string => JSON.stringify([twin, kind, name]);
  const byKey = new Map(b.map((part) => [keyOf(part), part]));
  const inA = new Set(a.map(keyOf));
  const changes = [
    ...a.map((part) => changeOf(part, byKey.get(keyOf(part)))),
    ...b.filter((part) => !inA.has(keyOf(part))).map((part) => changeOf(undefined, part)),
  ];
  return changes.filter(({ hunks }) => hunks.length > 0);
}

function changeOf(a: Part | undefined, b: Part | undefined): Change {
  const { twin = null, kind = 'run', name = '' } = a ?? b ?? {};
  const where = a === undefined ? 'b' : b === undefined ? 'a' : 'both';
  return { twin, kind, name, in: where, hunks: lineHunks(a?.lines ?? [], b?.lines ?? []) };
}

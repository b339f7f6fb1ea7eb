import type { Comparing } from './comparable';
import { type Hunk, lineHunks } from './line-hunks';
import { type InterceptionMatrix, orderedCells } from './outcome';
import type { Recording } from './recording';
import { cellPart, type Part, recordingParts, reportParts } from './recording-parts';
import type { ScenarioReport, Twin } from './scenario-outcome';

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
  /** Only this run of it. */
  readonly twin?: Twin;
}

export interface Change extends Pick<Part, 'twin' | 'kind' | 'name'> {
  /** Where there is such a thing at all. */
  readonly in: 'both' | 'a' | 'b';
  readonly hunks: readonly Hunk[];
}

/** What is compared, in lines. */
export interface Run extends Compared {
  /** Those that are in it; none of a cell and a matrix. */
  readonly twins: readonly Twin[];
  parts(comparing: Comparing): Part[];
}

export function recordedRun(file: string, recording: Recording): Run {
  return {
    file,
    kind: 'Recording',
    seed: recording.header.seed,
    twins: recording.header.ran.kind === 'scenario' ? recording.header.ran.twins : [],
    parts: (comparing) => recordingParts(recording, comparing),
  };
}

export function reportedRun(file: string, report: ScenarioReport): Run {
  return {
    file,
    kind: 'ScenarioReport',
    seed: null,
    twins: report.runs.map(({ twin }) => twin),
    parts: (comparing) => reportParts(report, comparing),
  };
}

export function matrixRun(file: string, matrix: InterceptionMatrix): Run {
  return {
    file,
    kind: 'InterceptionMatrix',
    seed: matrix.metadata?.seed?.toString() ?? null,
    twins: [],
    parts: (comparing) => matrixParts(matrix, comparing),
  };
}

export function onlyTwin(run: Run, twin: Twin): Run {
  const parts = (comparing: Comparing) => run.parts(comparing).filter((part) => part.twin === twin);
  return { ...run, twin, twins: [twin], parts };
}

export function compareRuns(a: Run, b: Run): Comparison {
  const sameSeed = a.seed !== null && a.seed === b.seed;
  const changes = changesOf(...paired(a.parts({ sameSeed }), b.parts({ sameSeed })));
  const compared = ({ parts: _parts, twins: _twins, ...rest }: Run): Compared => rest;
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
  const [inA, inB] = [byKey(a), byKey(b)];
  const changes = [
    ...[...inA].map(([key, part]) => changeOf(part, inB.get(key))),
    ...[...inB].filter(([key]) => !inA.has(key)).map(([, part]) => changeOf(undefined, part)),
  ];
  return changes.filter(({ hunks }) => hunks.length > 0);
}

/** Of several that are called the same, as cells that a scenario attacks again, the later ones are numbered. */
function byKey(parts: readonly Part[]): Map<string, Part> {
  const found = new Map<string, Part>();
  for (const part of parts) {
    const { twin, kind } = part;
    let { name } = part;
    const key = (): string => JSON.stringify([twin, kind, name]);
    for (let number = 2; found.has(key()); number++) name = `${part.name} (${number})`;
    found.set(key(), { ...part, name });
  }
  return found;
}

function changeOf(a: Part | undefined, b: Part | undefined): Change {
  const { twin = null, kind = 'run', name = '' } = a ?? b ?? {};
  const where = a === undefined ? 'b' : b === undefined ? 'a' : 'both';
  return { twin, kind, name, in: where, hunks: lineHunks(a?.lines ?? [], b?.lines ?? []) };
}

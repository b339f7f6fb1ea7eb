import type { Comparing } from './comparable';
import { type Hunk, lineHunks } from './line-hunks';
import { type InterceptionMatrix, orderedCells } from './outcome';
import type { Recording } from './recording';
import { cellPart, type Part, recordingParts } from './recording-parts';

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
  readonly kind: 'Recording' | 'InterceptionMatrix';
  readonly seed: string | null;
}

export interface Change extends Pick<Part, 'twin' | 'kind' | 'name'> {
  /** Where there is such a thing at all. */
  readonly in: 'both' | 'a' | 'b';
  readonly hunks: readonly Hunk[];
}

export interface Given<Document> {
  readonly file: string;
  readonly document: Document;
}

export function compareRecordings(a: Given<Recording>, b: Given<Recording>): Comparison {
  const compared = ({ file, document }: Given<Recording>): Compared => ({
    file,
    kind: 'Recording',
    seed: document.header.seed,
  });
  return compare(compared(a), compared(b), (comparing) =>
    paired(recordingParts(a.document, comparing), recordingParts(b.document, comparing)),
  );
}

export function compareMatrices(a: Given<InterceptionMatrix>, b: Given<InterceptionMatrix>): Comparison {
  const compared = ({ file, document }: Given<InterceptionMatrix>): Compared => ({
    file,
    kind: 'InterceptionMatrix',
    seed: document.metadata?.seed?.toString() ?? null,
  });
  return compare(compared(a), compared(b), (comparing) => [
    matrixParts(a.document, comparing),
    matrixParts(b.document, comparing),
  ]);
}

function compare(
  a: Compared,
  b: Compared,
  partsFor: (comparing: Comparing) => readonly [readonly Part[], readonly Part[]],
): Comparison {
  const sameSeed = a.seed !== null && a.seed === b.seed;
  const changes = changesOf(...partsFor({ sameSeed }));
  return { apiVersion: 'midplane/v1', kind: 'Comparison', a, b, sameSeed, changes };
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

import {
  compareTechniques,
  type DefenceId,
  defaultPosition,
  defenceIds,
  type PathId,
  type PositionId,
  pathIds,
  positionIds,
  type Side,
  type TechniqueId,
  type VerdictId,
} from '../scenarios/vocabulary';
import type { GivenOutcome } from './given-outcome';

/**
 * The document that every report is made from: what `midplane matrix -o json` prints. Fields are added, never renamed;
 * report/schema.ts describes it for readers in other languages.
 */
export interface InterceptionMatrix {
  readonly apiVersion: 'midplane/v1';
  readonly kind: 'InterceptionMatrix';
  readonly metadata?: MatrixMetadata;
  readonly cells: readonly Cell[];
  /** What the cells came to beside what was expected of them; absent when nobody expected anything. */
  readonly expectations?: Judgement;
  /** What midplane check was given; absent when no settings were. */
  readonly given?: GivenOutcome;
}

/** Which cell: the fields of Cell that no two cells of a matrix share. */
export type CellKey = Pick<Cell, 'path' | 'defence' | 'technique' | 'position' | 'side'>;

/** What was expected, in one document, and what did not come out so. */
export interface Judgement {
  /** The files that said it, as they were named. */
  readonly files: readonly string[];
  /** How many cells something was expected of. */
  readonly judged: number;
  readonly failures: readonly ExpectationFailure[];
  /** Open now, and open when the baseline was written: known, and no failure. */
  readonly accepted: readonly CellKey[];
  /** Open when the baseline was written, and closed now. */
  readonly closed: readonly CellKey[];
  /** What was expected of cells that were not run. */
  readonly unused: readonly { readonly text: string; readonly at: FilePlace }[];
}

export interface FilePlace {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

/** `manifests/kube-apiserver.yaml:14:7`. */
export function placeText({ file, line, column }: FilePlace): string {
  return `${file}:${line}:${column}`;
}

export interface ExpectationFailure extends CellKey {
  /** `verdict`: another outcome than expected; `part`: another part of it; `newly-open`: not in the baseline, or worse. */
  readonly kind: 'verdict' | 'part' | 'newly-open';
  /** `open: false`, `verdict: refused or sealed`, `read.up: false`. */
  readonly expected: string;
  /** The same of what was seen. */
  readonly seen: string;
  /** Why it is expected, in the words of whoever wrote it down; null when nothing was said. */
  readonly why: string | null;
  /** Where it is written; null for what stands in no file. */
  readonly at: FilePlace | null;
}

export interface MatrixMetadata {
  readonly midplaneVersion: string;
  /** The Kubernetes release whose behaviour the lab follows. */
  readonly emulates: string;
  /** The version of Node.js that ran it, `v20.20.2`. */
  readonly node: string;
  /** RFC 3339, UTC. */
  readonly startedAt: string;
  readonly durationMs: number;
  readonly seed?: number | string;
}

/** What one technique got on one path under one defence. */
export interface Cell {
  readonly path: PathId;
  readonly defence: DefenceId;
  readonly technique: TechniqueId;
  /** How the attacker got the traffic; absent in documents of before there was a choice: `arp`. */
  readonly position?: PositionId;
  /** Where the attacker stood, when the defence is a tunnel; absent otherwise. */
  readonly side?: Side;
  readonly verdict: VerdictId;
  /** The control run, without the attacker, succeeded. */
  readonly works: boolean;
  /** Up: what the client sends; down: what the genuine endpoint answers. Null: the path carries nothing that way. */
  readonly read: { readonly up: boolean | null; readonly down: boolean | null };
  /** What the attacker invented reached the client. */
  readonly forged: boolean;
  /** What the attacker changed reached the genuine endpoint; null when nothing was there to change. */
  readonly tampered: boolean | null;
  readonly clientCertificateShown: boolean;
  /** The client took another genuine endpoint for the one it dialled; absent where it was not led to one. */
  readonly steered?: boolean;
  readonly credential: 'captured' | 'replayed' | null;
  /** The handshake between the client and whoever answered; null without TLS. `alert` is a name of RFC 8446. */
  readonly tls: { readonly version: string | null; readonly alert: string | null } | null;
  /** The words of the user's own terminal, empty when nothing was said. */
  readonly clientSaw: string;
  /** Why the verdict is what it is, in English. */
  readonly reason: string;
  readonly evidence: Evidence;
}

export interface Evidence {
  /** A few words out of the attacker's loot, as it holds them. */
  readonly lootQuote: string | null;
  /** Connections that reached the attacker. */
  readonly connections: number;
  /** What the genuine endpoint said to the attacker. */
  readonly genuineAnswers: readonly { readonly status: number; readonly text: string }[];
  /** What each captured token was good for at the genuine server; absent when none was used. */
  readonly replays?: readonly {
    readonly request: string | null;
    readonly status: number;
    readonly identity: string | null;
    readonly allowed: readonly string[];
    /** What it is, and where it was found. */
    readonly credential?: string;
    /** Something that it really opened, and the beginning of it. */
    readonly opened?: string;
    /** Why it could not be used. */
    readonly why?: string;
  }[];
  /** Captured requests that were sent again as they were, without a credential; absent when none was. */
  readonly resent?: readonly { readonly request: string; readonly status: number; readonly answer: string }[];
  /** Where the client was sent, who came there and with what; absent when it was not sent anywhere. */
  readonly redirects?: readonly {
    readonly status: number;
    readonly location: string;
    readonly followedBy: string | null;
    readonly credential: string | null;
    readonly alert: string | null;
  }[];
  /** Bytes and entries that the attacker had no room to keep, by what they were; absent when it kept all. */
  readonly dropped?: Readonly<Record<string, number>>;
  /** What those who look after the cluster could have seen of it; absent where nobody looked. */
  readonly traces?: readonly Trace[];
}

export const traceKinds = [
  'neighbour',
  'route',
  'resolver',
  'nat',
  'node',
  'csr',
  'audit',
  'connection',
  'log',
  'client',
] as const;

export type TraceKind = (typeof traceKinds)[number];

/** Something that an attack left where a defender can look: collected from the lab, never assumed. */
export interface Trace {
  readonly kind: TraceKind;
  /** The machine, object or log. */
  readonly where: string;
  readonly text: string;
  /** The command that shows it in a cluster of one's own. */
  readonly look: string;
  /** Whether it can still be seen when the attack is over. */
  readonly lasts: boolean;
}

/** `konnectivity (node side)`, `kubelet-ca`. */
export function defenceAndSide({ defence, side }: Pick<CellKey, 'defence' | 'side'>): string {
  if (side === undefined) return defence;
  return side === 'both' ? `${defence} (both sides)` : `${defence} (${side} side)`;
}

/** Where the attacker stood in these cells, as the end of a sentence; empty without a tunnel. */
export function sideClause(cells: readonly Cell[]): string {
  const side = cells.find((cell) => cell.side !== undefined)?.side;
  if (side === undefined) return '';
  return `; of a tunnel it stands on ${side === 'both' ? 'both sides' : `the ${side} side`}`;
}

/** The same for the same cell in every run; `arp` is said only where another position was taken besides. */
export function keyOf({ path, defence, technique, position, side }: CellKey): string {
  const place = position === undefined || position === defaultPosition ? [] : [`from ${position}`];
  return [
    path,
    defenceAndSide({ defence, ...(side === undefined ? {} : { side }) }),
    technique,
    ...place,
  ].join(' / ');
}

/** The cells in the order of the vocabulary, whatever order they were run in. */
export function orderedCells(cells: readonly Cell[]): Cell[] {
  return [...cells].sort(
    (a, b) =>
      pathIds.indexOf(a.path) - pathIds.indexOf(b.path) ||
      defenceIds.indexOf(a.defence) - defenceIds.indexOf(b.defence) ||
      compareTechniques(a.technique, b.technique) ||
      positionIds.indexOf(positionOf(a)) - positionIds.indexOf(positionOf(b)),
  );
}

export function positionOf({ position = defaultPosition }: Pick<Cell, 'position'>): PositionId {
  return position;
}

/** Those that occur, in the order of the vocabulary. */
export function positionsOf(cells: readonly Cell[]): PositionId[] {
  const found = new Set(cells.map(positionOf));
  return positionIds.filter((id) => found.has(id));
}

/** The ids that occur in the cells, each in the order of its vocabulary. */
export function idsOf(cells: readonly Cell[]): {
  paths: PathId[];
  defences: DefenceId[];
  techniques: TechniqueId[];
} {
  const paths = new Set(cells.map((cell) => cell.path));
  const defences = new Set(cells.map((cell) => cell.defence));
  const techniques = new Set(cells.map((cell) => cell.technique));
  return {
    paths: pathIds.filter((id) => paths.has(id)),
    defences: defenceIds.filter((id) => defences.has(id)),
    techniques: [...techniques].sort(compareTechniques),
  };
}

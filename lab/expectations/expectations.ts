import type { CellKey, FilePlace } from '../../report/outcome';
import type { VerdictId } from '../../scenarios/vocabulary';

/** What should come of some cells, as a file says it; read by read-expectations.ts. */
export interface Expectation {
  /** For each part of a cell's key the words that are meant, wildcards expanded; absent: all. */
  readonly of: Readonly<Partial<Record<KeyPart, readonly string[]>>>;
  /** It names its cells without a wildcard: then there must be something to try on them. */
  readonly exact: boolean;
  readonly outcome: ExpectedOutcome | null;
  readonly parts: readonly ExpectedPart[];
  readonly why: string | null;
  readonly at: FilePlace;
  /** The cells it speaks of, as written: `path: exec, defence: *`. */
  readonly text: string;
}

export const keyParts = ['path', 'defence', 'technique', 'position', 'side'] as const;
export type KeyPart = (typeof keyParts)[number];

export type ExpectedOutcome =
  | { readonly kind: 'open'; readonly open: boolean }
  | { readonly kind: 'verdict'; readonly verdicts: readonly VerdictId[] };

/** The parts of a cell beside its verdict. Null, a way that carries nothing, is expected as `false`. */
export const partNames = [
  'works',
  'read.up',
  'read.down',
  'forged',
  'tampered',
  'clientCertificateShown',
  'credential',
] as const;

export type PartName = (typeof partNames)[number];

export interface ExpectedPart {
  readonly name: PartName;
  readonly value: boolean | string | null;
}

/** What was open when it was written. */
export interface Baseline {
  readonly open: readonly BaselineEntry[];
}

export interface BaselineEntry extends CellKey {
  readonly verdict: VerdictId;
}

/** What is wrong in a file, and where. */
export interface FileFault {
  readonly at: FilePlace;
  readonly text: string;
}

export type Reading<T> =
  | { readonly kind: 'read'; readonly value: T }
  | { readonly kind: 'faults'; readonly faults: readonly FileFault[] };

import type { Trace } from './outcome';

/** The document of `midplane run NAME -o json`. Fields are added, never renamed. */
export interface ScenarioReport {
  readonly apiVersion: 'midplane/v1';
  readonly kind: 'ScenarioReport';
  readonly scenario: ScenarioText;
  readonly runs: readonly ScenarioRun[];
}

export interface ScenarioText {
  readonly id: string;
  readonly title: string;
  /** What happens and why, in a few sentences. */
  readonly story: string;
  /** The one setting in which the twins differ, in upstream's spelling. */
  readonly setting: { readonly name: string; readonly open: string; readonly fixed: string };
  /** What a defender sees of it, and where. */
  readonly notice: string;
  readonly sources: readonly string[];
}

export type Twin = 'open' | 'fixed';

export const twins: readonly Twin[] = ['open', 'fixed'];

/** One thing that somebody did, and what came of it in the words of whoever answered. */
export interface ScenarioStep {
  readonly who: string;
  readonly did: string;
  readonly saw: string;
  readonly outcome: 'went-well' | 'gained' | 'refused';
}

export interface ScenarioRun {
  readonly twin: Twin;
  /** `name: value`, as it was in this run. */
  readonly setting: string;
  readonly steps: readonly ScenarioStep[];
  /** What the attacker got, one line each; empty when it got nothing. */
  readonly gains: readonly string[];
  /** What those who look after the cluster could have seen. */
  readonly traces: readonly Trace[];
  /** `open`: the attacker got something; `closed`: it was turned away; `unproved`: neither happened. */
  readonly outcome: 'open' | 'closed' | 'unproved';
  /** Whether this twin came out as the scenario claims. */
  readonly asClaimed: boolean;
  readonly durationMs: number;
}

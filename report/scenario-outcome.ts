import type { Cell, FilePlace, Trace } from './outcome';

/** The document of `midplane run NAME -o json`. Fields are added, never renamed. */
export interface ScenarioReport {
  readonly apiVersion: 'midplane/v1';
  readonly kind: 'ScenarioReport';
  readonly scenario: ScenarioText;
  readonly runs: readonly ScenarioRun[];
}

/** The techniques of ATT&CK for Containers that scenarios name. Adversary-in-the-Middle is not among that matrix. */
export const attackNames = {
  T1078: 'Valid Accounts',
  T1528: 'Steal Application Access Token',
  T1552: 'Unsecured Credentials',
  T1609: 'Container Administration Command',
  T1610: 'Deploy Container',
} as const;

export type AttackId = keyof typeof attackNames;

export interface ScenarioText {
  readonly id: string;
  readonly title: string;
  /** What happens and why, in a few sentences. */
  readonly story: string;
  /** What the attacker must have before it begins. */
  readonly needs?: string;
  /** What proves that it got in, or was turned away. */
  readonly evidence?: string;
  /** MITRE ATT&CK for Containers, ids alone: those that fit and no more. */
  readonly attack?: readonly AttackId[];
  /** The one setting in which the twins differ, in upstream's spelling. */
  readonly setting: { readonly name: string; readonly open: string; readonly fixed: string };
  /** What a defender sees of it, and where. */
  readonly notice: string;
  readonly sources: readonly string[];
}

export type Twin = 'open' | 'fixed';

export const twins: readonly Twin[] = ['open', 'fixed'];

/** `name: value`, as it is in this twin. */
export function settingOf({ setting }: Pick<ScenarioText, 'setting'>, twin: Twin): string {
  return `${setting.name}: ${setting[twin]}`;
}

/** One thing that somebody did, and what came of it in the words of whoever answered. */
export interface ScenarioStep {
  readonly who: string;
  readonly did: string;
  readonly saw: string;
  readonly outcome: 'went-well' | 'gained' | 'refused';
  /** What is to be understood before it is done; Markdown. */
  readonly text?: string;
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
  /** What was expected and is not so, one line each; absent when there is nothing. */
  readonly unmet?: readonly string[];
  /** Where that stands; absent for a scenario that ships. */
  readonly at?: FilePlace;
  /** What the scenario says to whoever sees it come out like this; absent when that is nothing. */
  readonly hints?: readonly string[];
  /** The paths that were attacked, as in a matrix; absent when the scenario goes another way. */
  readonly cells?: readonly Cell[];
  readonly durationMs: number;
}

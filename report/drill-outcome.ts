/** The document of `midplane drill kubelet-ca -o json`. Fields are added, never renamed. */
export interface DrillReport {
  readonly apiVersion: 'midplane/v1';
  readonly kind: 'MigrationDrill';
  readonly steps: readonly DrillStep[];
  readonly failures: readonly DrillFailure[];
  /** Whether everything came out as the drill claims. */
  readonly asClaimed: boolean;
  readonly durationMs: number;
}

/** In their order. */
export const drillStepIds = [
  'baseline',
  'serving-bootstrap',
  'approve',
  'check-certificates',
  'set-flag',
  'verify',
] as const;

export const drillFailureIds = [
  'self-signed',
  'csr-pending',
  'wrong-bundle',
  'address-type',
  'expired',
  'address-changed',
] as const;

export type DrillStepId = (typeof drillStepIds)[number];
export type DrillFailureId = (typeof drillFailureIds)[number];
export type DrillId = DrillStepId | DrillFailureId;

export const drillIds: readonly DrillId[] = [...drillStepIds, ...drillFailureIds];

export interface DrillStep {
  readonly id: DrillStepId;
  /** The node that it was taken on; null for the control plane or all nodes. */
  readonly node: string | null;
  readonly title: string;
  /** What the administrator did, as command lines or settings. */
  readonly did: readonly string[];
  readonly checks: readonly DrillCheck[];
  readonly asClaimed: boolean;
  readonly durationMs: number;
}

/** One thing that was really asked, and what came back. */
export interface DrillCheck {
  readonly asked: string;
  /** `works`: the genuine answer came; `fails`: it is part of the lesson that it does not; `refused`: an attacker was. */
  readonly expected: 'works' | 'fails' | 'refused' | 'impersonated';
  readonly asExpected: boolean;
  readonly saw: string;
}

export interface DrillFailure {
  readonly id: DrillFailureId;
  readonly title: string;
  /** The step that was left out, or taken too early. */
  readonly skipped: string;
  readonly did: readonly string[];
  readonly node: string;
  readonly asked: string;
  /** What kubectl printed. */
  readonly saw: string;
  /** What the kubelet showed to anybody who dialled it. */
  readonly shown: string;
  /** From what was seen, never from what was done; null when nothing was recognised. */
  readonly diagnosis: { readonly id: string; readonly line: string; readonly mend: string } | null;
  readonly mended: { readonly did: readonly string[]; readonly works: boolean; readonly saw: string };
  /** It failed, was recognised for what it is, and works when it is mended. */
  readonly asClaimed: boolean;
  readonly durationMs: number;
}

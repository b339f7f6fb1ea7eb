import type { PathId, VerdictId } from '../scenarios/vocabulary';
import type { FilePlace } from './outcome';

/** What midplane check was given, what it made of each setting, and what would close what stands open. */
export interface GivenOutcome {
  readonly settings: readonly JudgedSetting[];
  /** What nobody said and something had to be taken for, each a sentence. */
  readonly assumptions: readonly string[];
  /** What was run again with one more setting, in the order in which it was run. */
  readonly closings: readonly ClosingOutcome[];
  /** Of each path that stands open or fails where to mend it; absent in documents of before this was looked for. */
  readonly places?: readonly PathPlace[];
  /** Of a kubelet's own certificate, when one was given: the lab's node showed one of the same shape. */
  readonly certificate?: CertificateOutcome;
  /** Open in every lab that was run. */
  readonly stays: readonly PathId[];
}

/**
 * `used`: the lab ran with it; `no-influence`: known, and it changes no verdict; `not-played`: it could, and the lab of this
 * verb does not run it; `unknown`: Kubernetes 1.33 knows no such name.
 */
export const settingClasses = ['used', 'not-played', 'unknown', 'no-influence'] as const;

export type SettingClass = (typeof settingClasses)[number];

export interface JudgedSetting {
  readonly component: string;
  /** A flag with its dashes, or the path of a field. */
  readonly name: string;
  /** Only of what was used: anything else may be a secret. */
  readonly value: string | null;
  readonly class: SettingClass;
  readonly why: string;
  /** Null for what an installer or a default says. */
  readonly at: FilePlace | null;
}

export interface PathPlace {
  readonly path: PathId;
  /** The id of what closes or lessens it; null when nothing that was tried does. */
  readonly closing: string | null;
  /** Where the setting stands that leaves it open, or would be added; null when no file of that component was given. */
  readonly at: FilePlace | null;
}

/** The same attacks on the paths that stood open or failed, in a lab with one more setting. */
export interface ClosingOutcome {
  readonly id: string;
  readonly setting: string;
  /** Where it stands otherwise, or would be added; null when no file of that component was given. */
  readonly at?: FilePlace | null;
  readonly closes: readonly PathId[];
  /** Open still, but less is gained. */
  readonly lessens: readonly { readonly path: PathId; readonly from: VerdictId; readonly to: VerdictId }[];
  /** What failed without an attacker, and works and stays closed with it. */
  readonly mends: readonly PathId[];
  readonly leaves: readonly PathId[];
}

/** Whether kube-apiserver would believe the certificate that was given, as midplane verify-cert judges it. */
export interface CertificateOutcome {
  /** What is dialled. */
  readonly host: string;
  readonly ok: boolean;
  /** Go's words. */
  readonly error: string | null;
  readonly change: string | null;
}

import type { Rule } from '../../attacker/rules';
import type { AttackId } from '../../report/scenario-outcome';
import type { DefenceId, PathId, PositionId, Side, TechniqueId, VerdictId } from '../../scenarios/vocabulary';
import type { TextPlace } from '../../wire/located-yaml';
import type { KubeletFields } from '../defences';
import type { PlacedObject } from '../kubeadm-objects';
import type { Role } from '../lab-people';
import type { OptionValues, Play } from '../plays/play';

/** A scenario as it stands in a file, read and found right. docs/scenario-files.md tells what each field is for. */
export interface ScenarioFile {
  readonly name: string;
  /** The file, as it was named; absent of those that ship. */
  readonly path?: string;
  readonly title: string;
  /** Lists are sorted by it: the order in which scenarios teach. */
  readonly order: number;
  /** Markdown. */
  readonly story: string;
  readonly setting: { readonly name: string; readonly open: string; readonly fixed: string };
  readonly needs?: string;
  readonly evidence?: string;
  readonly attack?: readonly AttackId[];
  readonly notice: string;
  readonly sources: readonly string[];
  readonly open: Setup;
  readonly fixed: Setup;
  readonly hints: readonly Hint[];
}

/** One of the twins: what is started, who acts and attacks, and what that is to come to. */
export type Setup = PathsSetup | PlaySetup;

/** The user uses paths, and each of them is attacked. */
export interface PathsSetup {
  readonly kind: 'paths';
  readonly cluster: ClusterChanges;
  readonly attacker: AttackerWords;
  readonly user: readonly UserAction[];
  readonly expect: Expectation;
}

/** All that is done is the business of a play. */
export interface PlaySetup {
  readonly kind: 'play';
  readonly cluster: ClusterChanges;
  readonly attacker: PlayWords;
  readonly expect: Expectation;
}

/** In what a cluster differs from stock. */
export interface ClusterChanges {
  readonly defence: DefenceId;
  /** Flags of kube-apiserver, behind those of the defence. */
  readonly apiserver: readonly string[];
  /** Flags that the lab's kube-apiserver has anyway, each with what stands in its place; '' for nothing. */
  readonly insteadOf: Readonly<Record<string, string>>;
  /** Fields of KubeletConfiguration, over those of the defence. */
  readonly kubelet: KubeletFields;
  /** What an administrator makes before the nodes come. */
  readonly objects: readonly PlacedObject[];
}

export const stockCluster: ClusterChanges = {
  defence: 'none',
  apiserver: [],
  insteadOf: {},
  kubelet: {},
  objects: [],
};

export interface AttackerWords {
  /** Default: as of a matrix in the lab where it is played. */
  readonly position?: PositionId;
  /** Default: as of a matrix in the lab where it is played. */
  readonly side?: Side;
  readonly technique: TechniqueId;
  readonly rules?: readonly Rule[];
}

export interface PlayWords {
  /** One that ships, or a file. */
  readonly name: string;
  readonly play: Play;
  /** As the play's specs have it, defaults included. */
  readonly options: OptionValues;
}

/** Either is there: a path is attacked while it is used, a command line by itself is only run. */
export type UserAction = AttackedAction | PlainAction;

export interface AttackedAction extends AnyAction {
  readonly path: PathId;
  /** Run in the place of the lab's client. */
  readonly kubectl?: KubectlLine;
}

export interface PlainAction extends AnyAction {
  readonly path?: never;
  readonly kubectl: KubectlLine;
}

interface AnyAction {
  /** By which --shell finds it. */
  readonly name?: string;
  /** What is to be understood before it is done; Markdown. */
  readonly text?: string;
}

/** A command line for the real kubectl. `$(UP)` in it stands for a random word of the run. */
export interface KubectlLine {
  /** Without the program's name. */
  readonly words: readonly string[];
  /** As it is written, and told. */
  readonly command: string;
  readonly stdin: string;
  readonly as: Role;
}

/** Said when the run really came out like that. */
export interface Hint {
  readonly when: Condition;
  readonly text: string;
}

export type Outcome = 'open' | 'closed' | 'unproved';

/** Parts of what a run came to: every one that is said has to hold. */
export interface Condition {
  readonly outcome?: Outcome;
  /** Each names one of the user's paths, once. */
  readonly paths?: readonly PathCondition[];
  /** Each is in what somebody was shown in one of the steps: a text, or `/a regular expression/`. */
  readonly saw?: readonly string[];
  /** What the apiserver holds when all is over. */
  readonly object?: ObjectCondition;
}

/** Without `is` and `matches`: whether it is there at all. */
export interface ObjectCondition {
  /** Where it is read: /api/v1/nodes/node-1. */
  readonly path: string;
  /** As it is told: Node node-1. */
  readonly what: string;
  /** As in kubectl get -o jsonpath. Default: the object itself. */
  readonly jsonPath?: string;
  /** What kubectl prints of it. */
  readonly is?: string;
  /** A text in it, or `/a regular expression/`. */
  readonly matches?: string;
  readonly exists?: boolean;
}

export interface Expectation extends Condition {
  readonly outcome: Outcome;
  /** Absent: it stands in no file. */
  readonly at?: TextPlace;
}

export interface PathCondition {
  readonly path: PathId;
  readonly verdict?: VerdictId;
  readonly readUp?: boolean;
  readonly readDown?: boolean;
  readonly forged?: boolean;
  readonly tampered?: boolean;
  readonly clientCertificateShown?: boolean;
  readonly steered?: boolean;
  readonly credential?: 'captured' | 'replayed' | 'none';
  /** The TLS alert that the client sent, by its name in RFC 8446. */
  readonly alert?: string;
  /** What was on the user's terminal: a text, or `/a regular expression/`. */
  readonly clientSaw?: string;
}

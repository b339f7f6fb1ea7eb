import type { Logger } from 'pino';
import type { Randomness } from '../../randomness';
import type { ScenarioRun, ScenarioStep, ScenarioText, Twin } from '../../report/scenario-outcome';
import type { OpenKubectl } from '../kubectl';
import type { Expectation, Hint } from '../scenario-files/scenario-file';
import type { RunFacts } from '../scenario-files/unmet';
import type { BeforeAction, ClusterRecord, Pace, Stage } from './stage';

/**
 * An attack that needs more than a place on one path: told in steps, played against a whole cluster, twice. The twins
 * differ in one setting; what the attacker has in the end is what a genuine server gave it, never what the setting says.
 */
export interface Scenario extends ScenarioText {
  /** Plays it to its end: `stage.gained` is called for what the attacker really got. */
  play(stage: Stage, twin: Twin): Promise<void>;
  /** What each twin is to come to. Default: `open` is open, `fixed` is closed. */
  readonly expect?: Readonly<Record<Twin, Expectation>>;
  readonly hints?: readonly Hint[];
  /** The file that says so; absent of those that ship. */
  readonly path?: string;
}

export interface ScenarioRunOptions {
  readonly log?: Logger;
  readonly signal?: AbortSignal;
  /** Wanted: what happened in each twin's clusters and went over their networks, one record a cluster. */
  readonly onRecorded?: (twin: Twin, clusters: readonly ClusterRecord[]) => void;
  /** Told of each step as it is over. */
  readonly onStep?: (step: ScenarioStep) => void;
  /** Told what a twin came to, as far as expectations can speak of it. */
  readonly onFacts?: (facts: RunFacts) => void;
  /** Between steps: people read, look around, press a key. */
  readonly pace?: Pace;
  /** Of those that use paths: before each action, when its attacker can be met. */
  readonly beforeAction?: BeforeAction;
  /** Told which twin begins. */
  readonly onTwin?: (twin: Twin) => void;
  /** Told what became of a twin. */
  readonly onRun?: (run: ScenarioRun) => void;
  /** For each run of a path. Default: as of a matrix; more for a real kubectl. */
  readonly pathTimeLimitMs?: number;
  /** Default: the system's. */
  readonly random?: Randomness;
  /** For scenarios in which somebody uses the real one. */
  readonly kubectl?: OpenKubectl;
}

import type { LootReport } from '../attacker/loot-report';
import type { Rule } from '../attacker/rules';
import type { CommandOutcome } from '../client/kube-client';
import { Timeline, type TimelineEvent } from '../network/timeline';
import { randomnessOf } from '../randomness';
import type { Cell } from '../report/outcome';
import type { TranscriptMaterial } from '../report/transcript';
import type { WireRecording } from '../report/wire-recording';
import { readTechnique } from '../scenarios/read-technique';
import {
  type DefenceId,
  defaultPosition,
  isRun,
  type PathId,
  type PositionId,
  type TechniqueId,
} from '../scenarios/vocabulary';
import type { Dials } from './cluster';
import type { DefenceSettings } from './defences';
import { type LabPki, mintLabPki } from './lab-pki';
import type { PathSpec } from './paths';
import type { RemoteLab } from './remote-lab';
import type { CellStep } from './run-cell';
import {
  cellRunner,
  dialsFor,
  type MatrixOptions,
  notRun,
  placesOf,
  refuseSideless,
  refuseUntaken,
  settingsOf,
  specOf,
  startLab,
} from './run-matrix';
import { WireRecorder } from './wire-recorder';

export interface ScenarioOptions
  extends Pick<MatrixOptions, 'seed' | 'cellTimeLimitMs' | 'signal' | 'onEvent' | 'log' | 'remote' | 'side'> {
  readonly path: PathId;
  readonly defence: DefenceId;
  readonly technique: TechniqueId;
  /** Settings that are no preset's: the lab is started with these, and only called by the defence. */
  readonly own?: OwnLab;
  /** Default: as of a matrix. */
  readonly position?: PositionId;
  /** What a relay changes in the streams; then the outcome has a transcript, also when there is no rule. */
  readonly rules?: readonly Rule[];
  /** Wanted: what went over the network. Not to be had of a lab in containers. */
  readonly onWire?: (recording: WireRecording) => void;
}

export interface OwnLab {
  readonly pki: LabPki;
  readonly settings: DefenceSettings;
  readonly dials: Dials;
}

export interface ScenarioOutcome {
  readonly cell: Cell;
  /** What the user did, as a kubectl command line. */
  readonly command: string;
  /** What happened, in order: first the control run, then the attack; `step` events stand between them. */
  readonly events: readonly TimelineEvent[];
  /** What each side of a relay with rules saw. */
  readonly transcript?: TranscriptMaterial;
}

/** The user's terminal, when an action was over: what was said there. */
function shown({ stdout, stderr, words }: CommandOutcome): string {
  return Buffer.concat([stdout, stderr, Buffer.from(words)]).toString('utf8');
}

/**
 * Runs one cell in a lab of its own and returns its verdict with everything that happened on the way.
 * Throws as runMatrix does.
 */
export async function runScenario(options: ScenarioOptions): Promise<ScenarioOutcome> {
  const path = specOf(options.path);
  const { own } = options;
  const settings = own?.settings ?? settingsOf(options.defence);
  const technique = readTechnique(options.technique);
  if (!isRun(technique)) notRun('technique', technique);
  if (options.side !== undefined && own === undefined) {
    refuseSideless(options.side, [options.defence]);
    if (options.remote !== undefined) refuseUntaken(options.side, [options.defence]);
  }
  const [position = defaultPosition] = placesOf(
    options.position === undefined ? undefined : [options.position],
    options.remote,
    options.defence,
  );
  if (options.remote !== undefined)
    return runRemotely(options.remote, path, { ...options, technique, position });
  const events: TimelineEvent[] = [];
  let recording = false;
  const heard = new Transcripts(options.rules);
  const { onWire } = options;
  const recorders: WireRecorder[] = [];
  const random = randomnessOf(options.seed);
  const lab = await startLab(own?.pki ?? (await mintLabPki({ random: random.for('pki') })), settings, {
    ...options,
    random: random.for('lab'),
    ...(onWire === undefined ? {} : { onFabric: (fabric) => void recorders.push(new WireRecorder(fabric)) }),
    onActed: (outcome) =>
      timeline.record('workstation', null, 'command-ended', { ok: outcome.ok, shown: shown(outcome) }),
    onLoot: (loot) => heard.add(loot),
    dials: own?.dials ?? dialsFor(position),
    onEvent: (event) => {
      if (recording && !lab.cluster.lookout.isOwn(event.connection)) events.push(event);
      options.onEvent?.(event);
    },
  });
  await using _ = lab;
  const { timeline } = lab.cluster.fabric;
  const cell = await lab.run(path, options.defence, technique, position, (step) => {
    // What the lab does to prepare and to judge is not part of what happened.
    recording = step === 'control' || step === 'attack';
    recorders[0]?.during(DURING[step]);
    if (recording) timeline.record('workstation', null, 'step', { step, command: path.command });
  });
  for (const wire of recorders) {
    onWire?.(wire.read((id) => lab.cluster.lookout.isOwn(id), [lab.cluster.pki.caPem]));
  }
  return { cell, command: path.command, events, ...heard.read() };
}

const DURING: Readonly<Record<CellStep, string | null>> = {
  prepare: null,
  control: 'without an attacker',
  attack: 'under attack',
  judge: null,
};

/** What happened is in the logs of the lab's own parts; here are only the steps, and the verdict. */
async function runRemotely(
  remote: RemoteLab,
  path: PathSpec,
  options: ScenarioOptions,
): Promise<ScenarioOutcome> {
  const events: TimelineEvent[] = [];
  const timeline = new Timeline();
  timeline.subscribe((event) => {
    events.push(event);
    options.onEvent?.(event);
  });
  await remote.setDefence(options.defence, options.signal);
  const heard = new Transcripts(options.rules);
  const shared = {
    ...options,
    random: randomnessOf(options.seed),
    onLoot: (loot: LootReport) => heard.add(loot),
  };
  const run = cellRunner(shared, (cell) => remote.run(cell));
  const cell = await run(path, options.defence, options.technique, options.position, (step) => {
    if (step === 'control' || step === 'attack')
      timeline.record('workstation', null, 'step', { step, command: path.command });
  });
  return { cell, command: path.command, events, ...heard.read() };
}

/** Of the attack that counts, which is the last. */
class Transcripts {
  readonly #wanted: boolean;
  #last: TranscriptMaterial | null = null;

  constructor(rules: readonly Rule[] | undefined) {
    this.#wanted = rules !== undefined;
  }

  add({ transcript }: LootReport): void {
    if (this.#wanted) this.#last = transcript;
  }

  read(): Pick<ScenarioOutcome, 'transcript'> {
    return this.#last === null ? {} : { transcript: this.#last };
  }
}

import { MidplaneError } from '../error';
import type { TimelineEvent } from '../network/timeline';
import type { Cell } from '../report/outcome';
import type { DefenceId, PathId, TechniqueId } from '../scenarios/vocabulary';
import { defenceSettings } from './defences';
import { mintLabPki } from './lab-pki';
import { pathSpec } from './paths';
import { type MatrixOptions, startLab } from './run-matrix';

export interface ScenarioOptions
  extends Pick<MatrixOptions, 'seed' | 'cellTimeLimitMs' | 'signal' | 'onEvent' | 'log'> {
  readonly path: PathId;
  readonly defence: DefenceId;
  readonly technique: TechniqueId;
}

export interface ScenarioOutcome {
  readonly cell: Cell;
  /** What the user did, as a kubectl command line. */
  readonly command: string;
  /** What happened, in order: first the control run, then the attack; `step` events stand between them. */
  readonly events: readonly TimelineEvent[];
}

/**
 * Runs one cell in a lab of its own and returns its verdict with everything that happened on the way.
 * Throws as runMatrix does.
 */
export async function runScenario(options: ScenarioOptions): Promise<ScenarioOutcome> {
  const path = pathSpec(options.path);
  const settings = defenceSettings(options.defence);
  if (path === null || settings === null) {
    const id = path === null ? options.path : options.defence;
    throw new MidplaneError(
      'USAGE',
      `"${id}" is a word of the vocabulary that this release does not run yet`,
      {
        hint: 'midplane list shows what it runs',
      },
    );
  }
  const events: TimelineEvent[] = [];
  let recording = false;
  const lab = await startLab(await mintLabPki(), settings, {
    ...options,
    onEvent: (event) => {
      if (recording) events.push(event);
      options.onEvent?.(event);
    },
  });
  await using _ = lab;
  const { timeline } = lab.cluster.fabric;
  const cell = await lab.run(path, options.defence, options.technique, (step) => {
    recording = step !== 'judged';
    timeline.record('workstation', null, 'step', { step, command: path.command });
  });
  return { cell, command: path.command, events };
}

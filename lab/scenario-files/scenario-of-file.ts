import type { Twin } from '../../report/scenario-outcome';
import type { Scenario } from '../scenarios/scenario';
import type { Stage } from '../scenarios/stage';
import { playPaths } from './play-paths';
import type { ScenarioFile } from './scenario-file';

/** A file as something that can be played. */
export function scenarioOfFile(file: ScenarioFile): Scenario {
  const { name, path, order: _, open, fixed, ...text } = file;
  return {
    id: name,
    ...text,
    ...(path === undefined ? {} : { path }),
    expect: { open: open.expect, fixed: fixed.expect },
    play: (stage, twin) => playSetup(file, stage, twin),
  };
}

function playSetup(file: ScenarioFile, stage: Stage, twin: Twin): Promise<void> {
  const setup = file[twin];
  if (setup.kind === 'paths') return playPaths(stage, setup);
  const { play, options } = setup.attacker;
  stage.begin(setup.cluster);
  return play.play(stage, { options, twin });
}

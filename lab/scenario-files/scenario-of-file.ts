import type { Scenario } from '../scenarios/scenario';
import { playPaths } from './play-paths';
import type { ScenarioFile } from './scenario-file';

/** A file as something that can be played. */
export function scenarioOfFile(file: ScenarioFile): Scenario {
  const { name, order: _, open, fixed, ...text } = file;
  return {
    id: name,
    ...text,
    expect: { open: open.expect, fixed: fixed.expect },
    play: (stage, twin) => playPaths(stage, twin === 'open' ? open : fixed),
  };
}

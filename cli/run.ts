import { runScenario } from '../lab/run-scenario';
import { renderStory } from '../report/story';
import { defenceIds, pathIds, techniqueIds } from '../scenarios/vocabulary';
import { componentLog } from './component-log';
import { parseId } from './ids';
import { parseSeconds } from './matrix';
import { parseOutputs, writeOutputs } from './outputs';
import { exitCodes, type Terminal } from './terminal';

export interface RunArguments {
  readonly path: string;
  readonly defence: string;
  readonly technique: string;
  readonly output?: readonly string[];
  readonly seed?: string;
  readonly timeLimit: string;
  readonly verbose?: boolean;
}

export async function run(given: RunArguments, terminal: Terminal): Promise<number> {
  const outputs = parseOutputs(given.output ?? ['story'], ['story', 'json'] as const);
  const remote =
    (terminal.labDescriptor ?? null) === null ? null : await (await import('./lab')).openLab({}, terminal);
  await using _ = remote;
  const outcome = await runScenario({
    path: parseId('path', given.path, pathIds),
    defence: parseId('defence', given.defence, defenceIds),
    technique: parseId('technique', given.technique, techniqueIds),
    cellTimeLimitMs: parseSeconds('--time-limit', given.timeLimit) * 1000,
    signal: terminal.signal,
    ...(given.seed === undefined ? {} : { seed: given.seed }),
    ...(given.verbose === true ? { log: componentLog(terminal) } : {}),
    ...(remote === null ? {} : { remote }),
  });
  const render = (format: 'story' | 'json', toFile: boolean): string => {
    if (format === 'json') return `${JSON.stringify(outcome, null, 2)}\n`;
    return renderStory(outcome, { colour: terminal.colour && !toFile, width: terminal.width ?? 100 });
  };
  await writeOutputs(outputs, render, terminal);
  return outcome.cell.verdict === 'broken' ? exitCodes.expectationFailed : exitCodes.ok;
}

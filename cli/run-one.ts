import { isAsClaimed } from '../report/played';
import type { ScenarioStep } from '../report/scenario-outcome';
import { evidencePlace } from './evidence';
import { tellFaults } from './fault-outputs';
import { together } from './listeners';
import { isTold, liveOf, pacesOf, untilQuit } from './live';
import { LiveStory } from './live-story';
import { namedScenario } from './named-scenarios';
import { parseOutputs, writeOutputs } from './outputs';
import { parallelOf } from './parallel';
import { planText } from './plan-text';
import { Progress } from './progress';
import { recordingFile } from './recording-file';
import type { RunArguments } from './run';
import { runFormats } from './run-formats';
import { renderReport } from './scenario-formats';
import { scenariosInContainers } from './scenarios-in-containers';
import { shellStops } from './shell-stops';
import { exitCodes, type Terminal } from './terminal';
import { wishesOf } from './wishes';

export async function runOne(name: string, given: RunArguments, terminal: Terminal): Promise<number> {
  return untilQuit(terminal, (here, quit) => run(name, given, here, quit));
}

async function run(name: string, given: RunArguments, terminal: Terminal, quit: () => void): Promise<number> {
  const outputs = parseOutputs(given.output ?? ['story'], runFormats);
  const live = liveOf(given, { outputs, parallel: parallelOf(given, terminal) }, terminal);
  const evidence = given.evidence === undefined ? null : await evidencePlace(given.evidence, terminal);
  const record = given.record === undefined ? null : await recordingFile(given.record);
  const named = await namedScenario(name);
  const wishes = { ...wishesOf(given), evidence, record };
  const { twins } = wishes;
  const progress = new Progress(terminal);
  const stops =
    given.shell === undefined || given.dryRun === true
      ? null
      : shellStops({ file: named.file, step: given.shell, twins, onOpen: () => progress.clear() }, terminal);
  await using containers = await scenariosInContainers(terminal);
  const scenario = containers === null ? named.scenario : await containers.need(named, twins);
  if (given.dryRun === true) {
    terminal.write(await planText(named, twins, containers, terminal));
    return exitCodes.ok;
  }
  const { playNamed } = await import('./play-named');
  const story = live === null ? null : new LiveStory(scenario, progress, terminal);
  const told = story?.begin() ?? {
    onStep: ({ who, did }: ScenarioStep) => progress.show(`${who}: ${did}`),
  };
  const paces = live === null ? [] : pacesOf(live, { progress, quit }, terminal);
  const listeners = together([told, ...(stops === null ? [] : [stops]), ...paces]);
  try {
    const { report, keep } = await tellFaults(`midplane run ${scenario.id}`, outputs, terminal, () =>
      playNamed(scenario, wishes, listeners, terminal),
    );
    progress.clear();
    story?.end(report);
    const left = story === null ? outputs : outputs.filter((output) => !isTold(output));
    await writeOutputs(left, (format, toFile) => renderReport(report, format, toFile, terminal), terminal);
    await keep();
    stops?.over();
    return isAsClaimed(report) ? exitCodes.ok : exitCodes.expectationFailed;
  } finally {
    progress.clear();
  }
}

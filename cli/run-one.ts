import { isAsClaimed } from '../report/played';
import { evidencePlace } from './evidence';
import { tellFaults } from './fault-outputs';
import { namedScenario } from './named-scenarios';
import { parseOutputs, writeOutputs } from './outputs';
import { planText } from './plan-text';
import { Progress } from './progress';
import { recordingFile } from './recording-file';
import type { RunArguments } from './run';
import { runFormats } from './run-formats';
import { renderReport } from './scenario-formats';
import { scenariosInContainers } from './scenarios-in-containers';
import { shellStops } from './shell-stops';
import { exitCodes, type Terminal } from './terminal';
import { twinsOf } from './twins';

export async function runOne(name: string, given: RunArguments, terminal: Terminal): Promise<number> {
  const outputs = parseOutputs(given.output ?? ['story'], runFormats);
  const evidence = given.evidence === undefined ? null : await evidencePlace(given.evidence, terminal);
  const record = given.record === undefined ? null : await recordingFile(given.record);
  const named = await namedScenario(name);
  const twins = twinsOf(given);
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
  try {
    const wishes = { twins, seed: given.seed ?? null, verbose: given.verbose === true, evidence, record };
    const { report, keep } = await tellFaults(`midplane run ${scenario.id}`, outputs, terminal, () =>
      playNamed(
        scenario,
        wishes,
        { ...stops, onStep: ({ who, did }) => progress.show(`${who}: ${did}`) },
        terminal,
      ),
    );
    progress.clear();
    await writeOutputs(outputs, (format, toFile) => renderReport(report, format, toFile, terminal), terminal);
    await keep();
    stops?.over();
    return isAsClaimed(report) ? exitCodes.ok : exitCodes.expectationFailed;
  } finally {
    progress.clear();
  }
}

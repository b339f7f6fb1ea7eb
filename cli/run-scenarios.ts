import { MidplaneError } from '../error';
import { planOf } from '../lab/scenario-files/plan';
import { randomnessOf } from '../randomness';
import { evidenceFiles, recordsOf, scenarioMaterial, type TwinRecord } from '../report/evidence-files';
import { type ScenarioReport, twins } from '../report/scenario-outcome';
import { renderPlan } from '../report/scenario-plan';
import { type RecordedRun, scenarioRecording } from '../report/write-recording';
import { componentLog } from './component-log';
import { evidencePlace, writeEvidence } from './evidence';
import { tellFaults } from './fault-outputs';
import { parseId } from './ids';
import { namedScenario } from './named-scenarios';
import { parseOutputs, writeOutputs } from './outputs';
import { Progress } from './progress';
import { openKubectl } from './real-kubectl';
import { recordingFile, writeRecording } from './recording-file';
import type { RunArguments } from './run';
import { runFormats } from './run-formats';
import { renderReport } from './scenario-formats';
import { scenariosInContainers } from './scenarios-in-containers';
import { shellStops } from './shell-stops';
import { exitCodes, type Terminal } from './terminal';

/** A scenario by its name: both of its twins, or one. */
export async function runScenarios(name: string, given: RunArguments, terminal: Terminal): Promise<number> {
  const { path, defence, technique, position, side, rules, rule, twin } = given;
  if ([path, defence, technique, position, side, rules, rule].some((it) => it !== undefined)) {
    throw new MidplaneError(
      'USAGE',
      `scenario "${name}" brings its own settings: it takes no --path, --defence, --technique, --position, --side or --rules`,
      {
        hint: `midplane run ${name}`,
      },
    );
  }
  const outputs = parseOutputs(given.output ?? ['story'], runFormats);
  const evidence = given.evidence === undefined ? null : await evidencePlace(given.evidence, terminal);
  const recorded = given.record === undefined ? null : await recordingFile(given.record);
  const records: TwinRecord[] = [];
  const runs: RecordedRun[] = [];
  const { playTwins } = await import('../lab/scenarios/play-scenario');
  const named = await namedScenario(name);
  const { file } = named;
  const wanted = twin === undefined ? twins : [parseId('twin', twin, twins)];
  const progress = new Progress(terminal);
  const stops =
    given.shell === undefined || given.dryRun === true
      ? null
      : shellStops({ file, step: given.shell, twins: wanted, onOpen: () => progress.clear() }, terminal);
  await using containers = await scenariosInContainers(terminal);
  const scenario = containers === null ? named.scenario : await containers.need(named, wanted);
  if (given.dryRun === true) {
    const look = { colour: terminal.colour, width: terminal.width ?? 100 };
    const plans =
      containers === null ? wanted.map((each) => planOf(file, each)) : await containers.plan(file, wanted);
    terminal.write(renderPlan(file.name, file.title, plans, look));
    return exitCodes.ok;
  }
  try {
    const play = (): Promise<ScenarioReport> =>
      playTwins(scenario, wanted, {
        signal: terminal.signal,
        random: randomnessOf(given.seed),
        kubectl: () => openKubectl(terminal.kubectl ?? { named: null, folders: [] }),
        ...stops,
        onStep: ({ who, did }) => progress.show(`${who}: ${did}`),
        ...(given.verbose === true ? { log: componentLog(terminal) } : {}),
        ...(evidence === null && recorded === null
          ? {}
          : {
              onRecorded: (which, clusters) => {
                records.push(...recordsOf(which, clusters));
                runs.push({ twin: which, clusters });
              },
            }),
      });
    const report = await tellFaults(`midplane run ${scenario.id}`, outputs, terminal, play);
    progress.clear();
    await writeOutputs(outputs, (format, toFile) => renderReport(report, format, toFile, terminal), terminal);
    if (evidence !== null)
      await writeEvidence(evidence, evidenceFiles(scenarioMaterial(report, records)), terminal);
    if (recorded !== null)
      await writeRecording(recorded, scenarioRecording(report, runs, given.seed ?? null), terminal);
    stops?.over();
    return report.runs.every(({ asClaimed }) => asClaimed) ? exitCodes.ok : exitCodes.expectationFailed;
  } finally {
    progress.clear();
  }
}

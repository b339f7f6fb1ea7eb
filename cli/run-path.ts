import { MidplaneError } from '../error';
import { matrixOf } from '../lab/run-matrix';
import { runScenario, type ScenarioOptions } from '../lab/run-scenario';
import { cellMaterial, evidenceFiles } from '../report/evidence-files';
import { renderStory } from '../report/story';
import type { WireRecording } from '../report/wire-recording';
import { cellRecording } from '../report/write-recording';
import { defenceIds, pathIds, positionIds } from '../scenarios/vocabulary';
import { componentLog } from './component-log';
import { evidencePlace, writeEvidence } from './evidence';
import { tellFaults } from './fault-outputs';
import { givenRules, refuseRulesWithout } from './given-rules';
import { parseId, parseSide, parseTechnique } from './ids';
import { renderMatrix } from './matrix-formats';
import { parseOutputs, writeOutputs } from './outputs';
import { parseSeconds } from './parse-seconds';
import { recordingFile, writeRecording } from './recording-file';
import type { RunArguments } from './run';
import { type RunFormat, runFormats } from './run-formats';
import { exitCodes, type Terminal } from './terminal';

/** One cell of the matrix, told as a story. */
export async function runPath(given: RunArguments, terminal: Terminal): Promise<number> {
  const { path, defence, technique } = given;
  if (
    path === undefined ||
    defence === undefined ||
    technique === undefined ||
    [given.twin, given.shell, given.dryRun, given.parallel, given.step, given.speed].some(
      (it) => it !== undefined,
    )
  ) {
    throw new MidplaneError(
      'USAGE',
      'run needs the name of a scenario, or --path, --defence and --technique',
      {
        hint: 'midplane list shows them; for example midplane run --path logs --defence none --technique self-signed',
      },
    );
  }
  const outputs = parseOutputs(given.output ?? ['story'], runFormats);
  const rules = await givenRules(given);
  refuseRulesWithout(technique, rules);
  const evidence = given.evidence === undefined ? null : await evidencePlace(given.evidence, terminal);
  const recorded = given.record === undefined ? null : await recordingFile(given.record);
  const startedAt = new Date();
  const wires: WireRecording[] = [];
  const settings: Omit<ScenarioOptions, 'remote'> = {
    path: parseId('path', path, pathIds),
    defence: parseId('defence', defence, defenceIds),
    technique: parseTechnique(technique),
    ...(given.side === undefined ? {} : { side: parseSide(given.side) }),
    ...(given.position === undefined ? {} : { position: parseId('position', given.position, positionIds) }),
    ...(rules === undefined ? {} : { rules }),
    cellTimeLimitMs: parseSeconds('--time-limit', given.timeLimit ?? '10') * 1000,
    signal: terminal.signal,
    ...(given.seed === undefined ? {} : { seed: given.seed }),
    ...(given.verbose === true ? { log: componentLog(terminal) } : {}),
    ...(evidence === null && recorded === null ? {} : { onWire: (wire) => wires.push(wire) }),
  };
  const outcome = await tellFaults('midplane run', outputs, terminal, async () => {
    const remote =
      (terminal.labDescriptor ?? null) === null ? null : await (await import('./lab')).openLab({}, terminal);
    await using _ = remote;
    return await runScenario({ ...settings, ...(remote === null ? {} : { remote }) });
  });
  const render = (format: RunFormat, toFile: boolean): string => {
    if (format === 'json') return `${JSON.stringify(outcome, null, 2)}\n`;
    if (format === 'story')
      return renderStory(outcome, { colour: terminal.colour && !toFile, width: terminal.width ?? 100 });
    const matrix = { apiVersion: 'midplane/v1', kind: 'InterceptionMatrix', cells: [outcome.cell] } as const;
    return renderMatrix(matrix, format, { toFile, all: false, terminal });
  };
  await writeOutputs(outputs, render, terminal);
  if (evidence !== null) {
    const verdict = matrixOf([outcome.cell], startedAt, given.seed === undefined ? {} : { seed: given.seed });
    await writeEvidence(evidence, evidenceFiles(cellMaterial(outcome, verdict, wires)), terminal);
  }
  if (recorded !== null) {
    const { seed = null } = given;
    await writeRecording(recorded, cellRecording(outcome, wires, seed), terminal);
  }
  return outcome.cell.verdict === 'broken' ? exitCodes.expectationFailed : exitCodes.ok;
}

import { MidplaneError } from '../error';
import { matrixOf } from '../lab/run-matrix';
import { runScenario, type ScenarioOptions } from '../lab/run-scenario';
import { planOf } from '../lab/scenario-files/plan';
import {
  cellMaterial,
  evidenceFiles,
  recordsOf,
  scenarioMaterial,
  type TwinRecord,
} from '../report/evidence-files';
import { renderScenarioHtml } from '../report/scenario-html';
import { renderScenarioJUnit } from '../report/scenario-junit';
import { renderScenarioMarkdown } from '../report/scenario-markdown';
import { type ScenarioReport, twins } from '../report/scenario-outcome';
import { renderPlan } from '../report/scenario-plan';
import { renderScenarioSarif } from '../report/scenario-sarif';
import { renderScenario } from '../report/scenario-story';
import { renderStory } from '../report/story';
import type { WireRecording } from '../report/wire-recording';
import { defenceIds, pathIds, positionIds } from '../scenarios/vocabulary';
import { componentLog } from './component-log';
import { evidencePlace, writeEvidence } from './evidence';
import { tellFaults } from './fault-outputs';
import { givenRules, refuseRulesWithout } from './given-rules';
import { parseId, parseSide, parseTechnique } from './ids';
import { parseSeconds } from './matrix';
import { renderMatrix } from './matrix-formats';
import { namedScenario } from './named-scenarios';
import { parseOutputs, writeOutputs } from './outputs';
import { Progress } from './progress';
import { exitCodes, type Terminal } from './terminal';

const runFormats = ['story', 'json', 'junit', 'sarif', 'markdown', 'html'] as const;
type RunFormat = (typeof runFormats)[number];

export interface RunArguments {
  readonly path?: string;
  readonly defence?: string;
  readonly technique?: string;
  readonly side?: string;
  readonly position?: string;
  readonly twin?: string;
  readonly dryRun?: boolean;
  readonly rules?: string;
  readonly rule?: readonly string[];
  readonly output?: readonly string[];
  readonly evidence?: string;
  readonly seed?: string;
  readonly timeLimit: string;
  readonly verbose?: boolean;
}

export async function run(
  name: string | undefined,
  given: RunArguments,
  terminal: Terminal,
): Promise<number> {
  if (name !== undefined) return runNamed(name, given, terminal);
  const { path, defence, technique } = given;
  if (
    path === undefined ||
    defence === undefined ||
    technique === undefined ||
    given.twin !== undefined ||
    given.dryRun === true
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
  const startedAt = new Date();
  const wires: WireRecording[] = [];
  const settings: Omit<ScenarioOptions, 'remote'> = {
    path: parseId('path', path, pathIds),
    defence: parseId('defence', defence, defenceIds),
    technique: parseTechnique(technique),
    ...(given.side === undefined ? {} : { side: parseSide(given.side) }),
    ...(given.position === undefined ? {} : { position: parseId('position', given.position, positionIds) }),
    ...(rules === undefined ? {} : { rules }),
    cellTimeLimitMs: parseSeconds('--time-limit', given.timeLimit) * 1000,
    signal: terminal.signal,
    ...(given.seed === undefined ? {} : { seed: given.seed }),
    ...(given.verbose === true ? { log: componentLog(terminal) } : {}),
    ...(evidence === null ? {} : { onWire: (wire) => wires.push(wire) }),
  };
  const outcome = await tellFaults('midplane run', outputs, terminal, async () => {
    const remote =
      (terminal.labDescriptor ?? null) === null ? null : await (await import('./lab')).openLab({}, terminal);
    await using _ = remote;
    return runScenario({ ...settings, ...(remote === null ? {} : { remote }) });
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
  return outcome.cell.verdict === 'broken' ? exitCodes.expectationFailed : exitCodes.ok;
}

/** A scenario by its name: both of its twins, or one. */
async function runNamed(name: string, given: RunArguments, terminal: Terminal): Promise<number> {
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
  if ((terminal.labDescriptor ?? null) !== null) {
    throw new MidplaneError('USAGE', `scenario "${name}" is not run in the lab in containers`, {
      hint: 'it starts clusters of its own: run it without MIDPLANE_LAB',
    });
  }
  const outputs = parseOutputs(given.output ?? ['story'], runFormats);
  const evidence = given.evidence === undefined ? null : await evidencePlace(given.evidence, terminal);
  const records: TwinRecord[] = [];
  const { playTwins } = await import('../lab/scenarios/play-scenario');
  const { scenario, file } = await namedScenario(name);
  const wanted = twin === undefined ? twins : [parseId('twin', twin, twins)];
  if (given.dryRun === true) {
    if (file === null) {
      throw new MidplaneError(
        'USAGE',
        `scenario "${name}" is code, of which nothing is known before it runs`,
        {
          hint: `midplane run ${name} runs it, in clusters of its own`,
        },
      );
    }
    const look = { colour: terminal.colour, width: terminal.width ?? 100 };
    const plans = wanted.map((each) => planOf(file, each));
    terminal.write(renderPlan(file.name, file.title, plans, look));
    return exitCodes.ok;
  }
  const progress = new Progress(terminal);
  try {
    const play = (): Promise<ScenarioReport> =>
      playTwins(scenario, wanted, {
        signal: terminal.signal,
        onStep: ({ who, did }) => progress.show(`${who}: ${did}`),
        ...(given.verbose === true ? { log: componentLog(terminal) } : {}),
        ...(evidence === null
          ? {}
          : { onRecorded: (which, clusters) => records.push(...recordsOf(which, clusters)) }),
      });
    const report = await tellFaults(`midplane run ${scenario.id}`, outputs, terminal, play);
    progress.clear();
    await writeOutputs(outputs, (format, toFile) => renderReport(report, format, toFile, terminal), terminal);
    if (evidence !== null)
      await writeEvidence(evidence, evidenceFiles(scenarioMaterial(report, records)), terminal);
    return report.runs.every(({ asClaimed }) => asClaimed) ? exitCodes.ok : exitCodes.expectationFailed;
  } finally {
    progress.clear();
  }
}

function renderReport(
  report: ScenarioReport,
  format: RunFormat,
  toFile: boolean,
  terminal: Terminal,
): string {
  switch (format) {
    case 'story':
      return renderScenario(report, { colour: terminal.colour && !toFile, width: terminal.width ?? 100 });
    case 'json':
      return `${JSON.stringify(report, null, 2)}\n`;
    case 'junit':
      return renderScenarioJUnit(report);
    case 'sarif':
      return renderScenarioSarif(report);
    case 'markdown':
      return renderScenarioMarkdown(report);
    case 'html':
      return renderScenarioHtml(report);
  }
}

import { availableParallelism } from 'node:os';
import type { Logger } from 'pino';
import { runMatrixInThreads } from '../lab/run-matrix-in-threads';
import type { InterceptionMatrix } from '../report/outcome';
import {
  type DefenceId,
  defenceIds,
  defencesRun,
  pathIds,
  positionIds,
  type TechniqueId,
  techniquesRun,
} from '../scenarios/vocabulary';
import { componentLog } from './component-log';
import { type ExpectArguments, openJudge } from './expect';
import { tellFaults } from './fault-outputs';
import { parseIds, parseSide, parseTechniques } from './ids';
import { matrixFormats, renderMatrix } from './matrix-formats';
import { parseOutputs, writeOutputs } from './outputs';
import { parseSeconds } from './parse-seconds';
import { Progress } from './progress';
import type { Terminal } from './terminal';

export interface MatrixArguments extends ExpectArguments {
  readonly path?: readonly string[];
  readonly defence?: readonly string[];
  readonly technique?: readonly string[];
  readonly side?: string;
  readonly position?: readonly string[];
  readonly all?: boolean;
  readonly full?: boolean;
  readonly output?: readonly string[];
  readonly seed?: string;
  readonly timeLimit: string;
  readonly verbose?: boolean;
}

export async function matrix(given: MatrixArguments, terminal: Terminal): Promise<number> {
  const outputs = parseOutputs(given.output ?? ['table'], matrixFormats);
  const techniques = given.technique !== undefined ? parseTechniques(given.technique) : null;
  const all = given.all === true || given.full === true || techniques !== null;
  const run = (): Promise<InterceptionMatrix> =>
    attack(given, all ? (techniques ?? techniquesRun) : null, terminal);
  const judge = await openJudge(given, terminal);
  const document = judge.judge(await tellFaults('midplane matrix', outputs, terminal, run));
  await writeOutputs(
    outputs,
    (format, toFile) => renderMatrix(document, format, { toFile, all, terminal }),
    terminal,
  );
  await judge.tell(document);
  return judge.exitCode(document);
}

async function attack(
  given: MatrixArguments,
  techniques: readonly TechniqueId[] | null,
  terminal: Terminal,
): Promise<InterceptionMatrix> {
  const log: Logger | undefined = given.verbose === true ? componentLog(terminal) : undefined;
  const progress = new Progress(terminal);
  // Loaded only where there is one: without it, an embedded lab is up in less time than its module takes.
  const remote =
    (terminal.labDescriptor ?? null) === null ? null : await (await import('./lab')).openLab({}, terminal);
  await using _ = remote;
  try {
    return await runMatrixInThreads(
      {
        ...(given.path === undefined ? {} : { paths: parseIds('path', given.path, pathIds) }),
        ...defencesOf(given),
        ...(given.side === undefined ? {} : { side: parseSide(given.side) }),
        ...(given.position === undefined
          ? {}
          : { positions: parseIds('position', given.position, positionIds) }),
        ...(techniques === null ? {} : { techniques }),
        cellTimeLimitMs: parseSeconds('--time-limit', given.timeLimit) * 1000,
        signal: terminal.signal,
        onLab: (defence) => progress.show(`starting the lab with defence ${defence} …`),
        ...(remote === null ? {} : { remote }),
        onCell: (cell, done, total) =>
          progress.show(
            `${done}/${total}  ${cell.path}  ${cell.defence}  ${cell.technique}: ${cell.verdict}`,
          ),
        ...(given.seed === undefined ? {} : { seed: given.seed }),
        ...(log === undefined ? {} : { log }),
      },
      availableParallelism(),
    );
  } finally {
    progress.clear();
  }
}

/** Those that are named, or with --full all of them. */
function defencesOf({ defence, full }: MatrixArguments): { defences?: readonly DefenceId[] } {
  if (defence !== undefined) return { defences: parseIds('defence', defence, defenceIds) };
  return full === true ? { defences: defencesRun } : {};
}

import { MidplaneError } from '../error';
import { drill } from '../lab/migration/drill';
import { drillFailureIds, drillIds, drillStepIds } from '../report/drill-outcome';
import { renderDrill } from '../report/drill-story';
import { componentLog } from './component-log';
import { parseIds } from './ids';
import { parseOutputs, writeOutputs } from './outputs';
import { Progress } from './progress';
import { exitCodes, type Terminal } from './terminal';

export interface DrillArguments {
  readonly only?: readonly string[];
  readonly output?: readonly string[];
  readonly verbose?: boolean;
}

export async function runDrill(name: string, given: DrillArguments, terminal: Terminal): Promise<number> {
  if (name.trim().toLowerCase() !== 'kubelet-ca') {
    throw new MidplaneError('USAGE', `there is no drill "${name}"`, {
      hint: 'the only one is: midplane drill kubelet-ca',
    });
  }
  if ((terminal.labDescriptor ?? null) !== null) {
    throw new MidplaneError('USAGE', 'the drill is not run in the lab in containers', {
      hint: 'it starts clusters of its own: run it without MIDPLANE_LAB',
    });
  }
  const outputs = parseOutputs(given.output ?? ['table'], ['table', 'json'] as const);
  const only = given.only === undefined ? drillIds : wanted(given.only);
  const progress = new Progress(terminal);
  try {
    const report = await drill({
      only,
      signal: terminal.signal,
      onPart: (what) => progress.show(what),
      ...(given.verbose === true ? { log: componentLog(terminal) } : {}),
    });
    progress.clear();
    const render = (format: 'table' | 'json', toFile: boolean): string =>
      format === 'json'
        ? `${JSON.stringify(report, null, 2)}\n`
        : renderDrill(report, { colour: terminal.colour && !toFile, width: terminal.width ?? 100 });
    await writeOutputs(outputs, render, terminal);
    return report.asClaimed ? exitCodes.ok : exitCodes.expectationFailed;
  } finally {
    progress.clear();
  }
}

/** `steps` and `failures` stand for all of them. */
function wanted(given: readonly string[]) {
  const words = given.flatMap((it) => it.split(',')).map((it) => it.trim().toLowerCase());
  const named = words.flatMap((word): readonly string[] => {
    if (word === 'steps') return drillStepIds;
    return word === 'failures' ? drillFailureIds : [word];
  });
  return parseIds('step or failure', named, drillIds, 'midplane drill --help');
}

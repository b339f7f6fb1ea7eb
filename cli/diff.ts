import { MidplaneError } from '../error';
import { compareRuns, matrixRun, onlyTwin, type Run, recordedRun, reportedRun } from '../report/compare-runs';
import { renderComparison } from '../report/comparison-text';
import { readMatrix } from '../report/read-matrix';
import { readRecording } from '../report/read-recording';
import { readScenarioReport } from '../report/read-scenario-report';
import { parseOutputs, writeOutputs } from './outputs';
import { readNamedFile } from './read-named-file';
import { exitCodes, type Terminal } from './terminal';

/** What changed between two runs. Exits as diff(1) does: 0 nothing, 1 something, 2 the two cannot be compared. */
export async function diff(
  fileA: string,
  fileB: string | undefined,
  given: { readonly output?: readonly string[] },
  terminal: Terminal,
): Promise<number> {
  const outputs = parseOutputs(given.output ?? ['text'], ['text', 'json'] as const);
  const [a, b] =
    fileB === undefined ? twinsOf(await readRun(fileA)) : [await readRun(fileA), await readRun(fileB)];
  if (a.kind !== b.kind) {
    throw new MidplaneError('USAGE', `"${a.file}" is of kind "${a.kind}", "${b.file}" of kind "${b.kind}"`, {
      hint: 'name two of one kind',
    });
  }
  const comparison = compareRuns(a, b);
  await writeOutputs(
    outputs,
    (format, toFile) =>
      format === 'json'
        ? `${JSON.stringify(comparison, null, 2)}\n`
        : renderComparison(comparison, {
            colour: terminal.colour && !toFile,
            width: (toFile ? null : terminal.width) ?? 200,
          }),
    terminal,
  );
  return comparison.changes.length === 0 ? exitCodes.ok : exitCodes.expectationFailed;
}

function twinsOf(run: Run): [Run, Run] {
  const [one, other] = run.twins;
  if (one !== undefined && other !== undefined) return [onlyTwin(run, one), onlyTwin(run, other)];
  throw new MidplaneError('USAGE', `"${run.file}" has no two twins to compare`, {
    hint: 'name a second file, or a scenario that was recorded without --twin',
  });
}

async function readRun(file: string): Promise<Run> {
  const text = await readNamedFile(file);
  switch (kindOf(text)) {
    case 'InterceptionMatrix':
      return matrixRun(file, readMatrix(text, file));
    case 'ScenarioReport':
      return reportedRun(file, readScenarioReport(text, file));
    default:
      return recordedRun(file, readRecording(text, file));
  }
}

/** Null of what is no one document: a recording is lines. */
function kindOf(text: string): unknown {
  try {
    return (JSON.parse(text) as { kind?: unknown } | null)?.kind;
  } catch {
    return null;
  }
}

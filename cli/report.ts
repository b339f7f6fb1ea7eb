import { readMatrix } from '../report/read-matrix';
import { type ExpectArguments, openJudge } from './expect';
import { matrixFormats, renderMatrix } from './matrix-formats';
import { parseOutputs, writeOutputs } from './outputs';
import { readNamedFile } from './read-named-file';
import type { Terminal } from './terminal';

export interface ReportArguments extends ExpectArguments {
  readonly all?: boolean;
  readonly output?: readonly string[];
}

/** A saved matrix, rendered again; judged anew where files are given, and otherwise as it was judged then. No lab. */
export async function report(file: string, given: ReportArguments, terminal: Terminal): Promise<number> {
  const outputs = parseOutputs(given.output ?? ['table'], matrixFormats);
  const judge = await openJudge(given, terminal);
  const document = judge.judge(readMatrix(await readNamedFile(file), file));
  const all = given.all === true;
  await writeOutputs(
    outputs,
    (format, toFile) => renderMatrix(document, format, { toFile, all, terminal }),
    terminal,
  );
  await judge.tell(document);
  return judge.exitCode(document);
}

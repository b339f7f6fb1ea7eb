import { existsSync } from 'node:fs';
import { MidplaneError } from '../error';
import { compareWithExpectations } from '../lab/expectations/compare-with-expectations';
import type { Baseline, Expectation, Reading } from '../lab/expectations/expectations';
import { readBaseline } from '../lab/expectations/read-baseline';
import { readExpectations } from '../lab/expectations/read-expectations';
import { baselineOf, baselineText } from '../lab/expectations/write-baseline';
import { summary } from '../report/judgement-lines';
import { type InterceptionMatrix, placeText } from '../report/outcome';
import { writeOutputs } from './outputs';
import { readNamedFile } from './read-named-file';
import { exitCodes, type Terminal } from './terminal';

export interface ExpectArguments {
  readonly expect?: string;
  readonly baseline?: string;
  readonly writeBaseline?: boolean;
  readonly softFail?: boolean;
}

/** The files are read, and refused, before any lab is started. */
export interface Judge {
  /** The document with what it came to beside what was expected; as it is when nothing was. */
  judge(document: InterceptionMatrix): InterceptionMatrix;
  /**
   * Writes the baseline, when that was asked for, and says in a line how it went. Throws MidplaneError USAGE when all that is
   * expected is expected of cells that were not run.
   */
  tell(document: InterceptionMatrix): Promise<void>;
  /** Of what `judge` returned. */
  exitCode(document: InterceptionMatrix): number;
}

/** For every verb that ends in a matrix. Throws MidplaneError: USAGE, FILE_UNREADABLE, CONFIG_INVALID with line and column. */
export async function openJudge(given: ExpectArguments, terminal: Terminal): Promise<Judge> {
  const { expect, baseline, writeBaseline = false, softFail = false } = given;
  if (writeBaseline && baseline === undefined) {
    throw new MidplaneError('USAGE', '--write-baseline is set without --baseline', {
      hint: 'name the file that it should write: --baseline baseline.yaml --write-baseline',
    });
  }
  const expectations =
    expect === undefined ? null : valueRead(readExpectations(await readNamedFile(expect), expect), expect);
  const before = baseline === undefined ? null : await baselineOfFile(baseline, writeBaseline);
  const files = [expect, baseline].filter((it) => it !== undefined);
  return {
    judge: (document) => {
      if (files.length === 0) return document;
      const accepted = writeBaseline ? baselineOf(document.cells, before) : before;
      return { ...document, expectations: compare(document, files, expectations, accepted) };
    },
    tell: async (document) => {
      if (writeBaseline && baseline !== undefined) {
        const after = baselineOf(document.cells, before);
        const render = (): string => baselineText(after);
        await writeOutputs([{ format: 'baseline', file: baseline }], render, terminal);
        const count = after.open.length;
        terminal.warn(`${count} open ${count === 1 ? 'cell is' : 'cells are'} accepted from now on\n`);
      }
      const { expectations: judgement } = document;
      if (expectations !== null && judgement?.unused.length === expectations.length) {
        throw new MidplaneError('USAGE', `"${expect}" speaks of no cell that was run`, {
          hint: 'a file that judges nothing would always pass: attack its paths under its defences as well',
        });
      }
      if (judgement !== undefined) terminal.warn(`${summary(judgement)}\n`);
    },
    exitCode: ({ cells, expectations: judgement }) => {
      if (cells.some(({ verdict }) => verdict === 'broken')) return exitCodes.expectationFailed;
      const failed = (judgement?.failures ?? []).length > 0;
      return failed && !softFail ? exitCodes.expectationFailed : exitCodes.ok;
    },
  };
}

function compare(
  { cells }: InterceptionMatrix,
  files: readonly string[],
  expectations: readonly Expectation[] | null,
  baseline: Baseline | null,
) {
  return compareWithExpectations(cells, { files, expectations, baseline });
}

async function baselineOfFile(file: string, mayBeNew: boolean): Promise<Baseline | null> {
  if (!existsSync(file)) {
    if (mayBeNew) return null;
    throw new MidplaneError('FILE_UNREADABLE', `open ${file}: no such file or directory`, {
      hint: `write it first: --baseline ${file} --write-baseline`,
    });
  }
  return valueRead(readBaseline(await readNamedFile(file), file), file);
}

function valueRead<T>(reading: Reading<T>, file: string): T {
  if (reading.kind === 'read') return reading.value;
  const lines = reading.faults.map(({ at, text }) => `${placeText(at)}: ${text}`);
  throw new MidplaneError('CONFIG_INVALID', lines.join('\nerror: '), {
    hint: `nothing was run; ${lines.length === 1 ? 'mend this' : `mend these ${lines.length}`} in ${file} (docs/ci.md)`,
  });
}

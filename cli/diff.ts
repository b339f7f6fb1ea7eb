import { MidplaneError } from '../error';
import { type Comparison, compareMatrices, compareRecordings } from '../report/compare-recordings';
import { renderComparison } from '../report/comparison-text';
import { readMatrix } from '../report/read-matrix';
import { readRecording } from '../report/read-recording';
import { parseOutputs, writeOutputs } from './outputs';
import { readNamedFile } from './read-named-file';
import { exitCodes, type Terminal } from './terminal';

/** What changed between two runs. Exits as diff(1) does: 0 nothing, 1 something, 2 the two cannot be compared. */
export async function diff(
  fileA: string,
  fileB: string,
  given: { readonly output?: readonly string[] },
  terminal: Terminal,
): Promise<number> {
  const outputs = parseOutputs(given.output ?? ['text'], ['text', 'json'] as const);
  const [a, b] = [await opened(fileA), await opened(fileB)];
  const comparison = compared(a, b);
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

interface Opened {
  readonly file: string;
  readonly text: string;
  readonly kind: 'recording' | 'matrix';
}

async function opened(file: string): Promise<Opened> {
  const text = await readNamedFile(file);
  return { file, text, kind: isMatrix(text) ? 'matrix' : 'recording' };
}

/** A matrix is one document, a recording is lines. */
function isMatrix(text: string): boolean {
  try {
    return (JSON.parse(text) as { kind?: unknown } | null)?.kind === 'InterceptionMatrix';
  } catch {
    return false;
  }
}

function compared(a: Opened, b: Opened): Comparison {
  if (a.kind !== b.kind) {
    throw new MidplaneError('USAGE', `"${a.file}" is a ${a.kind} and "${b.file}" is a ${b.kind}`, {
      hint: 'name two recordings, or two documents of midplane matrix -o json',
    });
  }
  if (a.kind === 'matrix') {
    const read = ({ file, text }: Opened) => ({ file, document: readMatrix(text, file) });
    return compareMatrices(read(a), read(b));
  }
  const read = ({ file, text }: Opened) => ({ file, document: readRecording(text, file) });
  return compareRecordings(read(a), read(b));
}

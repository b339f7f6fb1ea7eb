import { isFileProblem } from './file-problem';
import { LineSource, type Source } from './pipe';
import { complain, openRead, type Process } from './process';
import { takeTurn } from './turns';

/** What commands have in common that read the files they are given, a line at a time. */
/** The files that are named, or standard input. Null: one cannot be opened, which has been told. */
export async function inputs(self: Process, names: readonly string[]): Promise<Source[] | null> {
  const sources: Source[] = [];
  for (const name of names.length === 0 ? ['-'] : names) {
    const source = name === '-' ? self.stdin : openRead(self, name);
    if (isFileProblem(source)) {
      await complain(self, `${self.argv[0]}: ${name}: ${source.text}`);
      return null;
    }
    sources.push(source);
  }
  return sources;
}

/** Without their newlines. */
export async function* linesOf(self: Process, sources: readonly Source[]): AsyncGenerator<string> {
  for (const source of sources) {
    const lines = source instanceof LineSource ? source : new LineSource(source);
    for (;;) {
      const line = await lines.readLine(self.signal);
      if (line === null) break;
      await takeTurn();
      yield line.toString().replace(/\n$/, '');
    }
  }
}

export async function refuse(self: Process, text: string): Promise<number> {
  await complain(self, `${self.argv[0]}: ${text}`);
  return 1;
}

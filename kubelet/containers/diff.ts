import { type Change, diffLines } from './diff-lines';
import { isFileProblem } from './file-problem';
import { readOptions } from './options';
import { type Command, complain, openRead, type Process, print, readAll, writeFailed } from './process';

/** diff -u -U N -q -s -i -b -w -L LABEL of two files: changes as POSIX has them, or unified. */
const MOST_BYTES = 8 * 1024 * 1024;
const NO_NEWLINE = '\\ No newline at end of file\n';
const CONTEXT_LINES = 3;

export const diff: Command = async (self) => {
  const options = readOptions(self.argv.slice(1), {
    flags: 'uqsibwaN',
    values: 'UL',
    long: { unified: 'u', brief: 'q', label: 'L', color: 'a' },
  });
  const [left, right] = options.kind === 'options' ? options.words : [];
  if (options.kind === 'refused' || left === undefined || right === undefined) {
    await complain(self, `diff: ${options.kind === 'refused' ? options.text : 'missing operand'}`);
    return 2;
  }
  const [one, other] = [await contentOf(self, left), await contentOf(self, right)];
  if (one === null || other === null) return 2;
  const tell = async (text: string, status: number): Promise<number> =>
    (await print(self, text)) ? status : writeFailed(self);
  if (one.equals(other)) return options.has('s') ? tell(`Files ${left} and ${right} are identical\n`, 0) : 0;
  if (one.includes(0) || other.includes(0)) return tell(`Binary files ${left} and ${right} differ\n`, 1);
  const [oldLines, newLines] = [linesOf(one), linesOf(other)];
  const key = (line: string): string => {
    let text = options.has('i') ? line.toLowerCase() : line;
    if (options.has('w')) text = text.replace(/\s/g, '');
    return options.has('b') ? text.replace(/\s+/g, ' ').trimEnd() : text;
  };
  const changes = await diffLines(oldLines.map(key), newLines.map(key));
  if (changes.length === 0) return 0;
  if (options.has('q')) return tell(`Files ${left} and ${right} differ\n`, 1);
  const files = { oldLines, newLines };
  const context = Number(options.value('U') ?? CONTEXT_LINES);
  if (!options.has('u') && options.value('U') === undefined)
    return tell(changes.map((it) => plainChange(it, files)).join(''), 1);
  const [oldLabel = left, newLabel = right] = options.all('L');
  const hunks = hunksOf(changes, context).map((it) => unifiedHunk(it, files, context));
  return tell(`--- ${oldLabel}\n+++ ${newLabel}\n${hunks.join('')}`, 1);
};

export const cmp: Command = async (self) => {
  const options = readOptions(self.argv.slice(1), { flags: 'sl' });
  const [left, right = '-'] = options.kind === 'options' ? options.words : [];
  if (options.kind === 'refused' || left === undefined) {
    await complain(self, `cmp: ${options.kind === 'refused' ? options.text : 'missing operand'}`);
    return 2;
  }
  const [one, other] = [await contentOf(self, left), await contentOf(self, right)];
  if (one === null || other === null) return 2;
  const length = Math.min(one.length, other.length);
  let status = 0;
  for (let at = 0; at < length; at += 1) {
    const [a = 0, b = 0] = [one[at], other[at]];
    if (a === b) continue;
    status = 1;
    if (options.has('s')) return 1;
    if (!options.has('l')) {
      const line = one.subarray(0, at).filter((it) => it === 0x0a).length + 1;
      return (await print(self, `${left} ${right} differ: char ${at + 1}, line ${line}\n`))
        ? 1
        : writeFailed(self);
    }
    const octal = [a, b].map((it) => it.toString(8).padStart(3)).join(' ');
    if (!(await print(self, `${String(at + 1).padStart(String(length).length)} ${octal}\n`)))
      return writeFailed(self);
  }
  if (one.length === other.length) return status;
  if (!options.has('s')) await complain(self, `cmp: EOF on ${one.length < other.length ? left : right}`);
  return 1;
};

async function contentOf(self: Process, name: string): Promise<Buffer | null> {
  const source = name === '-' ? self.stdin : openRead(self, name);
  if (isFileProblem(source)) {
    await complain(self, `${self.argv[0]}: ${name}: ${source.text}`);
    return null;
  }
  const bytes = await readAll(source, self.signal, MOST_BYTES + 1);
  if (bytes.length <= MOST_BYTES) return bytes;
  await complain(self, `${self.argv[0]}: out of memory`);
  return null;
}

/** With their newlines, so that a last one that is missing is a difference. */
function linesOf(bytes: Buffer): string[] {
  return bytes.toString().match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

interface Files {
  readonly oldLines: readonly string[];
  readonly newLines: readonly string[];
}

function marked(mark: string, lines: readonly string[]): string {
  return lines
    .map((line) => (line.endsWith('\n') ? `${mark}${line}` : `${mark}${line}\n${NO_NEWLINE}`))
    .join('');
}

function plainChange({ from, fromEnd, to, toEnd }: Change, { oldLines, newLines }: Files): string {
  const range = (start: number, end: number): string =>
    end - start <= 1 ? String(end) : `${start + 1},${end}`;
  const letter = from === fromEnd ? 'a' : to === toEnd ? 'd' : 'c';
  const gone = marked('< ', oldLines.slice(from, fromEnd));
  const there = marked('> ', newLines.slice(to, toEnd));
  return `${range(from, fromEnd)}${letter}${range(to, toEnd)}\n${gone}${letter === 'c' ? '---\n' : ''}${there}`;
}

/** Changes whose context would touch go together. */
function hunksOf(changes: readonly Change[], context: number): Change[][] {
  const hunks: Change[][] = [];
  for (const change of changes) {
    const last = hunks.at(-1);
    const before = last?.at(-1);
    if (last !== undefined && before !== undefined && change.from - before.fromEnd <= 2 * context)
      last.push(change);
    else hunks.push([change]);
  }
  return hunks;
}

function unifiedHunk(changes: readonly Change[], { oldLines, newLines }: Files, context: number): string {
  const [first, last] = [changes[0], changes.at(-1)];
  if (first === undefined || last === undefined) return '';
  const lead = Math.min(context, first.from);
  const tail = Math.min(context, oldLines.length - last.fromEnd);
  const range = (start: number, end: number): string => {
    const count = end - start;
    // A range of no lines names the line before it.
    if (count === 0) return `${start},0`;
    return count === 1 ? String(start + 1) : `${start + 1},${count}`;
  };
  const parts: string[] = [];
  let at = first.from - lead;
  for (const { from, fromEnd, to, toEnd } of changes) {
    parts.push(marked(' ', oldLines.slice(at, from)), marked('-', oldLines.slice(from, fromEnd)));
    parts.push(marked('+', newLines.slice(to, toEnd)));
    at = fromEnd;
  }
  parts.push(marked(' ', oldLines.slice(at, last.fromEnd + tail)));
  const oldRange = range(first.from - lead, last.fromEnd + tail);
  return `@@ -${oldRange} +${range(first.to - lead, last.toEnd + tail)} @@\n${parts.join('')}`;
}

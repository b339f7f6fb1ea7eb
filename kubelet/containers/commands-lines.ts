import { isFileProblem } from './file-problem';
import { inputs, linesOf, refuse } from './line-input';
import { readOptions } from './options';
import { type Command, complain, pathIn, pathOf, print, readAll, writeFailed } from './process';
import { takeTurn } from './turns';

/** More commands that turn lines into other lines, as busybox's applets of the same names, and two about names. */

/** What tac keeps at most. */
const MOST_BYTES = 16 * 1024 * 1024;

export const tac: Command = async (self) => {
  const sources = await inputs(self, self.argv.slice(1));
  if (sources === null) return 1;
  for (const source of sources) {
    const text = await readAll(source, self.signal, MOST_BYTES + 1);
    if (text.length > MOST_BYTES) return refuse(self, 'out of memory');
    for (let end = text.length; end > 0; ) {
      await takeTurn();
      const start = text.lastIndexOf(0x0a, end - 2) + 1;
      if (!(await print(self, text.subarray(end === 1 ? 0 : start, end)))) return writeFailed(self);
      end = end === 1 ? 0 : start;
    }
  }
  return 0;
};

export const rev: Command = async (self) => {
  const sources = await inputs(self, self.argv.slice(1));
  if (sources === null) return 1;
  for await (const line of linesOf(self, sources)) {
    if (!(await print(self, `${[...line].reverse().join('')}\n`))) return writeFailed(self);
  }
  return 0;
};

/** nl -b a|t|n -n ln|rn|rz -w WIDTH -s SEPARATOR -v START -i STEP. */
export const nl: Command = async (self) => {
  const options = readOptions(self.argv.slice(1), { values: 'bnwsvi' });
  if (options.kind === 'refused') return refuse(self, options.text);
  const sources = await inputs(self, options.words);
  if (sources === null) return 1;
  const width = Math.min(Number(options.value('w') ?? 6) || 6, 100);
  const format = options.value('n') ?? 'rn';
  const body = options.value('b') ?? 't';
  let number = Number(options.value('v') ?? 1);
  for await (const line of linesOf(self, sources)) {
    const counted = body === 'a' || (body === 't' && line !== '');
    const shown =
      format === 'ln'
        ? String(number).padEnd(width)
        : String(number).padStart(width, format === 'rz' ? '0' : ' ');
    const prefix = counted ? `${shown}${options.value('s') ?? '\t'}` : ' '.repeat(width + 1);
    if (counted) number += Number(options.value('i') ?? 1);
    if (!(await print(self, `${prefix}${line}\n`))) return writeFailed(self);
  }
  return 0;
};

/** fold -w WIDTH -s. */
export const fold: Command = async (self) => {
  const options = readOptions(self.argv.slice(1), { flags: 'bs', values: 'w' });
  if (options.kind === 'refused') return refuse(self, options.text);
  const width = Number(options.value('w') ?? 80);
  if (!(width >= 1)) return refuse(self, `invalid number '${options.value('w')}'`);
  const sources = await inputs(self, options.words);
  if (sources === null) return 1;
  for await (const line of linesOf(self, sources)) {
    let rest = [...line];
    while (rest.length > width) {
      await takeTurn();
      const blank = options.has('s') ? rest.slice(0, width).lastIndexOf(' ') + 1 : 0;
      const cut = blank > 0 ? blank : width;
      if (!(await print(self, `${rest.slice(0, cut).join('')}\n`))) return writeFailed(self);
      rest = rest.slice(cut);
    }
    if (!(await print(self, `${rest.join('')}\n`))) return writeFailed(self);
  }
  return 0;
};

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const SHORTEST_SUFFIX = 6;

/** mktemp -d -u -q -t -p DIR TEMPLATE. */
export const mktemp: Command = async (self) => {
  const options = readOptions(self.argv.slice(1), { flags: 'duqt', values: 'p' });
  if (options.kind === 'refused') return refuse(self, options.text);
  const [template] = options.words;
  const directory = options.value('p') ?? self.env.get('TMPDIR') ?? '/tmp';
  const inDirectory = template === undefined || options.has('t') || options.value('p') !== undefined;
  const pattern = inDirectory ? pathIn(directory, template ?? 'tmp.XXXXXX') : template;
  const marks = /X+$/.exec(pattern)?.[0].length ?? 0;
  if (marks < SHORTEST_SUFFIX) return refuse(self, `too few X's in template '${template}'`);
  const suffix = [...self.container.random.bytes(marks)]
    .map((it) => LETTERS.charAt(it % LETTERS.length))
    .join('');
  const name = `${pattern.slice(0, -marks)}${suffix}`;
  if (!options.has('u')) {
    const { files } = self.container;
    const path = pathOf(self, name);
    const problem = options.has('d')
      ? files.makeDirectory(path, { parents: false })
      : files.write(path, Buffer.alloc(0));
    if (isFileProblem(problem)) {
      if (!options.has('q')) await complain(self, `mktemp: (null): ${problem.text}`);
      return 1;
    }
    files.chmod(path, options.has('d') ? 0o700 : 0o600);
  }
  return (await print(self, `${name}\n`)) ? 0 : writeFailed(self);
};

export const tty: Command = async (self) => {
  const isTerminal = self.terminal !== null && self.stdin === self.terminal.stdin;
  if (!self.argv.includes('-s')) await print(self, isTerminal ? '/dev/pts/0\n' : 'not a tty\n');
  return isTerminal ? 0 : 1;
};

import { createHash } from 'node:crypto';
import { inputs, linesOf, refuse } from './line-input';
import { readOptions } from './options';
import { type Command, print, readAll, writeFailed } from './process';
import { readBracket } from './shell-pattern';
import { takeTurn } from './turns';

/** Commands that turn lines into other lines, as busybox's applets of the same names. */

/** What sort keeps at most; endless input ends here, told. */
const MOST_SORTED_BYTES = 16 * 1024 * 1024;
const CHUNK_LINES = 2000;

export const sort: Command = async (self) => {
  const options = readOptions(self.argv.slice(1), { flags: 'rnufbhs', values: 'kto' });
  if (options.kind === 'refused') return refuse(self, options.text);
  const sources = await inputs(self, options.words);
  if (sources === null) return 2;
  const lines: string[] = [];
  let size = 0;
  for await (const line of linesOf(self, sources)) {
    size += line.length + 1;
    if (size > MOST_SORTED_BYTES) return refuse(self, 'out of memory');
    lines.push(line);
  }
  const key = Number(/^\d+/.exec(options.value('k') ?? '')?.[0] ?? 0);
  const numeric = options.has('n') || /n/.test(options.value('k') ?? '');
  const separator = options.value('t') ?? /\s+/;
  const keyOf = (line: string): string => {
    const text = key === 0 ? line : (line.trimStart().split(separator)[key - 1] ?? '');
    return options.has('f') ? text.toUpperCase() : text;
  };
  const compare = (a: string, b: string): number => {
    const [left, right] = [keyOf(a), keyOf(b)];
    const order = numeric
      ? (Number.parseFloat(left) || 0) - (Number.parseFloat(right) || 0)
      : left < right
        ? -1
        : Number(left > right);
    return (order || (options.has('u') ? 0 : a < b ? -1 : Number(a > b))) * (options.has('r') ? -1 : 1);
  };
  const sorted = await mergeSort(lines, compare);
  let before: string | null = null;
  for (const line of sorted) {
    if (options.has('u') && before !== null && compare(before, line) === 0) continue;
    before = line;
    await takeTurn();
    if (!(await print(self, `${line}\n`))) return writeFailed(self);
  }
  return 0;
};

/** In pieces, so that others have their turn. */
async function mergeSort(
  lines: readonly string[],
  compare: (a: string, b: string) => number,
): Promise<string[]> {
  let runs: string[][] = [];
  for (let at = 0; at < lines.length; at += CHUNK_LINES) {
    runs.push(lines.slice(at, at + CHUNK_LINES).sort(compare));
    await takeTurn();
  }
  while (runs.length > 1) {
    const merged: string[][] = [];
    for (let at = 0; at < runs.length; at += 2)
      merged.push(await merge(runs[at] ?? [], runs[at + 1] ?? [], compare));
    runs = merged;
  }
  return runs[0] ?? [];
}

async function merge(
  left: readonly string[],
  right: readonly string[],
  compare: (a: string, b: string) => number,
): Promise<string[]> {
  const merged: string[] = [];
  let [l, r] = [0, 0];
  while (l < left.length || r < right.length) {
    if (merged.length % CHUNK_LINES === 0) await takeTurn();
    const [a, b] = [left[l], right[r]];
    if (b === undefined || (a !== undefined && compare(a, b) <= 0)) {
      merged.push(a ?? '');
      l += 1;
    } else {
      merged.push(b);
      r += 1;
    }
  }
  return merged;
}

export const uniq: Command = async (self) => {
  const options = readOptions(self.argv.slice(1), { flags: 'cdui' });
  if (options.kind === 'refused') return refuse(self, options.text);
  const sources = await inputs(self, options.words.slice(0, 1));
  if (sources === null) return 1;
  let last: string | null = null;
  let count = 0;
  const show = async (): Promise<void> => {
    if (last === null || (options.has('d') && count < 2) || (options.has('u') && count > 1)) return;
    await print(self, `${options.has('c') ? `${String(count).padStart(7)} ` : ''}${last}\n`);
  };
  for await (const line of linesOf(self, sources)) {
    if (last !== null && (options.has('i') ? line.toLowerCase() === last.toLowerCase() : line === last)) {
      count += 1;
      continue;
    }
    await show();
    [last, count] = [line, 1];
  }
  await show();
  return 0;
};

export const cut: Command = async (self) => {
  const options = readOptions(self.argv.slice(1), { flags: 'sn', values: 'fcbd' });
  if (options.kind === 'refused') return refuse(self, options.text);
  const list = options.value('f') ?? options.value('c') ?? options.value('b');
  if (list === undefined || !/^[\d,-]+$/.test(list))
    return refuse(self, 'expected a list of bytes, characters, or fields');
  const ranges = list.split(',').map((it) => {
    const [from = '', to = from] = it.split('-');
    return { from: Number(from || 1), to: it.endsWith('-') ? Number.POSITIVE_INFINITY : Number(to) };
  });
  const wanted = (_: string, index: number): boolean =>
    ranges.some(({ from, to }) => index + 1 >= from && index + 1 <= to);
  const sources = await inputs(self, options.words);
  if (sources === null) return 1;
  const delimiter = options.value('d') ?? '\t';
  for await (const line of linesOf(self, sources)) {
    if (options.value('f') === undefined) await print(self, `${[...line].filter(wanted).join('')}\n`);
    else if (line.includes(delimiter))
      await print(self, `${line.split(delimiter).filter(wanted).join(delimiter)}\n`);
    else if (!options.has('s')) await print(self, `${line}\n`);
  }
  return 0;
};

export const tr: Command = async (self) => {
  const options = readOptions(self.argv.slice(1), { flags: 'dscC', stopAtOperand: true });
  if (options.kind === 'refused') return refuse(self, options.text);
  const [first, second] = options.words.map(charactersOf);
  if (first === undefined) return refuse(self, 'missing operand');
  const complement = options.has('c') || options.has('C');
  const from = complement ? ALL_BYTES.filter((it) => !first.includes(it)) : first;
  const map = new Map(
    options.has('d') || second === undefined
      ? []
      : from.map((it, index) => [it, second[Math.min(index, second.length - 1)] ?? it]),
  );
  const squeezed = new Set(options.has('s') ? (second ?? from) : []);
  const removed = new Set(options.has('d') ? from : []);
  let last = '';
  for (;;) {
    const bytes = await self.stdin.read(self.signal);
    if (bytes === null) return 0;
    await takeTurn();
    const output: string[] = [];
    for (const char of bytes.toString('latin1')) {
      if (removed.has(char)) continue;
      const turned = map.get(char) ?? char;
      if (turned === last && squeezed.has(turned)) continue;
      output.push(turned);
      last = turned;
    }
    if (!(await print(self, Buffer.from(output.join(''), 'latin1')))) return writeFailed(self);
  }
};

const ALL_BYTES = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code));

/** `a-z`, `[:upper:]`, `\n`. */
function charactersOf(text: string): string[] {
  const unescaped = text.replace(
    /\\([nrt\\0])/g,
    (_, letter: string) => ({ n: '\n', r: '\r', t: '\t', '\\': '\\', 0: '\0' })[letter] ?? letter,
  );
  const characters: string[] = [];
  for (let at = 0; at < unescaped.length; at += 1) {
    const named = /^\[:\w+:\]/.exec(unescaped.slice(at))?.[0];
    const set = named === undefined ? null : readBracket(`[${named}]`, 0);
    if (named !== undefined && set !== null) {
      characters.push(...ALL_BYTES.filter((it) => set.has(it)));
      at += named.length - 1;
    } else if (unescaped.charAt(at + 1) === '-' && at + 2 < unescaped.length) {
      const [low, high] = [unescaped.charCodeAt(at), unescaped.charCodeAt(at + 2)];
      characters.push(...ALL_BYTES.slice(low, high + 1));
      at += 2;
    } else characters.push(unescaped.charAt(at));
  }
  return characters;
}

export const seq: Command = async (self) => {
  const numbers = self.argv.slice(1).map(Number);
  if (numbers.length === 0 || numbers.length > 3 || numbers.some(Number.isNaN))
    return refuse(self, 'invalid number');
  const [first, step, last] =
    numbers.length === 1
      ? [1, 1, numbers[0] ?? 0]
      : numbers.length === 2
        ? [numbers[0] ?? 1, 1, numbers[1] ?? 0]
        : [numbers[0] ?? 1, numbers[1] ?? 1, numbers[2] ?? 0];
  if (step === 0) return refuse(self, 'invalid increment');
  for (let count = 0; ; count += 1) {
    const value = first + count * step;
    if ((step > 0 && value > last) || (step < 0 && value < last)) return 0;
    await takeTurn();
    if (!(await print(self, `${value}\n`))) return writeFailed(self);
  }
};

export const base64: Command = async (self) => {
  const options = readOptions(self.argv.slice(1), {
    flags: 'di',
    values: 'w',
    long: { decode: 'd', wrap: 'w' },
  });
  if (options.kind === 'refused') return refuse(self, options.text);
  const sources = await inputs(self, options.words);
  const source = sources?.[0];
  if (source === undefined) return 1;
  const content = await readAll(source, self.signal, MOST_SORTED_BYTES);
  if (options.has('d'))
    return (await print(self, Buffer.from(content.toString(), 'base64'))) ? 0 : writeFailed(self);
  const width = Number(options.value('w') ?? 76);
  const text = content.toString('base64');
  const lines = width > 0 ? (text.match(new RegExp(`.{1,${Math.min(width, 10_000)}}`, 'g')) ?? []) : [text];
  return (await print(self, `${lines.join('\n')}${width > 0 && text !== '' ? '\n' : ''}`))
    ? 0
    : writeFailed(self);
};

export const sha256sum: Command = async (self) => {
  const names = self.argv.slice(1);
  const sources = await inputs(self, names);
  if (sources === null) return 1;
  for (const [index, source] of sources.entries()) {
    const hash = createHash(self.argv[0] === 'sha1sum' ? 'sha1' : 'sha256');
    for (let bytes = await source.read(self.signal); bytes !== null; bytes = await source.read(self.signal)) {
      hash.update(bytes);
      await takeTurn();
    }
    await print(self, `${hash.digest('hex')}  ${names[index] ?? '-'}\n`);
  }
  return 0;
};

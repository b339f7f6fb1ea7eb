import { inputs, refuse } from './line-input';
import { readOptions } from './options';
import type { Source } from './pipe';
import { type Command, type Process, print, writeFailed } from './process';
import { takeTurn } from './turns';

/** Commands that show bytes as numbers: od as GNU's, hexdump and xxd as those of util-linux and vim. */
const ROW_BYTES = 16;

interface Row {
  readonly offset: number;
  readonly bytes: Buffer;
}

interface Extent {
  readonly skip: number;
  readonly most: number;
  readonly width: number;
}

/** The bytes of all sources, in rows. */
async function* rowsOf(
  self: Process,
  sources: readonly Source[],
  { skip, most, width }: Extent,
): AsyncGenerator<Row> {
  let rest = Buffer.alloc(0);
  let [seen, offset] = [0, skip];
  const end = skip + most;
  for (const source of sources) {
    while (seen < end) {
      const bytes = await source.read(self.signal);
      if (bytes === null) break;
      const from = Math.max(skip - seen, 0);
      const wanted = bytes.subarray(from, Math.max(from, end - seen));
      seen += bytes.length;
      rest = Buffer.concat([rest, wanted]);
      let at = 0;
      for (; rest.length - at >= width; at += width) {
        await takeTurn();
        yield { offset, bytes: rest.subarray(at, at + width) };
        offset += width;
      }
      rest = rest.subarray(at);
    }
  }
  if (rest.length > 0) yield { offset, bytes: rest };
}

async function dump(
  self: Process,
  names: readonly string[],
  {
    extent,
    show,
    squeeze,
    last,
  }: { extent: Extent; show: (row: Row) => string; squeeze: boolean; last: (offset: number) => string },
): Promise<number> {
  const sources = await inputs(self, names);
  if (sources === null) return 1;
  let before: Buffer | null = null;
  let starred = false;
  let end = extent.skip;
  for await (const row of rowsOf(self, sources, extent)) {
    end = row.offset + row.bytes.length;
    const same: boolean = squeeze && before?.equals(row.bytes) === true && row.bytes.length === extent.width;
    before = row.bytes;
    if (same && starred) continue;
    starred = same;
    if (!(await print(self, same ? '*\n' : show(row)))) return writeFailed(self);
  }
  return (await print(self, last(end))) ? 0 : writeFailed(self);
}

function sizeOption(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const [, digits = '', unit = ''] = /^(0[xX][0-9a-fA-F]+|\d+)([kKmM]?)$/.exec(text) ?? [];
  return digits === '' ? Number.NaN : Number(digits) * ({ k: 1024, m: 1024 ** 2 }[unit.toLowerCase()] ?? 1);
}

function ascii(bytes: Buffer): string {
  return [...bytes].map((it) => (it >= 0x20 && it < 0x7f ? String.fromCharCode(it) : '.')).join('');
}

interface Format {
  readonly size: number;
  readonly width: number;
  readonly text: (bytes: Buffer) => string;
}

const ESCAPES: Readonly<Record<number, string>> = {
  ...{ 0: '\\0', 7: '\\a', 8: '\\b', 9: '\\t', 10: '\\n', 11: '\\v', 12: '\\f', 13: '\\r' },
};
const CHARACTER: Format = {
  size: 1,
  width: 4,
  text: ([byte = 0]) =>
    ESCAPES[byte] ??
    (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : byte.toString(8).padStart(3, '0')),
};

/** `x1`, `o2`, `u4`, `d1`, `c`; null: there is none such. */
function formatNamed(name: string): Format | null {
  if (name === 'c') return CHARACTER;
  const [, letter = '', digits = ''] = /^([xoud])([124CSI]?)$/.exec(name) ?? [];
  if (letter === '') return null;
  const size = Number({ C: 1, S: 2, I: 4 }[digits] ?? (digits || 4));
  const base = letter === 'x' ? 16 : letter === 'o' ? 8 : 10;
  const digitsOf = letter === 'x' ? 2 * size : letter === 'o' ? Math.ceil((8 * size) / 3) : 0;
  const widest = digitsOf || (2 ** (8 * size) - 1).toString().length + (letter === 'd' && size === 1 ? 1 : 0);
  return {
    size,
    width: widest + 1 + (letter === 'd' && size > 1 ? 1 : 0),
    text: (bytes) => {
      const padded = Buffer.concat([bytes, Buffer.alloc(size - bytes.length)]);
      const value = letter === 'd' ? padded.readIntLE(0, size) : padded.readUIntLE(0, size);
      return value.toString(base).padStart(digitsOf, '0');
    },
  };
}

/** od -A RADIX -t TYPE[z] -N COUNT -j SKIP -v, and -b -c -d -o -x. */
export const od: Command = async (self) => {
  const options = readOptions(self.argv.slice(1), { flags: 'bcdoxv', values: 'AtNj' });
  if (options.kind === 'refused') return refuse(self, options.text);
  const short = [...'bcdox'].find((it) => options.has(it)) ?? 'o';
  const type = options.value('t') ?? { b: 'o1', c: 'c', d: 'u2', o: 'o2', x: 'x2' }[short] ?? 'o2';
  const format = formatNamed(type.replace(/z$/, ''));
  if (format === null) return refuse(self, `invalid type string '${type}'`);
  const radix = options.value('A') ?? 'o';
  const [base = 0, digits = 0] = { o: [8, 7], d: [10, 7], x: [16, 6] }[radix] ?? [];
  if (base === 0 && radix !== 'n') return refuse(self, `bad output address radix '${radix}'`);
  const skip = sizeOption(options.value('j'), 0);
  const most = sizeOption(options.value('N'), Number.POSITIVE_INFINITY);
  if (Number.isNaN(skip + most)) return refuse(self, 'invalid number');
  const address = (offset: number): string =>
    radix === 'n' ? '' : offset.toString(base).padStart(digits, '0');
  const columns = (ROW_BYTES / format.size) * format.width;
  return dump(self, options.words, {
    extent: { skip, most, width: ROW_BYTES },
    squeeze: !options.has('v'),
    show: ({ offset, bytes }) => {
      const shown: string[] = [];
      for (let at = 0; at < bytes.length; at += format.size)
        shown.push(format.text(bytes.subarray(at, at + format.size)).padStart(format.width));
      const numbers = shown.join('');
      const text = type.endsWith('z') ? `${''.padEnd(columns - numbers.length)}  >${ascii(bytes)}<` : '';
      return `${address(offset)}${numbers}${text}\n`;
    },
    last: (offset) => (radix === 'n' ? '' : `${address(offset)}\n`),
  });
};

/** hexdump -C -n LENGTH -s OFFSET -v; without -C words of two bytes. `hd` is hexdump -C. */
export const hexdump: Command = async (self) => {
  const options = readOptions(self.argv.slice(1), { flags: 'Cvx', values: 'ns' });
  if (options.kind === 'refused') return refuse(self, options.text);
  const skip = sizeOption(options.value('s'), 0);
  const most = sizeOption(options.value('n'), Number.POSITIVE_INFINITY);
  if (Number.isNaN(skip + most)) return refuse(self, 'invalid number');
  const canonical = options.has('C') || self.argv[0] === 'hd';
  const address = (offset: number): string => offset.toString(16).padStart(canonical ? 8 : 7, '0');
  return dump(self, options.words, {
    extent: { skip, most, width: ROW_BYTES },
    squeeze: !options.has('v'),
    show: ({ offset, bytes }) => {
      if (!canonical) {
        const words: string[] = [];
        for (let at = 0; at < bytes.length; at += 2)
          words.push(((bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0)).toString(16).padStart(4, '0'));
        return `${`${address(offset)} ${words.join(' ')}`.padEnd(47)}\n`;
      }
      const numbers = [...bytes].map((it) => it.toString(16).padStart(2, '0'));
      const halves = `${numbers.slice(0, 8).join(' ').padEnd(23)}  ${numbers.slice(8).join(' ').padEnd(23)}`;
      return `${address(offset)}  ${halves}  |${ascii(bytes)}|\n`;
    },
    last: (offset) => (offset === skip ? '' : `${address(offset)}\n`),
  });
};

/** xxd -p -r -u -l LENGTH -s OFFSET -c COLUMNS -g GROUP. */
export const xxd: Command = async (self) => {
  const options = readOptions(self.argv.slice(1), { flags: 'pru', values: 'lscg' });
  if (options.kind === 'refused') return refuse(self, options.text);
  const plain = options.has('p');
  if (options.has('r')) return reverse(self, options.words, plain);
  const skip = sizeOption(options.value('s'), 0);
  const most = sizeOption(options.value('l'), Number.POSITIVE_INFINITY);
  const width = sizeOption(options.value('c'), plain ? 30 : ROW_BYTES);
  const group = sizeOption(options.value('g'), 2) || width;
  if (!(skip + most >= 0 && width >= 1 && width <= 256)) return refuse(self, 'invalid number');
  const hex = (bytes: Buffer): string =>
    options.has('u') ? bytes.toString('hex').toUpperCase() : bytes.toString('hex');
  const columns = 2 * width + Math.ceil(width / group);
  return dump(self, options.words, {
    extent: { skip, most, width },
    squeeze: false,
    show: ({ offset, bytes }) => {
      if (plain) return `${hex(bytes)}\n`;
      const groups: string[] = [];
      for (let at = 0; at < bytes.length; at += group) groups.push(`${hex(bytes.subarray(at, at + group))} `);
      return `${offset.toString(16).padStart(8, '0')}: ${groups.join('').padEnd(columns)} ${ascii(bytes)}\n`;
    },
    last: () => '',
  });
};

/** Bytes from what xxd wrote: offsets are passed over, as everything is in its place. */
async function reverse(self: Process, names: readonly string[], plain: boolean): Promise<number> {
  const sources = await inputs(self, names);
  if (sources === null) return 1;
  let rest = '';
  const bytesOf = (line: string): Buffer => {
    const shown = plain ? line : (/^[0-9a-fA-F]+: ?((?:[0-9a-fA-F]+ ?)*)/.exec(line)?.[1] ?? '');
    return Buffer.from(shown.replace(/[^0-9a-fA-F]/g, ''), 'hex');
  };
  for (const source of sources) {
    for (;;) {
      const bytes = await source.read(self.signal);
      await takeTurn();
      const lines = `${rest}${bytes?.toString('latin1') ?? '\n'}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (!(await print(self, bytesOf(line)))) return writeFailed(self);
      if (bytes === null) break;
      // A line of xxd is short.
      if (rest.length > 4096) return refuse(self, 'line too long');
    }
  }
  return 0;
}

import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Source } from './pipe';
import { type Command, complain, type Process, pathOf, print, readAll, writeFailed } from './process';
import { bytesOfText, rawByte } from './raw-bytes';

/** Commands that read and write text, as busybox's applets of the same names. All of them stream. */

const NEWLINE = 0x0a;
/** `tail` and `head -c` keep at most this much. */
const KEPT_BYTES = 8 * 1024 * 1024;
/** What `yes` writes at once. */
const BLOCK_BYTES = 4096;

export const echo: Command = async (self) => {
  const words = self.argv.slice(1);
  let newline = true;
  let escapes = false;
  while (/^-[neE]+$/.test(words[0] ?? '')) {
    const option = words.shift() ?? '';
    if (option.includes('n')) newline = false;
    if (option.includes('e')) escapes = true;
  }
  const text = words.join(' ') + (newline ? '\n' : '');
  const written = await print(self, escapes ? bytesOfText(expandEscapes(text)) : text);
  return written ? 0 : writeFailed(self);
};

export const printf: Command = async (self) => {
  const [, format, ...rest] = self.argv;
  if (format === undefined) {
    await complain(self, 'printf: usage: printf FORMAT [ARG]...');
    return 1;
  }
  let text = '';
  do text += formatted(format, rest);
  while (rest.length > 0 && /%[^%]/.test(format));
  return (await print(self, bytesOfText(text))) ? 0 : writeFailed(self);
};

export const cat: Command = (self) =>
  eachInput(self, self.argv.slice(1), async (source) => {
    for (;;) {
      const bytes = await source.read(self.signal);
      if (bytes === null) return 0;
      if (!(await self.stdout.write(bytes, self.signal))) return writeFailed(self);
    }
  });

export const tee: Command = async (self) => {
  const append = self.argv.includes('-a');
  const sinks = [self.stdout];
  let status = 0;
  for (const name of self.argv.slice(1).filter((it) => it !== '-a')) {
    const sink = self.container.files.sink(pathOf(self, name), append ? 'append' : 'truncate');
    if ('kind' in sink) {
      await complain(self, `tee: ${name}: ${sink.text}`);
      status = 1;
    } else sinks.push(sink);
  }
  for (;;) {
    const bytes = await self.stdin.read(self.signal);
    if (bytes === null) return status;
    const written = await Promise.all(sinks.map((sink) => sink.write(bytes, self.signal)));
    if (!written.some(Boolean)) return writeFailed(self);
  }
};

export const head: Command = async (self) => {
  const options = countOptions(self);
  if (options === null) return complainOf(self, 'head');
  return eachInput(self, options.names, async (source) => {
    let left = options.count;
    while (left > 0) {
      const bytes = await source.read(self.signal);
      if (bytes === null) break;
      const end = options.unit === 'bytes' ? Math.min(left, bytes.length) : endOfLine(bytes, left);
      left -= options.unit === 'bytes' ? end : newlines(bytes.subarray(0, end));
      if (!(await self.stdout.write(bytes.subarray(0, end), self.signal))) return writeFailed(self);
    }
    return 0;
  });
};

export const tail: Command = async (caller) => {
  const follows = caller.argv.slice(1).some((it) => /^-[fF]$/.test(it));
  const self = { ...caller, argv: caller.argv.filter((it) => !/^-[fF]$/.test(it)) };
  const options = countOptions(self);
  if (options === null) return complainOf(self, 'tail');
  return eachInput(self, options.names, async (source, name) => {
    if (options.fromStart) return skipThenCopy(self, source, options);
    const content = await readAll(source, self.signal, KEPT_BYTES);
    const from =
      options.unit === 'bytes' ? content.length - options.count : startOfTail(content, options.count);
    if (!(await print(self, content.subarray(Math.max(from, 0))))) return writeFailed(self);
    return follows && name !== '-' ? followFile(self, source, name) : 0;
  });
};

/** `tail -f`: what is added from now on, until it is killed. */
async function followFile(self: Process, source: Source, name: string): Promise<number> {
  while (!self.signal.aborted) {
    const changed = self.container.files.changed(pathOf(self, name), self.signal);
    for (let bytes = await source.read(self.signal); bytes !== null; bytes = await source.read(self.signal)) {
      if (!(await print(self, bytes))) return writeFailed(self);
    }
    await changed;
  }
  return 0;
}

/** `tail -c +N` and `tail -n +N`: everything from the Nth byte or line on, as it arrives. */
async function skipThenCopy(
  self: Process,
  source: Source,
  { count, unit }: { count: number; unit: 'lines' | 'bytes' },
): Promise<number> {
  let skip = Math.max(count - 1, 0);
  for (;;) {
    const bytes = await source.read(self.signal);
    if (bytes === null) return 0;
    const end = unit === 'bytes' ? Math.min(skip, bytes.length) : skip === 0 ? 0 : endOfLine(bytes, skip);
    skip -= unit === 'bytes' ? end : newlines(bytes.subarray(0, end));
    if (end < bytes.length && !(await print(self, bytes.subarray(end)))) return writeFailed(self);
  }
}

export const wc: Command = async (self) => {
  const flags = self.argv
    .slice(1)
    .filter((it) => /^-[lwc]+$/.test(it))
    .join('');
  const names = self.argv.slice(1).filter((it) => !/^-[lwc]+$/.test(it));
  return eachInput(self, names, async (source, name) => {
    const counted = { l: 0, w: 0, c: 0 };
    let inWord = false;
    for (;;) {
      const bytes = await source.read(self.signal);
      if (bytes === null) break;
      counted.c += bytes.length;
      for (const byte of bytes) {
        const blank = byte === 0x20 || (byte >= 0x09 && byte <= 0x0d);
        if (byte === NEWLINE) counted.l += 1;
        if (!blank && !inWord) counted.w += 1;
        inWord = !blank;
      }
    }
    const shown = (['l', 'w', 'c'] as const).filter((it) => flags === '' || flags.includes(it));
    const numbers = shown.map((it) =>
      shown.length > 1 ? String(counted[it]).padStart(9) : String(counted[it]),
    );
    await print(self, `${numbers.join(' ')}${name === '-' ? '' : ` ${name}`}\n`);
    return 0;
  });
};

export const md5sum: Command = (self) =>
  eachInput(self, self.argv.slice(1), async (source, name) => {
    const hash = createHash('md5');
    for (;;) {
      const bytes = await source.read(self.signal);
      if (bytes === null) break;
      hash.update(bytes);
    }
    await print(self, `${hash.digest('hex')}  ${name}\n`);
    return 0;
  });

export const yes: Command = async (self) => {
  const words = self.argv.slice(1);
  const line = `${words.length > 0 ? words.join(' ') : 'y'}\n`;
  const lines = Buffer.from(line.repeat(Math.ceil(BLOCK_BYTES / line.length)));
  while (await self.stdout.write(lines, self.signal)) await nextTurn();
  return writeFailed(self);
};

/** Runs `use` on every named file, `-` and no name at all being standard input; the status is the last failure's. */
async function eachInput(
  self: Process,
  names: readonly string[],
  use: (source: Source, name: string) => Promise<number>,
): Promise<number> {
  let status = 0;
  for (const name of names.length === 0 ? ['-'] : names) {
    const source = name === '-' ? self.stdin : openFile(self, name);
    if ('kind' in source) {
      await complain(self, `${self.argv[0]}: can't open '${name}': ${source.text}`);
      status = 1;
    } else status = (await use(source, name)) || status;
  }
  return status;
}

function openFile(self: Process, name: string): ReturnType<Process['container']['files']['source']> {
  const path = pathOf(self, name);
  if (self.container.files.kindOf(path) === 'directory')
    return { kind: 'file-problem', text: 'Is a directory' };
  return self.container.files.source(path);
}

/** `-n 3`, `-n3`, `-3`, `-c 10` and the names. */
function countOptions(
  self: Process,
): { count: number; unit: 'lines' | 'bytes'; fromStart: boolean; names: string[] } | null {
  const words = self.argv.slice(1);
  const names: string[] = [];
  let count = 10;
  let fromStart = false;
  let unit: 'lines' | 'bytes' = 'lines';
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const match = /^-(?:([nc])(\+?\d*)|(\d+))$/.exec(word);
    if (match === null) {
      if (word.startsWith('-') && word !== '-') return null;
      names.push(word);
      continue;
    }
    const digits = match[3] ?? (match[2] === '' ? words.shift() : match[2]);
    if (digits === undefined || !/^\+?\d+$/.test(digits)) return null;
    fromStart = digits.startsWith('+');
    count = Number(digits);
    unit = match[1] === 'c' ? 'bytes' : 'lines';
  }
  return { count, unit, fromStart, names };
}

async function complainOf(self: Process, name: string): Promise<number> {
  await complain(self, `${name}: invalid option or number in '${self.argv.slice(1).join(' ')}'`);
  return 1;
}

function newlines(bytes: Buffer): number {
  let count = 0;
  for (const byte of bytes) if (byte === NEWLINE) count += 1;
  return count;
}

/** Where the `count`th line of these bytes ends, or their end. */
function endOfLine(bytes: Buffer, count: number): number {
  let at = -1;
  for (let line = 0; line < count; line += 1) {
    at = bytes.indexOf(NEWLINE, at + 1);
    if (at < 0) return bytes.length;
  }
  return at + 1;
}

function startOfTail(content: Buffer, lines: number): number {
  if (lines === 0) return content.length;
  let at = content.at(-1) === NEWLINE ? content.length - 1 : content.length;
  for (let line = 0; line < lines; line += 1) {
    at = at <= 0 ? -1 : content.lastIndexOf(NEWLINE, at - 1);
    if (at < 0) return 0;
  }
  return at + 1;
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  a: '\x07',
  e: '\x1b',
  f: '\f',
  v: '\v',
  '\\': '\\',
};

function expandEscapes(text: string): string {
  return text.replace(/\\(?:0?([0-7]{1,3})|x([0-9a-fA-F]{1,2})|(.))/gs, (all, octal, hex, char) => {
    if (octal !== undefined) return rawByte(Number.parseInt(octal, 8) & 0xff);
    if (hex !== undefined) return rawByte(Number.parseInt(hex, 16));
    return ESCAPES[char] ?? all;
  });
}

/** Uses up the arguments it needs from the front of `rest`. */
function formatted(format: string, rest: string[]): string {
  return expandEscapes(format).replace(/%(-?)(0?)(\d*)([sdiuxXoc%b])/g, (_all, left, zero, width, kind) => {
    if (kind === '%') return '%';
    const argument = rest.shift() ?? '';
    const number = Number.parseInt(argument, 10) || 0;
    const shown = { x: number.toString(16), X: number.toString(16).toUpperCase(), o: number.toString(8) }[
      kind as string
    ];
    const text =
      shown ??
      (kind === 's'
        ? argument
        : kind === 'b'
          ? expandEscapes(argument)
          : kind === 'c'
            ? argument.slice(0, 1)
            : `${number}`);
    // A width is bounded: it is the one place where a few characters could ask for a lot of memory.
    const columns = Math.min(Number(width || 0), 4096);
    if (left === '-') return text.padEnd(columns);
    return text.padStart(columns, zero === '0' && kind !== 's' ? '0' : ' ');
  });
}

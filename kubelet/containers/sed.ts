import { isFileProblem } from './file-problem';
import { readOptions } from './options';
import { LineSource, type Source } from './pipe';
import { type Command, complain, openRead, openWrite, type Process, print, readAll } from './process';
import { type Expression, parseSedScript, type SedAddress, type SedCommand } from './sed-script';
import { takeTurn } from './turns';

/** sed -n -e -f -E -r -i[SUFFIX] -s, streaming but for what its script holds back. */
const LONGEST_SPACE = 1024 * 1024;
const LONGEST_SCRIPT = 1024 * 1024;
const MOST_EDITED_BYTES = 16 * 1024 * 1024;
const TOO_LONG = 'out of memory';

export const sed: Command = async (self) => {
  const { argv, inPlace } = takeInPlace(self.argv.slice(1));
  const options = readOptions(argv, {
    flags: 'nErsuz',
    values: 'ef',
    long: {
      ...{ quiet: 'n', silent: 'n', 'regexp-extended': 'E', expression: 'e', file: 'f' },
      ...{ separate: 's', posix: 's' },
    },
  });
  if (options.kind === 'refused') return refuse(self, options.text);
  const names = [...options.words];
  const parts = [...options.all('e')];
  for (const name of options.all('f')) {
    const file = openRead(self, name);
    if (isFileProblem(file)) return refuse(self, `${name}: ${file.text}`);
    parts.push((await readAll(file, self.signal, LONGEST_SCRIPT)).toString().replace(/\n$/, ''));
  }
  if (parts.length === 0) {
    const script = names.shift();
    if (script === undefined) return refuse(self, 'no script: sed [-i[SFX]] [-nE] [-e CMD]... [FILE]...');
    parts.push(script);
  }
  const script = parseSedScript(parts.join('\n'), { extended: options.has('E') || options.has('r') });
  if (script.kind === 'script-problem') return refuse(self, script.text);
  const quiet = options.has('n') || /^#n(?:\n|$)/.test(parts[0] ?? '');
  let status = 0;
  const files: { name: string; source: Source }[] = [];
  for (const name of names.length === 0 ? ['-'] : names) {
    const source = name === '-' ? self.stdin : openRead(self, name);
    if (!isFileProblem(source)) files.push({ name, source });
    else {
      await complain(self, `sed: ${name}: ${source.text}`);
      status = 1;
    }
  }
  const write = (text: string): Promise<boolean> => print(self, text);
  const groups = inPlace !== null || options.has('s') ? files.map((it) => [it]) : [files];
  for (const group of groups) {
    const edited: string[] = [];
    let size = 0;
    const collect = async (text: string): Promise<boolean> => {
      edited.push(text);
      size += text.length;
      return size <= MOST_EDITED_BYTES;
    };
    const run = new Run(self, script.commands, {
      quiet,
      write: inPlace === null ? write : collect,
      sources: group.map(({ source }) => source),
    });
    const outcome = await run.all();
    if (typeof outcome !== 'number') return refuse(self, outcome.problem);
    if (outcome !== 0) status = outcome;
    if (size > MOST_EDITED_BYTES) return refuse(self, TOO_LONG);
    const [{ name = '-' } = {}] = group;
    if (inPlace !== null && !self.signal.aborted) {
      const failed = await replaceFile(self, name, Buffer.from(edited.join('')), inPlace);
      if (failed !== null) return refuse(self, failed);
    }
    if (run.quits) break;
  }
  return status;
};

/** `-i`, `-i.bak`, `-ni`: the suffix is optional, and so always beside the letter. */
function takeInPlace(words: readonly string[]): { argv: string[]; inPlace: string | null } {
  const argv: string[] = [];
  let inPlace: string | null = null;
  let before = '';
  let ended = false;
  for (const word of words) {
    const found = /^-([nErsz]*)i(.*)$|^--in-place(?:=(.*))?$/s.exec(word);
    ended ||= word === '--';
    if (found === null || ended || /^-[nErsz]*[ef]$/.test(before)) argv.push(word);
    else {
      inPlace = found[2] ?? found[3] ?? '';
      if (found[1]) argv.push(`-${found[1]}`);
    }
    before = word;
  }
  return { argv, inPlace };
}

async function replaceFile(
  self: Process,
  name: string,
  bytes: Buffer,
  suffix: string,
): Promise<string | null> {
  if (suffix !== '') {
    const old = openRead(self, name);
    const kept = openWrite(
      self,
      suffix.includes('*') ? suffix.replace('*', name) : name + suffix,
      'truncate',
    );
    if (isFileProblem(old) || isFileProblem(kept))
      return `${name}: ${isFileProblem(kept) ? kept.text : 'No such file or directory'}`;
    await kept.write(await readAll(old, self.signal, MOST_EDITED_BYTES), self.signal);
    kept.end();
  }
  const file = openWrite(self, name, 'truncate');
  if (isFileProblem(file)) return `${name}: ${file.text}`;
  const written = await file.write(bytes, self.signal);
  file.end();
  return written ? null : `${name}: ${file.problem ?? 'write error'}`;
}

interface Line {
  readonly text: string;
  readonly newline: boolean;
}

/** One pass of the script over its input. */
class Run {
  quits = false;
  readonly #self: Process;
  readonly #commands: readonly SedCommand[];
  readonly #quiet: boolean;
  readonly #write: (text: string) => Promise<boolean>;
  readonly #sources: LineSource[];
  readonly #ranges = new Map<SedCommand, number>();
  #ahead: Line | null = null;
  #space = '';
  #newline = true;
  #hold = '';
  #number = 0;
  #appended: string[] = [];
  #last: Expression | null = null;
  #replaced = false;
  #problem: string | null = null;
  #writable = true;

  constructor(
    self: Process,
    commands: readonly SedCommand[],
    {
      quiet,
      write,
      sources,
    }: { quiet: boolean; write: (text: string) => Promise<boolean>; sources: readonly Source[] },
  ) {
    this.#self = self;
    this.#commands = commands;
    this.#quiet = quiet;
    this.#write = write;
    this.#sources = sources.map((it) => (it instanceof LineSource ? it : new LineSource(it)));
  }

  async all(): Promise<number | { problem: string }> {
    this.#ahead = await this.#read();
    let again = false;
    while (again || (await this.#next())) {
      again = false;
      const outcome = await this.#cycle();
      if (this.#problem !== null) return { problem: this.#problem };
      if (outcome === 'again') again = true;
      else if (outcome !== 'deleted' && !this.#quiet && outcome !== 'quit silently')
        await this.#show(this.#space);
      await this.#flush();
      if (this.#self.signal.aborted || !this.#writable) return 141;
      if (this.quits) return this.#code;
    }
    return 0;
  }

  #code = 0;

  async #read(): Promise<Line | null> {
    for (let source = this.#sources[0]; source !== undefined; source = this.#sources[0]) {
      const bytes = await source.readLine(this.#self.signal, LONGEST_SPACE);
      if (bytes !== null) {
        const text = bytes.toString();
        return text.endsWith('\n') ? { text: text.slice(0, -1), newline: true } : { text, newline: false };
      }
      this.#sources.shift();
    }
    return null;
  }

  /** One line is read ahead: `$` has to know. */
  async #next(join = false): Promise<boolean> {
    const line = this.#ahead;
    if (line === null || this.#self.signal.aborted) return false;
    await takeTurn();
    this.#ahead = await this.#read();
    this.#number += 1;
    this.#newline = line.newline;
    this.#setSpace(join ? `${this.#space}\n${line.text}` : line.text);
    return true;
  }

  #setSpace(text: string): void {
    if (text.length > LONGEST_SPACE) this.#problem = TOO_LONG;
    else this.#space = text;
  }

  async #put(text: string): Promise<void> {
    if (this.#writable) this.#writable = await this.#write(text);
  }

  /** With the newline that the line had: a last line without one stays so. */
  #show(text: string): Promise<void> {
    return this.#put(this.#newline || this.#ahead !== null ? `${text}\n` : text);
  }

  async #flush(): Promise<void> {
    const texts = this.#appended.splice(0);
    if (texts.length > 0 && !this.#newline && this.#ahead === null) await this.#put('\n');
    for (const text of texts) await this.#put(text);
  }

  async #cycle(): Promise<'done' | 'deleted' | 'again' | 'quit silently'> {
    this.#replaced = false;
    for (let at = 0; at < this.#commands.length; at += 1) {
      await takeTurn();
      if (this.#problem !== null || this.#self.signal.aborted) return 'deleted';
      const command = this.#commands[at];
      if (command === undefined) break;
      if (this.#selects(command) === command.negated) {
        if (command.name === '{') at = command.target - 1;
        continue;
      }
      switch (command.name) {
        case 's':
          await this.#substitute(command);
          break;
        case 'y':
          this.#space = [...this.#space].map((it) => command.translation?.get(it) ?? it).join('');
          break;
        case 'd':
          return 'deleted';
        case 'D': {
          const end = this.#space.indexOf('\n');
          if (end < 0) return 'deleted';
          this.#space = this.#space.slice(end + 1);
          return 'again';
        }
        case 'p':
          await this.#show(this.#space);
          break;
        case 'P':
          await this.#put(`${this.#space.split('\n', 1)[0] ?? ''}\n`);
          break;
        case '=':
          await this.#put(`${this.#number}\n`);
          break;
        case 'i':
          await this.#put(command.text);
          break;
        case 'a':
          this.#appended.push(command.text);
          break;
        case 'c':
          if (command.to === null || command.negated || !this.#ranges.has(command))
            await this.#put(command.text);
          return 'deleted';
        case 'n':
          if (this.#ahead === null) {
            this.quits = true;
            return 'done';
          }
          if (!this.#quiet) await this.#show(this.#space);
          await this.#flush();
          await this.#next();
          break;
        case 'N':
          // Without a next line GNU and busybox print what there is.
          if (this.#ahead === null) {
            this.quits = true;
            return 'done';
          }
          await this.#flush();
          await this.#next(true);
          break;
        case 'h':
          this.#hold = this.#space;
          break;
        case 'H':
          this.#hold = `${this.#hold}\n${this.#space}`;
          if (this.#hold.length > LONGEST_SPACE) this.#problem = TOO_LONG;
          break;
        case 'g':
          this.#space = this.#hold;
          break;
        case 'G':
          this.#setSpace(`${this.#space}\n${this.#hold}`);
          break;
        case 'x':
          [this.#space, this.#hold] = [this.#hold, this.#space];
          break;
        case 'b':
          at = command.target - 1;
          break;
        case 't':
        case 'T':
          if (this.#replaced === (command.name === 't')) at = command.target - 1;
          this.#replaced = false;
          break;
        case 'q':
        case 'Q':
          this.quits = true;
          this.#code = command.code;
          return command.name === 'q' ? 'done' : 'quit silently';
      }
    }
    return 'done';
  }

  #selects(command: SedCommand): boolean {
    const { from, to } = command;
    if (from === null) return true;
    if (to === null) return this.#isAt(from);
    const end = this.#ranges.get(command);
    if (end !== undefined) {
      const ends = to.kind === 'match' || to.kind === 'last' ? this.#isAt(to) : this.#number >= end;
      if (ends) this.#ranges.delete(command);
      // A line number that is past already ends the range without this line.
      return !(to.kind === 'line' && this.#number > end);
    }
    // `0,/re/`: the second may match the first line too.
    const isZero = from.kind === 'line' && from.number === 0;
    if (isZero && this.#number === 1 && to.kind === 'match') {
      if (!this.#isAt(to)) this.#ranges.set(command, Number.POSITIVE_INFINITY);
      return true;
    }
    if (!this.#isAt(from)) return false;
    const last =
      to.kind === 'line'
        ? to.number
        : to.kind === 'more'
          ? this.#number + to.count
          : to.kind === 'step'
            ? this.#number + ((to.step - (this.#number % to.step)) % to.step)
            : Number.POSITIVE_INFINITY;
    if (last > this.#number && !(to.kind === 'last' && this.#ahead === null)) this.#ranges.set(command, last);
    return true;
  }

  #isAt(address: SedAddress): boolean {
    switch (address.kind) {
      case 'line':
        return this.#number === address.number;
      case 'step':
        return address.step === 0
          ? this.#number === address.first
          : this.#number >= address.first && (this.#number - address.first) % address.step === 0;
      case 'last':
        return this.#ahead === null;
      case 'match':
        return this.#find(address.expression, 0) !== null;
      case 'more':
        return false;
    }
  }

  #find(expression: Expression | null, from: number): { start: number; end: number } | null {
    const used = expression ?? this.#last;
    if (used === null) {
      this.#problem = 'no previous regexp';
      return null;
    }
    this.#last = used;
    const match = used.find(this.#space, from);
    if (match !== 'too long') return match;
    this.#problem = TOO_LONG;
    return null;
  }

  async #substitute({ substitution }: SedCommand): Promise<void> {
    if (substitution === null) return;
    const { replacement, nth, global, print } = substitution;
    const text = this.#space;
    const parts: string[] = [];
    let size = 0;
    const add = (part: string): void => {
      parts.push(part);
      size += part.length;
    };
    let [from, kept, count, done] = [0, 0, 0, false];
    while (from <= text.length && size <= LONGEST_SPACE) {
      await takeTurn();
      const match = this.#find(substitution.expression, from);
      if (match === null) break;
      // An empty match right behind the one before is none.
      const counts = match.end > match.start || match.start !== kept || count === 0;
      if (counts) count += 1;
      if (counts && count >= nth) {
        add(text.slice(kept, match.start));
        const needed = replacement.some((it) => typeof it === 'number' && it > 0);
        const groups = needed ? (this.#last?.groupsOf(text, match) ?? []) : [];
        for (const part of replacement) {
          if (typeof part === 'string') add(part);
          else add(part === 0 ? text.slice(match.start, match.end) : (groups[part - 1] ?? ''));
        }
        kept = match.end;
        done = true;
        if (!global) break;
      } else if (counts) {
        add(text.slice(kept, match.end));
        kept = match.end;
      }
      from = match.end > match.start ? match.end : match.end + 1;
    }
    if (!done || this.#problem !== null) return;
    this.#replaced = true;
    add(text.slice(kept));
    if (size > LONGEST_SPACE) this.#problem = TOO_LONG;
    else this.#space = parts.join('');
    if (print) await this.#show(this.#space);
  }
}

async function refuse(self: Process, text: string): Promise<number> {
  await complain(self, `sed: ${text}`);
  return 1;
}

import { type CompiledExpression, compileExpression } from './regular-expression';

/** What a sed script says (POSIX.1-2017, sed), with the extensions that busybox and GNU share. Pure. */
export type Expression = Extract<CompiledExpression, { kind: 'expression' }>;

export type SedAddress =
  | { readonly kind: 'line'; readonly number: number }
  /** `first~step`: GNU's. */
  | { readonly kind: 'step'; readonly first: number; readonly step: number }
  | { readonly kind: 'last' }
  /** Null: the one that was used last. */
  | { readonly kind: 'match'; readonly expression: Expression | null }
  /** `+N` as the second: so many lines more. */
  | { readonly kind: 'more'; readonly count: number };

export interface SedSubstitution {
  readonly expression: Expression | null;
  /** Texts, and numbers of groups; 0 is the whole match. */
  readonly replacement: readonly (string | number)[];
  readonly global: boolean;
  readonly nth: number;
  readonly print: boolean;
}

export interface SedCommand {
  readonly from: SedAddress | null;
  readonly to: SedAddress | null;
  readonly negated: boolean;
  readonly name: string;
  /** The text of a, i and c; the label of b, t and `:`. */
  readonly text: string;
  readonly code: number;
  readonly substitution: SedSubstitution | null;
  readonly translation: ReadonlyMap<string, string> | null;
  /** Where a block ends, or where a branch goes: an index of the script. */
  target: number;
}

export type SedScript =
  | { readonly kind: 'script'; readonly commands: readonly SedCommand[] }
  | { readonly kind: 'script-problem'; readonly text: string };

class Problem {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export function parseSedScript(source: string, { extended }: { extended: boolean }): SedScript {
  try {
    return { kind: 'script', commands: new Reader(source, extended).all() };
  } catch (problem) {
    if (problem instanceof Problem) return { kind: 'script-problem', text: problem.text };
    throw problem;
  }
}

class Reader {
  readonly #source: string;
  readonly #extended: boolean;
  readonly #commands: SedCommand[] = [];
  #at = 0;

  constructor(source: string, extended: boolean) {
    this.#source = source;
    this.#extended = extended;
  }

  all(): SedCommand[] {
    const open: SedCommand[] = [];
    for (;;) {
      this.#skip(/[\s;]*(?:#[^\n]*[\s;]*)*/y);
      if (this.#at >= this.#source.length) break;
      const command = this.#command();
      this.#commands.push(command);
      if (command.name === '{') open.push(command);
      if (command.name === '}') {
        const block = open.pop();
        if (block === undefined) throw new Problem("unexpected '}'");
        block.target = this.#commands.length;
      }
    }
    if (open.length > 0) throw new Problem('unterminated {');
    this.#resolveLabels();
    return this.#commands;
  }

  #resolveLabels(): void {
    for (const command of this.#commands.filter(({ name }) => /^[btT]$/.test(name))) {
      const label = this.#commands.findIndex((it) => it.name === ':' && it.text === command.text);
      if (command.text !== '' && label < 0)
        throw new Problem(`can't find label for jump to '${command.text}'`);
      command.target = command.text === '' ? this.#commands.length : label;
    }
  }

  #skip(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #command(): SedCommand {
    const from = this.#address();
    let to: SedAddress | null = null;
    this.#skip(/[ \t]*/y);
    if (from !== null && this.#source.charAt(this.#at) === ',') {
      this.#at += 1;
      this.#skip(/[ \t]*/y);
      to = this.#address();
      if (to === null) throw new Problem('no address after comma');
    }
    const negated = this.#skip(/[ \t]*(?:![ \t!]*)?/y).includes('!');
    const name = this.#source.charAt(this.#at);
    this.#at += 1;
    if (name === '') throw new Problem('missing command');
    const plain = { from, to, negated, name, text: '', code: 0, substitution: null, translation: null };
    const command: SedCommand = { ...plain, target: 0 };
    switch (name) {
      case '{':
        return command;
      case 's':
        return this.#ended({ ...command, substitution: this.#substitution() });
      case 'y':
        return this.#ended({ ...command, translation: this.#translation() });
      case 'a':
      case 'i':
      case 'c':
        return { ...command, text: this.#text() };
      case ':':
      case 'b':
      case 't':
      case 'T': {
        if (name === ':' && from !== null) throw new Problem(": doesn't want any addresses");
        const text = this.#skip(name === ':' ? /[^\n;]*/y : /[^\n;}]*/y).trim();
        return { ...command, text };
      }
      case 'q':
      case 'Q':
        return this.#ended({ ...command, code: Number(this.#skip(/[ \t]*\d*/y).trim() || 0) & 0xff });
      default:
        if (!'}=dDgGhHnNpPx'.includes(name)) throw new Problem(`unsupported command ${name}`);
        return this.#ended(command);
    }
  }

  #ended(command: SedCommand): SedCommand {
    this.#skip(/[ \t]*/y);
    if (this.#at < this.#source.length && !/[\n;}#]/.test(this.#source.charAt(this.#at)))
      throw new Problem('extra characters after command');
    return command;
  }

  #address(): SedAddress | null {
    const number = this.#skip(/\d+(?:~\d+)?/y);
    if (number !== '') {
      const [first = '0', step] = number.split('~');
      if (step === undefined) return { kind: 'line', number: Number(first) };
      return { kind: 'step', first: Number(first), step: Number(step) };
    }
    const more = this.#skip(/\+\d+/y);
    if (more !== '') return { kind: 'more', count: Number(more) };
    const char = this.#source.charAt(this.#at);
    if (char === '$') {
      this.#at += 1;
      return { kind: 'last' };
    }
    if (char !== '/' && char !== '\\') return null;
    this.#at += char === '/' ? 1 : 2;
    const pattern = this.#until(this.#source.charAt(this.#at - 1), true);
    const ignoreCase = this.#skip(/I?/y) === 'I';
    return { kind: 'match', expression: this.#compile(pattern, ignoreCase) };
  }

  #compile(pattern: string, ignoreCase: boolean): Expression | null {
    if (pattern === '') return null;
    const compiled = compileExpression(pattern, { extended: this.#extended, ignoreCase });
    if (compiled.kind === 'expression-problem') throw new Problem(`bad regex '${pattern}': ${compiled.text}`);
    return compiled;
  }

  /** Up to the delimiter, which a backslash makes stand for itself; in a pattern not within brackets. */
  #until(delimiter: string, isPattern: boolean): string {
    let text = '';
    let inBracket = 0;
    for (; this.#at < this.#source.length; this.#at += 1) {
      const char = this.#source.charAt(this.#at);
      const next = this.#source.charAt(this.#at + 1);
      if (inBracket > 0) {
        // What stands first in brackets may be the one that ends them.
        if (char === ']' && this.#at > inBracket) inBracket = 0;
      } else if (char === delimiter) {
        this.#at += 1;
        return text;
      } else if (isPattern && char === '[') {
        inBracket = this.#at + (next === '^' ? 2 : 1);
      }
      if (char === '\\' && (inBracket === 0 || next === 'n' || next === 't')) {
        this.#at += 1;
        if (next === 'n') text += '\n';
        else if (next === 't') text += '\t';
        else text += next === delimiter ? next : `\\${next}`;
      } else text += char;
    }
    throw new Problem(`unmatched '${delimiter}'`);
  }

  #substitution(): SedSubstitution {
    const delimiter = this.#source.charAt(this.#at);
    if (delimiter === '' || delimiter === '\n' || delimiter === '\\')
      throw new Problem('bad format in substitution expression');
    this.#at += 1;
    const pattern = this.#until(delimiter, true);
    const replacement = this.#replacement(delimiter);
    const flags = this.#skip(/[gpiI\d]*/y);
    if (/[a-zA-Z]/.test(this.#source.charAt(this.#at)))
      throw new Problem('bad option in substitution expression');
    const expression = this.#compile(pattern, /i/i.test(flags));
    const most = Math.max(0, ...replacement.filter((it) => typeof it === 'number'));
    if (expression !== null && most > expression.groups)
      throw new Problem(`invalid reference \\${most} on s command's RHS`);
    const nth = Number(/\d+/.exec(flags)?.[0] ?? 1);
    if (nth === 0) throw new Problem('bad option in substitution expression');
    return { expression, replacement, global: flags.includes('g'), nth, print: flags.includes('p') };
  }

  #replacement(delimiter: string): (string | number)[] {
    const parts: (string | number)[] = [''];
    const add = (text: string): void => {
      const last = parts.at(-1);
      if (typeof last === 'string') parts[parts.length - 1] = last + text;
      else parts.push(text);
    };
    for (; this.#at < this.#source.length; this.#at += 1) {
      const char = this.#source.charAt(this.#at);
      if (char === delimiter) {
        this.#at += 1;
        return parts;
      }
      if (char === '&') parts.push(0);
      else if (char === '\\') {
        this.#at += 1;
        const next = this.#source.charAt(this.#at);
        if (/\d/.test(next) && next !== delimiter) parts.push(Number(next));
        else add({ n: '\n', t: '\t' }[next] ?? next);
      } else add(char);
    }
    throw new Problem(`unmatched '${delimiter}'`);
  }

  #translation(): ReadonlyMap<string, string> {
    const delimiter = this.#source.charAt(this.#at);
    this.#at += 1;
    const [from, to] = [this.#until(delimiter, false), this.#until(delimiter, false)].map((it) => [
      ...it.replace(/\\\\/g, '\\'),
    ]);
    if (from === undefined || to === undefined || from.length !== to.length)
      throw new Problem("strings for 'y' command are different lengths");
    return new Map(from.map((char, index) => [char, to[index] ?? char]).reverse() as [string, string][]);
  }

  /** `a\` and the text on the next line, or the text beside the command; a backslash continues it on another line. */
  #text(): string {
    this.#skip(/[ \t]*(?:\\[ \t]*\n?)?[ \t]*/y);
    let text = '';
    for (; this.#at < this.#source.length; this.#at += 1) {
      const char = this.#source.charAt(this.#at);
      if (char === '\n') break;
      if (char === '\\') {
        this.#at += 1;
        const next = this.#source.charAt(this.#at);
        text += { t: '\t' }[next] ?? next;
      } else text += char;
    }
    if (text === '') throw new Problem('expected \\ after a, c or i');
    return `${text}\n`;
  }
}

import type { List, ParameterOperator, Word, WordPart } from './shell-tree';

/**
 * Characters of a script → words, with everything that is expanded in them. Quoting as POSIX 2.2 has it, expansions as 2.6;
 * messages as busybox ash words them.
 */

/** The text ends where something is still open: a shell at a terminal asks for another line. */
export class Incomplete {
  readonly text: string;
  /** The line that a here-document waits for. */
  readonly delimiter: string | null;

  constructor(text: string, delimiter: string | null = null) {
    this.text = text;
    this.delimiter = delimiter;
  }
}

export class SyntaxProblem {
  readonly text: string;

  constructor(text: string) {
    this.text = `syntax error: ${text}`;
  }
}

export const UNTERMINATED = 'syntax error: unterminated quoted string';
/** Scripts nest no deeper, so that nobody overflows the stack of the process that all pods share. */
const DEEPEST = 60;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const PLAIN = /[^\s;|&()<>'"\\$`]+/y;
const LENGTH_OF = /^#(?:[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[?$#@*!-])\}/;
const PARAMETER_NAME = /[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[?$#@*!-]/y;

export class Scanner {
  readonly text: string;
  at = 0;
  depth = 0;
  /** Parses the commands inside `$(…)`, up to its closing parenthesis. */
  readonly #commands: (scanner: Scanner) => List;

  constructor(text: string, commands: (scanner: Scanner) => List) {
    this.text = text;
    this.#commands = commands;
  }

  get char(): string {
    return this.text.charAt(this.at);
  }

  /** What the sticky pattern matches here, taken; null when it does not match. */
  take(pattern: RegExp): string | null {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.text)?.[0] ?? null;
    if (match !== null) this.at += match.length;
    return match;
  }

  deeper<T>(read: () => T): T {
    this.depth += 1;
    if (this.depth > DEEPEST) throw new SyntaxProblem('nested too deeply');
    const value = read();
    this.depth -= 1;
    return value;
  }

  /** An unquoted word; empty when none begins here. */
  word(): Word {
    const parts: WordPart[] = [];
    while (this.at < this.text.length && !/[ \t\r\n;|&()<>]/.test(this.char)) this.#unquoted(parts, PLAIN);
    return parts;
  }

  #unquoted(parts: WordPart[], plain: RegExp): void {
    switch (this.char) {
      case "'": {
        const end = this.text.indexOf("'", this.at + 1);
        if (end < 0) throw new Incomplete(UNTERMINATED);
        parts.push({ kind: 'text', text: this.text.slice(this.at + 1, end), quoted: true });
        this.at = end + 1;
        return;
      }
      case '"':
        this.at += 1;
        this.#doubleQuoted(parts, '"');
        this.at += 1;
        return;
      case '\\':
        if (this.at + 1 >= this.text.length) throw new Incomplete(UNTERMINATED);
        this.at += 2;
        if (this.text.charAt(this.at - 1) !== '\n') {
          parts.push({ kind: 'text', text: this.text.charAt(this.at - 1), quoted: true });
        }
        return;
      case '$':
        this.#dollar(parts, false);
        return;
      case '`':
        this.#backquoted(parts, false);
        return;
      default: {
        const text = this.take(plain) ?? this.char;
        if (plain.lastIndex === 0) this.at += 1;
        parts.push({ kind: 'text', text, quoted: false });
      }
    }
  }

  /**
   * Up to what closes it; inside, a backslash escapes only what would be special there (POSIX 2.2.3). `end` is '' for
   * the body of a here-document, where a double quote is an ordinary character.
   */
  #doubleQuoted(parts: WordPart[], end: '"' | '}' | ''): void {
    let literal = '';
    const before = parts.length;
    const flush = (force: boolean): void => {
      if (literal !== '' || force) parts.push({ kind: 'text', text: literal, quoted: true });
      literal = '';
    };
    const escapable = end === '' ? /[$`\\\n]/ : end === '}' ? /[$`"\\\n}]/ : /[$`"\\\n]/;
    for (;;) {
      const { char } = this;
      if (char === '' && end !== '') throw new Incomplete(UNTERMINATED);
      if (char === end) break;
      const next = this.text.charAt(this.at + 1);
      if (char === '\\' && next !== '' && escapable.test(next)) {
        if (next !== '\n') literal += next;
        this.at += 2;
      } else if (char === '$' || char === '`') {
        flush(false);
        if (char === '$') this.#dollar(parts, true);
        else this.#backquoted(parts, true);
      } else if (char === '"' && end === '}') {
        // "${x-"y"}": the inner quotes only go away.
        this.at += 1;
      } else {
        literal += char;
        this.at += 1;
      }
    }
    // "" is a field, "$@" without parameters is none.
    flush(end === '"' && parts.length === before);
  }

  hereDocument(): Word {
    const parts: WordPart[] = [];
    this.#doubleQuoted(parts, '');
    return parts;
  }

  #dollar(parts: WordPart[], quoted: boolean): void {
    this.at += 1;
    if (this.text.startsWith('((', this.at) && this.#arithmetic(parts, quoted)) return;
    if (this.char === '(') {
      this.at += 1;
      const commands = this.deeper(() => this.#commands(this));
      this.at += 1;
      parts.push({ kind: 'command', commands, quoted });
      return;
    }
    if (this.char === '{') {
      this.at += 1;
      parts.push(this.deeper(() => this.#braced(quoted)));
      return;
    }
    const name = /[0-9]/.test(this.char) ? this.take(/[0-9]/y) : this.take(PARAMETER_NAME);
    if (name === null) parts.push({ kind: 'text', text: '$', quoted: true });
    else parts.push(parameter(name, quoted));
  }

  #braced(quoted: boolean): WordPart {
    if (this.text.startsWith('#}', this.at)) {
      this.at += 2;
      return parameter('#', quoted);
    }
    const isLength = this.char === '#' && LENGTH_OF.test(this.text.slice(this.at, this.at + 256));
    if (isLength) this.at += 1;
    const name = this.take(PARAMETER_NAME);
    if (this.at >= this.text.length) throw new Incomplete("syntax error: missing '}'");
    if (name === null) throw new SyntaxProblem('bad substitution');
    const operator = this.char === '}' ? null : this.take(/:?[-=?+]|##?|%%?/y);
    if (operator === null || isLength) {
      if (this.char !== '}' || (operator !== null && isLength)) throw new SyntaxProblem('bad substitution');
      this.at += 1;
      return { ...parameter(name, quoted), length: isLength };
    }
    const bare = operator.replace(':', '') as ParameterOperator;
    const isPattern = /[#%]/.test(bare);
    const word: WordPart[] = [];
    // In a pattern quotes quote again, even inside double quotes (POSIX 2.6.2).
    if (quoted && !isPattern) this.#doubleQuoted(word, '}');
    else {
      while (this.char !== '}') {
        if (this.char === '') throw new Incomplete("syntax error: missing '}'");
        this.#unquoted(word, /[^}'"\\$`]+/y);
      }
    }
    this.at += 1;
    return {
      kind: 'parameter',
      name,
      length: false,
      operator: bare,
      colon: operator.startsWith(':'),
      word,
      quoted,
    };
  }

  /** False, and nothing taken, when `$((` turns out to begin a command substitution with a subshell in it. */
  #arithmetic(parts: WordPart[], quoted: boolean): boolean {
    const start = this.at;
    this.at += 2;
    const expression: WordPart[] = [];
    let open = 0;
    let literal = '';
    for (;;) {
      const { char } = this;
      if (char === '') throw new Incomplete(UNTERMINATED);
      if (char === ')' && open === 0) break;
      if (char === '$' || char === '`') {
        expression.push({ kind: 'text', text: literal, quoted: true });
        literal = '';
        if (char === '$') this.deeper(() => this.#dollar(expression, true));
        else this.#backquoted(expression, true);
        continue;
      }
      if (char === '(') open += 1;
      if (char === ')') open -= 1;
      if (char !== '"') literal += char;
      this.at += 1;
    }
    if (this.text.charAt(this.at + 1) !== ')') {
      if (this.at + 1 >= this.text.length) throw new Incomplete(UNTERMINATED);
      this.at = start;
      return false;
    }
    expression.push({ kind: 'text', text: literal, quoted: true });
    this.at += 2;
    parts.push({ kind: 'arithmetic', expression, quoted });
    return true;
  }

  #backquoted(parts: WordPart[], quoted: boolean): void {
    let script = '';
    let at = this.at + 1;
    for (;;) {
      const char = this.text.charAt(at);
      if (char === '') throw new Incomplete(UNTERMINATED);
      if (char === '`') break;
      const next = this.text.charAt(at + 1);
      const escaped = char === '\\' && (/[$`\\]/.test(next) || (quoted && next === '"'));
      script += escaped ? next : char;
      at += escaped ? 2 : 1;
    }
    this.at = at + 1;
    const inner = new Scanner(`${script}\n)`, this.#commands);
    inner.depth = this.depth;
    const commands = inner.deeper(() => this.#commands(inner));
    parts.push({ kind: 'command', commands, quoted });
  }
}

function parameter(name: string, quoted: boolean): Extract<WordPart, { kind: 'parameter' }> {
  return { kind: 'parameter', name, length: false, operator: null, colon: false, word: [], quoted };
}

/** The name of an assignment that the word is, and its value. */
export function assignmentOf(word: Word): { name: string; value: Word } | null {
  const [first, ...others] = word;
  if (first?.kind !== 'text' || first.quoted) return null;
  NAME.lastIndex = 0;
  const name = NAME.exec(first.text)?.[0];
  if (name === undefined || first.text.charAt(name.length) !== '=') return null;
  const rest = first.text.slice(name.length + 1);
  return { name, value: rest === '' ? others : [{ ...first, text: rest }, ...others] };
}

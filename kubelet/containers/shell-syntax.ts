/**
 * The grammar of the containers' shell: the part of POSIX sh that people type into a pod. Simple commands with
 * assignments, quotes, variables and redirections, joined by `|`, `&&`, `||`, `;` and newlines. Text in, tree out.
 * Source: POSIX.1-2017, Shell Command Language; messages as busybox ash words them.
 */
export type WordPart =
  | { readonly kind: 'text'; readonly text: string; readonly quoted: boolean }
  | {
      readonly kind: 'variable';
      readonly name: string;
      readonly otherwise: string | null;
      readonly quoted: boolean;
    };
export type Word = readonly WordPart[];

export type Redirection =
  | {
      readonly kind: 'file';
      readonly fd: number;
      readonly mode: 'read' | 'truncate' | 'append';
      readonly path: Word;
    }
  | { readonly kind: 'duplicate'; readonly fd: number; readonly of: Word };

export interface SimpleCommand {
  readonly assignments: readonly { readonly name: string; readonly value: Word }[];
  readonly words: readonly Word[];
  readonly redirections: readonly Redirection[];
}

export interface Step {
  /** What joins this pipeline to the one before it. */
  readonly after: ';' | '&&' | '||';
  readonly negated: boolean;
  readonly commands: readonly SimpleCommand[];
}

export type ParsedShell =
  | { readonly kind: 'script'; readonly steps: readonly Step[] }
  /** A quote or an operator is waiting for its other half: a shell at a terminal asks for another line. */
  | { readonly kind: 'incomplete' }
  | { readonly kind: 'syntax-error'; readonly text: string };

type Token =
  | { readonly kind: 'word'; readonly word: Word; readonly raw: string }
  | { readonly kind: 'operator'; readonly text: string }
  | { readonly kind: 'redirect'; readonly fd: number | null; readonly text: string };

const OPERATORS = ['&&', '||', ';;', ';', '|', '&', '(', ')', '\n'];
const UNQUOTED_END = /[\s;|&()<>]/;
const VARIABLE = /^(?:[A-Za-z_][A-Za-z0-9_]*|[0-9?$#@*!])/;
const ASSIGNMENT = /^([A-Za-z_][A-Za-z0-9_]*)=/;

export function parseShell(text: string): ParsedShell {
  const tokens = tokenize(text);
  if ('kind' in tokens) return tokens;
  return new Parser(tokens).script();
}

class SyntaxProblem extends Error {}
class Incomplete extends Error {}

function tokenize(text: string): Token[] | Exclude<ParsedShell, { kind: 'script' }> {
  const tokens: Token[] = [];
  let at = 0;
  try {
    while (at < text.length) {
      const rest = text.slice(at);
      const blank = /^(?:[ \t\r]|\\\n)+|^#[^\n]*/.exec(rest)?.[0];
      const redirect = /^(\d?)(>>|>&|<&|<<|<>|>\||>|<)/.exec(rest);
      const operator = OPERATORS.find((it) => rest.startsWith(it));
      if (blank !== undefined) at += blank.length;
      else if (redirect !== null) {
        const fd = redirect[1] === undefined || redirect[1] === '' ? null : Number(redirect[1]);
        tokens.push({ kind: 'redirect', fd, text: redirect[2] ?? '' });
        at += redirect[0].length;
      } else if (operator !== undefined) {
        tokens.push({ kind: 'operator', text: operator });
        at += operator.length;
      } else {
        const word = readWord(text, at);
        tokens.push({ kind: 'word', word: word.parts, raw: text.slice(at, word.end) });
        at = word.end;
      }
    }
  } catch (problem) {
    return asResult(problem);
  }
  return tokens;
}

function asResult(problem: unknown): Exclude<ParsedShell, { kind: 'script' }> {
  if (problem instanceof Incomplete) return { kind: 'incomplete' };
  if (problem instanceof SyntaxProblem) return { kind: 'syntax-error', text: problem.message };
  throw problem;
}

function readWord(text: string, start: number): { parts: WordPart[]; end: number } {
  const parts: WordPart[] = [];
  let at = start;
  while (at < text.length && !UNQUOTED_END.test(text.charAt(at))) {
    const char = text.charAt(at);
    if (char === "'") {
      const end = text.indexOf("'", at + 1);
      if (end < 0) throw new Incomplete();
      parts.push({ kind: 'text', text: text.slice(at + 1, end), quoted: true });
      at = end + 1;
    } else if (char === '"') {
      at = readDoubleQuoted(text, at + 1, parts);
    } else if (char === '\\') {
      if (at + 1 >= text.length) throw new Incomplete();
      if (text.charAt(at + 1) !== '\n') parts.push({ kind: 'text', text: text.charAt(at + 1), quoted: true });
      at += 2;
    } else if (char === '$' || char === '`') {
      at = readVariable(text, at, false, parts);
    } else {
      const end = text.slice(at).search(/[\s;|&()<>'"\\$`]/);
      const next = end < 0 ? text.length : at + end;
      parts.push({ kind: 'text', text: text.slice(at, next), quoted: false });
      at = next;
    }
  }
  return { parts, end: at };
}

/** Reads up to the closing quote; inside, a backslash escapes only what would be special there (POSIX 2.2.3). */
function readDoubleQuoted(text: string, start: number, parts: WordPart[]): number {
  let at = start;
  let literal = '';
  for (;;) {
    const char = text.charAt(at);
    if (char === '') throw new Incomplete();
    if (char === '"') break;
    if (char === '\\' && /[$`"\\\n]/.test(text.charAt(at + 1))) {
      if (text.charAt(at + 1) !== '\n') literal += text.charAt(at + 1);
      at += 2;
    } else if (char === '$' || char === '`') {
      parts.push({ kind: 'text', text: literal, quoted: true });
      literal = '';
      at = readVariable(text, at, true, parts);
    } else {
      literal += char;
      at += 1;
    }
  }
  parts.push({ kind: 'text', text: literal, quoted: true });
  return at + 1;
}

function readVariable(text: string, at: number, quoted: boolean, parts: WordPart[]): number {
  const rest = text.slice(at + 1);
  if (text.charAt(at) === '`' || rest.startsWith('(')) {
    throw new SyntaxProblem('syntax error: command substitution is not part of this shell');
  }
  if (rest.startsWith('{')) {
    const end = rest.indexOf('}');
    if (end < 0) throw new Incomplete();
    const match = /^([A-Za-z_][A-Za-z0-9_]*|[0-9?$#@*])(?::-(.*))?$/s.exec(rest.slice(1, end));
    if (match === null) throw new SyntaxProblem('syntax error: bad substitution');
    parts.push({ kind: 'variable', name: match[1] ?? '', otherwise: match[2] ?? null, quoted });
    return at + end + 2;
  }
  const name = VARIABLE.exec(rest)?.[0];
  if (name === undefined) parts.push({ kind: 'text', text: '$', quoted: true });
  else parts.push({ kind: 'variable', name, otherwise: null, quoted });
  return at + 1 + (name?.length ?? 0);
}

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  script(): ParsedShell {
    const steps: Step[] = [];
    let after: Step['after'] = ';';
    try {
      for (;;) {
        this.#skipNewlines();
        if (this.#peek() === undefined) {
          if (after !== ';') throw new Incomplete();
          return { kind: 'script', steps };
        }
        steps.push(this.#pipeline(after));
        const joint = this.#peek();
        if (joint === undefined) return { kind: 'script', steps };
        after = this.#joint(joint);
      }
    } catch (problem) {
      return asResult(problem);
    }
  }

  #joint(token: Token): Step['after'] {
    if (token.kind === 'operator') {
      this.#at += 1;
      if (token.text === '&&' || token.text === '||') return token.text;
      if (token.text === ';' || token.text === '\n') return ';';
    }
    throw unexpected(token);
  }

  #pipeline(after: Step['after']): Step {
    const first = this.#peek();
    const negated = first?.kind === 'word' && first.raw === '!';
    if (negated) this.#at += 1;
    const commands = [this.#command()];
    for (;;) {
      const token = this.#peek();
      if (token?.kind !== 'operator' || token.text !== '|') return { after, negated, commands };
      this.#at += 1;
      this.#skipNewlines();
      commands.push(this.#command());
    }
  }

  #command(): SimpleCommand {
    const assignments: { name: string; value: Word }[] = [];
    const words: Word[] = [];
    const redirections: Redirection[] = [];
    for (;;) {
      const token = this.#peek();
      if (token === undefined || token.kind === 'operator') {
        if (assignments.length + words.length + redirections.length > 0)
          return { assignments, words, redirections };
        if (token === undefined) throw new Incomplete();
        throw unexpected(token);
      }
      this.#at += 1;
      if (token.kind === 'redirect') redirections.push(this.#redirection(token));
      else {
        const assignment = words.length === 0 ? assignmentOf(token.word) : null;
        if (assignment === null) words.push(token.word);
        else assignments.push(assignment);
      }
    }
  }

  #redirection({ fd, text }: { fd: number | null; text: string }): Redirection {
    const target = this.#peek();
    if (target === undefined) throw new Incomplete();
    if (target.kind !== 'word') throw unexpected(target);
    this.#at += 1;
    switch (text) {
      case '<':
        return { kind: 'file', fd: fd ?? 0, mode: 'read', path: target.word };
      case '>':
      case '>|':
        return { kind: 'file', fd: fd ?? 1, mode: 'truncate', path: target.word };
      case '>>':
        return { kind: 'file', fd: fd ?? 1, mode: 'append', path: target.word };
      case '>&':
        return { kind: 'duplicate', fd: fd ?? 1, of: target.word };
      default:
        throw new SyntaxProblem(`syntax error: "${text}" is not part of this shell`);
    }
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at];
  }

  #skipNewlines(): void {
    for (;;) {
      const token = this.#peek();
      if (token?.kind !== 'operator' || token.text !== '\n') return;
      this.#at += 1;
    }
  }
}

function assignmentOf(word: Word): { name: string; value: Word } | null {
  const [first, ...others] = word;
  if (first?.kind !== 'text' || first.quoted) return null;
  const match = ASSIGNMENT.exec(first.text);
  if (match?.[1] === undefined) return null;
  const rest = first.text.slice(match[0].length);
  return { name: match[1], value: rest === '' ? others : [{ ...first, text: rest }, ...others] };
}

function unexpected(token: Token): SyntaxProblem {
  const shown = token.kind === 'word' ? token.raw : token.text === '\n' ? 'newline' : token.text;
  return new SyntaxProblem(`syntax error: unexpected "${shown}"`);
}

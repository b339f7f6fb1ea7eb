import { assignmentOf, Incomplete, Scanner, SyntaxProblem } from './shell-scanner';
import type {
  AndOr,
  Command,
  CompoundCommand,
  List,
  Pipeline,
  Redirection,
  SimpleCommand,
  Word,
} from './shell-tree';

/**
 * The grammar of the containers' shell: POSIX sh (POSIX.1-2017, Shell Command Language, 2.10) without aliases. Text in, tree
 * out; messages as busybox ash words them.
 */
export type ParsedShell =
  | { readonly kind: 'script'; readonly list: List }
  /** Something is still open: a shell at a terminal asks for another line, a script ends with `text`. */
  | { readonly kind: 'incomplete'; readonly text: string; readonly delimiter: string | null }
  | { readonly kind: 'syntax-error'; readonly text: string };

/** The whole text. */
export function parseShell(text: string): ParsedShell {
  const all: AndOr[] = [];
  for (const parsed of parseLines(text)) {
    if (parsed.kind !== 'script') return parsed;
    all.push(...parsed.list);
  }
  return { kind: 'script', list: all };
}

/** Complete commands one after the other, each read when the one before it has been run: an error comes when it is reached. */
export function* parseLines(text: string): Generator<ParsedShell, void> {
  const parser = new Parser(new Scanner(text, commandsInside));
  for (;;) {
    const parsed = parser.line();
    if (parsed === null) return;
    yield parsed;
    if (parsed.kind !== 'script') return;
  }
}

function commandsInside(scanner: Scanner): List {
  return new Parser(scanner).until([')'], false);
}

type Token =
  | { readonly kind: 'word'; readonly word: Word; readonly raw: string }
  | { readonly kind: 'operator'; readonly text: string }
  | { readonly kind: 'redirect'; readonly fd: number | null; readonly text: string }
  | { readonly kind: 'end' };

interface HereDocument {
  readonly delimiter: string;
  readonly literal: boolean;
  readonly stripTabs: boolean;
  readonly fill: (content: Word) => void;
}

const BLANK = /(?:[ \t\r]|\\\n)+|#[^\n]*/y;
const REDIRECT = /\d?(?:<<-|<<|>>|>&|<&|<>|>\||&>|>|<)/y;
const OPERATOR = /&&|\|\||;;|[;|&()\n]/y;
/** Words that end what is open, where a command could begin. */
const CLOSERS = ['then', 'else', 'elif', 'fi', 'do', 'done', 'esac', '}'];
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

class Parser {
  readonly #scanner: Scanner;
  readonly #waiting: HereDocument[] = [];
  #token: Token | null = null;
  #from = 0;
  /** Whether the last list ended with `;` or `&`: only then another one may follow on the line. */
  #separated = false;

  constructor(scanner: Scanner) {
    this.#scanner = scanner;
  }

  /** The commands up to the end of a line, or of a later one when something stays open; null at the end of the text. */
  line(): ParsedShell | null {
    try {
      this.#skipNewlines();
      if (this.#peek().kind === 'end') return null;
      const list: AndOr[] = [];
      for (;;) {
        list.push(this.#andOr());
        const token = this.#peek();
        if (token.kind === 'end' || this.#is('\n')) break;
        if (!this.#separated || (token.kind === 'operator' && token.text !== '(')) throw unexpected(token);
      }
      if (this.#is('\n')) this.#next();
      if (this.#waiting.length > 0) this.#hereDocuments();
      return { kind: 'script', list };
    } catch (problem) {
      if (problem instanceof Incomplete)
        return { kind: 'incomplete', text: problem.text, delimiter: problem.delimiter };
      if (problem instanceof SyntaxProblem) return { kind: 'syntax-error', text: problem.text };
      throw problem;
    }
  }

  /** Commands up to one of these words or operators, which is left where it is. */
  until(ends: readonly string[], some = true): List {
    return this.#scanner.deeper(() => {
      const list: AndOr[] = [];
      for (;;) {
        this.#skipNewlines();
        const token = this.#peek();
        const found = ends.find((it) => this.#is(it));
        if (found !== undefined) {
          if (some && list.length === 0) throw unexpected(token);
          if (found === ')' && !some) this.#scanner.at = this.#from;
          return list;
        }
        if (token.kind === 'end') throw endOfFile(ends);
        list.push(this.#andOr());
      }
    });
  }

  #andOr(): AndOr {
    this.#peek();
    const start = this.#from;
    const pipelines: Pipeline[] = [];
    let after: Pipeline['after'] = ';';
    for (;;) {
      pipelines.push(this.#pipeline(after));
      const token = this.#peek();
      if (token.kind !== 'operator' || (token.text !== '&&' && token.text !== '||')) break;
      after = token.text;
      this.#next();
      this.#skipNewlines();
    }
    const text = this.#scanner.text.slice(start, this.#from).trim();
    const background = this.#is('&');
    this.#separated = background || this.#is(';');
    if (this.#separated) this.#next();
    return { pipelines, background, text };
  }

  #pipeline(after: Pipeline['after']): Pipeline {
    const negated = this.#is('!');
    if (negated) this.#next();
    const commands = [this.#command()];
    while (this.#is('|')) {
      this.#next();
      this.#skipNewlines();
      commands.push(this.#command());
    }
    return { after, negated, commands };
  }

  #command(): Command {
    const token = this.#peek();
    if (token.kind === 'end') throw endOfFile([]);
    const opener = token.kind === 'word' ? token.raw : token.kind === 'operator' ? token.text : '';
    if (token.kind === 'word' && CLOSERS.includes(opener)) throw unexpected(token);
    const compound = this.#compound(opener);
    if (compound !== null) return { kind: 'compound', command: compound, redirections: this.#redirections() };
    if (token.kind === 'operator') throw unexpected(token);
    return this.#simpleOrFunction();
  }

  #compound(opener: string): CompoundCommand | null {
    switch (opener) {
      case '(':
        this.#next();
        return { kind: 'subshell', body: this.#closed(')') };
      case '{':
        this.#next();
        return { kind: 'group', body: this.#closed('}') };
      case 'if':
        return this.#if();
      case 'while':
      case 'until': {
        this.#next();
        const condition = this.#closed('do');
        return { kind: 'while', until: opener === 'until', condition, body: this.#closed('done') };
      }
      case 'for':
        return this.#for();
      case 'case':
        return this.#case();
      default:
        return null;
    }
  }

  #closed(end: string): List {
    const body = this.until([end]);
    this.#next();
    return body;
  }

  #if(): CompoundCommand {
    const clauses: { condition: List; body: List }[] = [];
    let otherwise: List | null = null;
    for (;;) {
      this.#next();
      const condition = this.#closed('then');
      clauses.push({ condition, body: this.until(['elif', 'else', 'fi']) });
      if (this.#is('elif')) continue;
      if (this.#is('else')) {
        this.#next();
        otherwise = this.until(['fi']);
      }
      this.#next();
      return { kind: 'if', clauses, otherwise };
    }
  }

  #for(): CompoundCommand {
    this.#next();
    const name = this.#peek();
    if (name.kind === 'end') throw endOfFile(['do']);
    if (name.kind !== 'word' || !NAME.test(name.raw)) throw new SyntaxProblem('bad for loop variable');
    this.#next();
    this.#skipNewlines();
    let words: Word[] | null = null;
    if (this.#is('in')) {
      this.#next();
      words = [];
      for (let token = this.#peek(); token.kind === 'word'; token = this.#peek()) {
        words.push(token.word);
        this.#next();
      }
      if (!this.#is(';') && !this.#is('\n'))
        throw this.#peek().kind === 'end' ? endOfFile(['do']) : unexpected(this.#peek());
    }
    if (this.#is(';')) this.#next();
    this.#skipNewlines();
    this.#expect('do');
    return { kind: 'for', name: name.raw, words, body: this.#closed('done') };
  }

  #case(): CompoundCommand {
    this.#next();
    const subject = this.#peek();
    if (subject.kind === 'end') throw endOfFile(['in']);
    if (subject.kind !== 'word') throw unexpected(subject);
    this.#next();
    this.#skipNewlines();
    this.#expect('in');
    const arms: { patterns: Word[]; body: List }[] = [];
    for (;;) {
      this.#skipNewlines();
      if (this.#is('esac')) break;
      if (this.#is('(')) this.#next();
      const patterns: Word[] = [];
      for (;;) {
        const pattern = this.#peek();
        if (pattern.kind === 'end') throw endOfFile(['esac']);
        if (pattern.kind !== 'word') throw unexpected(pattern);
        patterns.push(pattern.word);
        this.#next();
        if (!this.#is('|')) break;
        this.#next();
      }
      this.#expect(')');
      const body = this.#armBody();
      arms.push({ patterns, body });
      if (this.#is(';;')) this.#next();
    }
    this.#next();
    return { kind: 'case', word: subject.word, arms };
  }

  #armBody(): List {
    this.#skipNewlines();
    return this.#is(';;') || this.#is('esac') ? [] : this.until([';;', 'esac']);
  }

  #simpleOrFunction(): Command {
    const assignments: { name: string; value: Word }[] = [];
    const words: Word[] = [];
    const redirections: Redirection[] = [];
    for (;;) {
      const token = this.#peek();
      if (token.kind === 'end' || token.kind === 'operator') break;
      this.#next();
      if (token.kind === 'redirect') {
        redirections.push(this.#redirection(token));
        continue;
      }
      const assignment = words.length === 0 ? assignmentOf(token.word) : null;
      if (assignment !== null) assignments.push(assignment);
      else words.push(token.word);
      const first = words.length === 1 && assignments.length + redirections.length === 0;
      if (first && this.#is('(')) return this.#function(token.raw);
    }
    const simple: SimpleCommand = { kind: 'simple', assignments, words, redirections };
    return simple;
  }

  #function(name: string): Command {
    if (!/^[^\s'"\\$`/]+$/.test(name)) throw new SyntaxProblem('bad function name');
    this.#next();
    this.#expect(')');
    this.#skipNewlines();
    return { kind: 'function', name, body: this.#command() };
  }

  #redirections(): Redirection[] {
    const redirections: Redirection[] = [];
    for (let token = this.#peek(); token.kind === 'redirect'; token = this.#peek()) {
      this.#next();
      redirections.push(this.#redirection(token));
    }
    return redirections;
  }

  #redirection({ fd, text }: { fd: number | null; text: string }): Redirection {
    const target = this.#peek();
    if (target.kind === 'end') throw endOfFile([]);
    if (target.kind !== 'word') throw unexpected(target);
    this.#next();
    switch (text) {
      case '<':
        return { kind: 'file', fd: fd ?? 0, mode: 'read', path: target.word };
      case '<>':
        return { kind: 'file', fd: fd ?? 0, mode: 'both', path: target.word };
      case '>>':
        return { kind: 'file', fd: fd ?? 1, mode: 'append', path: target.word };
      case '>&':
      case '<&':
        return { kind: 'duplicate', fd: fd ?? (text === '>&' ? 1 : 0), of: target.word };
      case '<<':
      case '<<-': {
        const here = { kind: 'here-document' as const, fd: fd ?? 0, content: [] as Word };
        const delimiter = target.word.map((it) => (it.kind === 'text' ? it.text : '')).join('');
        const literal = target.word.some((it) => it.kind === 'text' && it.quoted);
        const fill = (content: Word): void => {
          here.content = content;
        };
        this.#waiting.push({ delimiter, literal, stripTabs: text === '<<-', fill });
        return here;
      }
      default:
        return { kind: 'file', fd: fd ?? 1, mode: 'truncate', path: target.word };
    }
  }

  /** The scanner is behind the newline that ended the line with the `<<`. */
  #hereDocuments(): void {
    const { text } = this.#scanner;
    for (const { delimiter, literal, stripTabs, fill } of this.#waiting.splice(0)) {
      const lines: string[] = [];
      for (;;) {
        if (this.#scanner.at >= text.length)
          throw new Incomplete(`syntax error: unexpected end of file (expecting "${delimiter}")`, delimiter);
        const newline = text.indexOf('\n', this.#scanner.at);
        const end = newline < 0 ? text.length : newline;
        const raw = text.slice(this.#scanner.at, end);
        const line = stripTabs ? raw.replace(/^\t+/, '') : raw;
        this.#scanner.at = end + 1;
        if (line === delimiter) break;
        lines.push(`${line}\n`);
      }
      const content = lines.join('');
      if (literal) fill([{ kind: 'text', text: content, quoted: true }]);
      else fill(new Scanner(content, commandsInside).hereDocument());
    }
  }

  #expect(text: string): void {
    const token = this.#peek();
    if (token.kind === 'end') throw endOfFile([text]);
    if (!this.#is(text)) throw unexpected(token, text);
    this.#next();
  }

  /** Whether the next token is this operator, or this reserved word, which must not be quoted. */
  #is(text: string): boolean {
    const token = this.#peek();
    return token.kind === 'operator' ? token.text === text : token.kind === 'word' && token.raw === text;
  }

  #skipNewlines(): void {
    while (this.#is('\n')) this.#next();
  }

  #next(): void {
    const token = this.#peek();
    this.#token = null;
    if (token.kind === 'operator' && token.text === '\n' && this.#waiting.length > 0) this.#hereDocuments();
  }

  #peek(): Token {
    this.#token ??= this.#read();
    return this.#token;
  }

  #read(): Token {
    const scanner = this.#scanner;
    while (scanner.take(BLANK) !== null);
    this.#from = scanner.at;
    if (scanner.at >= scanner.text.length) return { kind: 'end' };
    const redirect = scanner.take(REDIRECT);
    if (redirect !== null) {
      const fd = /^\d/.exec(redirect)?.[0];
      return {
        kind: 'redirect',
        fd: fd === undefined ? null : Number(fd),
        text: redirect.replace(/^\d/, ''),
      };
    }
    const operator = scanner.take(OPERATOR);
    if (operator !== null) return { kind: 'operator', text: operator };
    const word = scanner.word();
    return { kind: 'word', word, raw: scanner.text.slice(this.#from, scanner.at) };
  }
}

function unexpected(token: Token, expecting?: string): SyntaxProblem {
  const shown =
    token.kind === 'word'
      ? `word`
      : token.kind === 'end'
        ? 'end of file'
        : token.text === '\n'
          ? 'newline'
          : `"${token.text}"`;
  const exact = token.kind === 'word' && CLOSERS.includes(token.raw) ? `"${token.raw}"` : shown;
  return new SyntaxProblem(
    `unexpected ${exact}${expecting === undefined ? '' : ` (expecting "${expecting}")`}`,
  );
}

function endOfFile(expecting: readonly string[]): Incomplete {
  const [only, ...others] = expecting;
  const suffix = only === undefined || others.length > 0 ? '' : ` (expecting "${only}")`;
  return new Incomplete(`syntax error: unexpected end of file${suffix}`);
}

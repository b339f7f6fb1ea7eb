import { hasPattern, matchedPrefix, matchedSuffix, quotePattern } from './shell-pattern';
import type { List, Word, WordPart } from './shell-tree';

/** What the expansion of words needs from the shell around it. */
export interface WordContext {
  /** A variable or a special parameter; undefined when it is not set. */
  lookup(name: string): string | undefined;
  /** `$1`, `$2`, … */
  positional(): readonly string[];
  /** False: it is read-only. */
  assign(name: string, value: string): boolean;
  /** What the commands write, without the newlines at its end. */
  substitute(commands: List): Promise<string>;
  arithmetic(expression: string): string;
  /** The paths that match, sorted; none when none does. */
  glob(pattern: string): readonly string[];
  /** `set -u` */
  readonly unsetIsError: boolean;
}

/** An expansion that cannot be done ends the script, or the line at a terminal (POSIX 2.8.1). */
export class ExpansionProblem {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** E2BIG: a script of a few characters must not be able to double a variable until memory is gone. */
export const LONGEST_EXPANSION = 256 * 1024;
export const TOO_LONG = 'Argument list too long';

/** The fields that a word becomes (POSIX 2.6): expanded, split where unquoted, names of files put in for patterns. */
export async function expandFields(word: Word, context: WordContext): Promise<string[]> {
  const fields = new Fields(context.lookup('IFS'));
  await addParts(fields, word, context, true);
  return fields.all().flatMap(({ text, pattern }) => {
    if (pattern === null || !hasPattern(pattern)) return [text];
    const paths = context.glob(pattern);
    return paths.length === 0 ? [text] : paths;
  });
}

/** The word as one string, not split: for assignments, redirections and here-documents. */
export async function expandString(word: Word, context: WordContext): Promise<string> {
  const fields = new Fields('');
  await addParts(fields, word, context, true);
  return joined(fields, context);
}

/** The word as a pattern: what is quoted in it stands for itself. */
export async function expandPattern(word: Word, context: WordContext): Promise<string> {
  const fields = new Fields('');
  await addParts(fields, word, context, false);
  return fields
    .all()
    .map(({ text, pattern }) => pattern ?? quotePattern(text))
    .join(' ');
}

function joined(fields: Fields, context: WordContext): string {
  const separator = (context.lookup('IFS') ?? ' ').charAt(0);
  return fields
    .all()
    .map(({ text }) => text)
    .join(separator);
}

interface Field {
  readonly text: string;
  /** With backslashes before what was quoted; null: it was quoted as a whole. */
  readonly pattern: string | null;
}

class Fields {
  readonly #ifs: string;
  readonly #done: Field[] = [];
  #text = '';
  #pattern = '';
  #open = false;
  #size = 0;
  #afterBlank = false;

  constructor(ifs: string | undefined) {
    this.#ifs = ifs ?? ' \t\n';
  }

  quoted(text: string): void {
    this.#add(text, quotePattern(text));
  }

  plain(text: string): void {
    this.#add(text, text);
  }

  /** The result of an unquoted expansion. */
  split(text: string): void {
    if (this.#ifs === '') {
      if (text !== '') this.plain(text);
      return;
    }
    let from = 0;
    for (let at = 0; at <= text.length; at += 1) {
      const char = text.charAt(at);
      if (char !== '' && !this.#ifs.includes(char)) continue;
      if (at > from) this.plain(text.slice(from, at));
      from = at + 1;
      if (char === '') break;
      if (/[ \t\n]/.test(char)) {
        if (this.#open) {
          this.end();
          this.#afterBlank = true;
        }
      } else if (this.#open || !this.#afterBlank) {
        this.#open = true;
        this.end();
      } else this.#afterBlank = false;
    }
  }

  end(): void {
    if (!this.#open) return;
    this.#done.push({ text: this.#text, pattern: this.#pattern });
    this.#text = '';
    this.#pattern = '';
    this.#open = false;
  }

  all(): readonly Field[] {
    this.end();
    return this.#done;
  }

  #add(text: string, pattern: string): void {
    this.#size += text.length;
    if (this.#size > LONGEST_EXPANSION || this.#done.length > LONGEST_EXPANSION / 4)
      throw new ExpansionProblem(TOO_LONG);
    this.#text += text;
    this.#pattern += pattern;
    this.#open = true;
    this.#afterBlank = false;
  }
}

async function addParts(fields: Fields, word: Word, context: WordContext, literal: boolean): Promise<void> {
  for (const [index, part] of word.entries()) {
    switch (part.kind) {
      case 'text': {
        const text = index === 0 && !part.quoted && literal ? withHome(part.text, context) : part.text;
        if (part.quoted) fields.quoted(text);
        else if (literal) fields.plain(text);
        else fields.split(text);
        break;
      }
      case 'parameter':
        await addParameter(fields, part, context);
        break;
      case 'command':
        addValue(fields, await context.substitute(part.commands), part.quoted);
        break;
      case 'arithmetic':
        addValue(fields, context.arithmetic(await expandString(part.expression, context)), part.quoted);
        break;
    }
  }
}

function addValue(fields: Fields, value: string, quoted: boolean): void {
  if (quoted) fields.quoted(value);
  else fields.split(value);
}

/** `~` and `~/…`; other users have no home here. */
function withHome(text: string, context: WordContext): string {
  return /^~(?:\/|$)/.test(text) ? (context.lookup('HOME') ?? '~') + text.slice(1) : text;
}

type Parameter = Extract<WordPart, { kind: 'parameter' }>;

async function addParameter(fields: Fields, part: Parameter, context: WordContext): Promise<void> {
  const { name, quoted, operator } = part;
  if ((name === '@' || name === '*') && operator === null && !part.length)
    return addAll(fields, part, context);
  const value = parameterValue(name, context);
  if (part.length) return addValue(fields, String((value ?? unsetValue(name, context)).length), quoted);
  const missing = value === undefined || (part.colon && value === '');
  switch (operator) {
    case null:
      return addValue(fields, value ?? unsetValue(name, context), quoted);
    case '-':
      return missing ? addParts(fields, part.word, context, false) : addValue(fields, value, quoted);
    case '+':
      return missing ? undefined : addParts(fields, part.word, context, false);
    case '=': {
      if (!missing) return addValue(fields, value, quoted);
      const given = await expandString(part.word, context);
      if (!context.assign(name, given)) throw new ExpansionProblem(`${name}: is read only`);
      return addValue(fields, given, quoted);
    }
    case '?': {
      if (!missing) return addValue(fields, value, quoted);
      const text = await expandString(part.word, context);
      throw new ExpansionProblem(
        `${name}: ${text || (part.colon ? 'parameter not set or null' : 'parameter not set')}`,
      );
    }
    default: {
      const pattern = await expandPattern(part.word, context);
      return addValue(fields, trimmed(value ?? unsetValue(name, context), operator, pattern), quoted);
    }
  }
}

function parameterValue(name: string, context: WordContext): string | undefined {
  if (name !== '@' && name !== '*') return context.lookup(name);
  const all = context.positional();
  return all.length === 0 ? undefined : all.join(' ');
}

function unsetValue(name: string, context: WordContext): string {
  if (context.unsetIsError && name !== '@' && name !== '*')
    throw new ExpansionProblem(`${name}: parameter not set`);
  return '';
}

function trimmed(value: string, operator: '#' | '##' | '%' | '%%', pattern: string): string {
  const atStart = operator.startsWith('#');
  const matched = (atStart ? matchedPrefix : matchedSuffix)(pattern, value, operator.length === 2);
  if (matched === 'too long') throw new ExpansionProblem(TOO_LONG);
  if (matched === null) return value;
  return atStart ? value.slice(matched) : value.slice(0, value.length - matched);
}

/** `"$@"` keeps every parameter a field, `"$*"` makes one of them all, and unquoted each is split further. */
function addAll(fields: Fields, { name, quoted }: Parameter, context: WordContext): void {
  const all = context.positional();
  if (quoted && name === '*') {
    fields.quoted(all.join((context.lookup('IFS') ?? ' ').charAt(0)));
    return;
  }
  for (const [index, value] of all.entries()) {
    if (index > 0) fields.end();
    addValue(fields, value, quoted);
  }
}

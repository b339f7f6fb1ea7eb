import type { TextPlace } from './located-yaml';

export interface ShellWord {
  readonly text: string;
  readonly at: TextPlace;
}

export type ShellWords =
  | { readonly kind: 'words'; readonly words: readonly ShellWord[] }
  | { readonly kind: 'open-quote'; readonly sign: string; readonly at: TextPlace };

/**
 * A command line as a POSIX shell cuts it into words: quotes, backslashes, continued lines and comments. Nothing is
 * expanded; `start` is where the text stands in its file. Pure.
 */
export function shellWords(text: string, start: TextPlace = { line: 1, column: 1 }): ShellWords {
  const words: ShellWord[] = [];
  let { line, column } = start;
  let word = null as ShellWord | null;
  let quote = null as { readonly sign: string; readonly at: TextPlace } | null;
  const here = (): TextPlace => ({ line, column });
  for (let index = 0; index < text.length; index += 1) {
    const sign = text.charAt(index);
    const next = text.charAt(index + 1);
    const skipsNext = sign === '\\' && quote?.sign !== "'" && isEscaped(next, quote !== null);
    if (skipsNext) {
      index += 1;
      if (next !== '\n') word = { text: (word?.text ?? '') + next, at: word?.at ?? here() };
    } else if (quote !== null) {
      if (sign === quote.sign) quote = null;
      else word = { text: (word?.text ?? '') + sign, at: word?.at ?? quote.at };
    } else if (sign === '"' || sign === "'") {
      quote = { sign, at: here() };
      word ??= { text: '', at: here() };
    } else if (/\s/.test(sign)) {
      if (word !== null) words.push(word);
      word = null;
    } else if (sign === '#' && word === null) {
      while (index + 1 < text.length && text.charAt(index + 1) !== '\n') index += 1;
    } else {
      word = { text: (word?.text ?? '') + sign, at: word?.at ?? here() };
    }
    const endsLine = sign === '\n' || (skipsNext && next === '\n');
    line += endsLine ? 1 : 0;
    column = endsLine ? 1 : column + (skipsNext ? 2 : 1);
  }
  if (quote !== null) return { kind: 'open-quote', ...quote };
  if (word !== null) words.push(word);
  return { kind: 'words', words };
}

/** Source: POSIX.1-2017, Shell Command Language §2.2.3. */
function isEscaped(next: string, isQuoted: boolean): boolean {
  return next !== '' && (!isQuoted || '$`"\\\n'.includes(next));
}

/** A text as one word. */
export function shellWord(text: string): string {
  return /^[\w./@%+=:,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

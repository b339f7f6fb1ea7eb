/**
 * Pattern matching as the shell does it (POSIX 2.13): `*`, `?`, bracket expressions, a backslash before what stands for
 * itself. Time grows with the product of the lengths and no faster, whatever the pattern.
 */
export function matchesPattern(pattern: string, text: string): boolean {
  const parts = readPattern(pattern);
  if ((parts.length + 1) * text.length > MOST_STEPS) return false;
  let [at, part] = [0, 0];
  let star: { part: number; at: number } | null = null;
  while (at < text.length) {
    const wanted = parts[part];
    if (wanted?.kind === 'star') {
      star = { part, at };
      part += 1;
    } else if (wanted !== undefined && matchesOne(wanted, text.charAt(at))) {
      part += 1;
      at += 1;
    } else if (star !== null) {
      star.at += 1;
      at = star.at;
      part = star.part + 1;
    } else return false;
  }
  return parts.slice(part).every((it) => it.kind === 'star');
}

/** More steps than this are not taken for one word: the thread is everybody's. */
const MOST_STEPS = 2 ** 24;

/** How much of the text's start the pattern matches, as little or as much as possible. */
export function matchedPrefix(pattern: string, text: string, longest: boolean): number | null | 'too long' {
  return matchedStart(readPattern(pattern), text, longest, (at) => text.charAt(at));
}

/** The same at the text's end. */
export function matchedSuffix(pattern: string, text: string, longest: boolean): number | null | 'too long' {
  const parts = [...readPattern(pattern)].reverse();
  return matchedStart(parts, text, longest, (at) => text.charAt(text.length - 1 - at));
}

/** All ways to match go along together, one character after the other. */
function matchedStart(
  parts: readonly Part[],
  text: string,
  longest: boolean,
  charAt: (at: number) => string,
): number | null | 'too long' {
  if ((parts.length + 1) * text.length > MOST_STEPS) return 'too long';
  let states = withStars(new Set([0]), parts);
  let matched: number | null = null;
  for (let at = 0; ; at += 1) {
    if (states.has(parts.length)) {
      matched = at;
      if (!longest) return matched;
    }
    if (at >= text.length || states.size === 0) return matched;
    const next = new Set<number>();
    for (const state of states) {
      const part = parts[state];
      if (part?.kind === 'star') next.add(state);
      else if (part !== undefined && matchesOne(part, charAt(at))) next.add(state + 1);
    }
    states = withStars(next, parts);
  }
}

function withStars(states: Set<number>, parts: readonly Part[]): Set<number> {
  for (const state of states) if (parts[state]?.kind === 'star') states.add(state + 1);
  return states;
}

export function hasPattern(text: string): boolean {
  return readPattern(text).some((it) => it.kind !== 'char');
}

/** A text that matches only itself. */
export function quotePattern(text: string): string {
  return text.replace(/[\\*?[\]]/g, '\\$&');
}

/** The text that a pattern without special characters stands for. */
export function unquotePattern(pattern: string): string {
  return pattern.replace(/\\(.)/gs, '$1');
}

type Part =
  | { readonly kind: 'star' }
  | { readonly kind: 'any' }
  | { readonly kind: 'char'; readonly char: string }
  | { readonly kind: 'set'; readonly negated: boolean; readonly has: (char: string) => boolean };

function matchesOne(part: Part, char: string): boolean {
  switch (part.kind) {
    case 'char':
      return part.char === char;
    case 'any':
      return true;
    case 'set':
      return part.has(char) !== part.negated;
    case 'star':
      return false;
  }
}

let last: { pattern: string; parts: readonly Part[] } = { pattern: '', parts: [] };

/** The same pattern is asked for many names in a row. */
function readPattern(pattern: string): readonly Part[] {
  if (last.pattern === pattern) return last.parts;
  const parts: Part[] = [];
  let at = 0;
  while (at < pattern.length) {
    const char = pattern.charAt(at);
    const set = char === '[' ? readBracket(pattern, at) : null;
    if (set !== null) {
      parts.push({ kind: 'set', negated: set.negated, has: set.has });
      at = set.end;
      continue;
    }
    if (char === '*') {
      if (parts.at(-1)?.kind !== 'star') parts.push({ kind: 'star' });
    } else if (char === '?') parts.push({ kind: 'any' });
    else if (char === '\\' && at + 1 < pattern.length) {
      at += 1;
      parts.push({ kind: 'char', char: pattern.charAt(at) });
    } else parts.push({ kind: 'char', char });
    at += 1;
  }
  last = { pattern, parts };
  return parts;
}

const CLASSES: Readonly<Record<string, RegExp>> = {
  alpha: /^[A-Za-z]$/,
  digit: /^[0-9]$/,
  alnum: /^[A-Za-z0-9]$/,
  upper: /^[A-Z]$/,
  lower: /^[a-z]$/,
  space: /^[ \t\n\r\f\v]$/,
  blank: /^[ \t]$/,
  punct: /^[!-/:-@[-`{-~]$/,
  print: /^[ -~]$/,
  graph: /^[!-~]$/,
  cntrl: /^\p{Cc}$/u,
  xdigit: /^[0-9A-Fa-f]$/,
};

/** A bracket expression (POSIX 9.3.5) that begins at `start`; null when it never ends, so that `[` stands for itself. */
export function readBracket(
  text: string,
  start: number,
  escapes = true,
): { has: (char: string) => boolean; negated: boolean; end: number } | null {
  let at = start + 1;
  const negated = text.charAt(at) === '!' || text.charAt(at) === '^';
  if (negated) at += 1;
  const first = at;
  const tests: ((char: string) => boolean)[] = [];
  const literal = (): string => {
    if (escapes && text.charAt(at) === '\\' && at + 1 < text.length) at += 1;
    at += 1;
    return text.charAt(at - 1);
  };
  for (;;) {
    if (at >= text.length) return null;
    if (text.charAt(at) === ']' && at > first) break;
    const named = /^\[:(\w+):\]/.exec(text.slice(at, at + 12));
    const known = named === null ? undefined : CLASSES[named[1] ?? ''];
    if (named !== null && known !== undefined) {
      tests.push((char) => known.test(char));
      at += named[0].length;
      continue;
    }
    const from = literal();
    if (text.charAt(at) === '-' && text.charAt(at + 1) !== ']' && at + 1 < text.length) {
      at += 1;
      const to = literal();
      tests.push((char) => char >= from && char <= to);
    } else tests.push((char) => char === from);
  }
  return { has: (char) => tests.some((it) => it(char)), negated, end: at + 1 };
}

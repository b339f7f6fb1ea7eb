import type { Word } from './shell-syntax';

/** Looks up a variable or a special parameter; undefined when it is not set. */
export type Lookup = (name: string) => string | undefined;

/** E2BIG: a script of a few characters must not be able to double a variable until memory is gone. */
export const LONGEST_EXPANSION = 256 * 1024;

/**
 * The fields that a word becomes: variables put in, and what came from an unquoted one split at blanks (POSIX 2.6.5).
 * A word of nothing but empty unquoted variables becomes no field at all. Null: longer than LONGEST_EXPANSION.
 */
export function expandFields(word: Word, lookup: Lookup): string[] | null {
  const fields: string[] = [];
  let current: string | null = null;
  let length = 0;
  for (const part of word) {
    const value = part.kind === 'text' ? part.text : variableValue(part, lookup);
    length += value.length;
    if (length > LONGEST_EXPANSION) return null;
    if (part.kind === 'text' || part.quoted) {
      current = (current ?? '') + value;
      continue;
    }
    for (const [index, piece] of value.split(/[ \t\n]+/).entries()) {
      if (index > 0 && current !== null) {
        fields.push(current);
        current = null;
      }
      if (piece !== '') current = (current ?? '') + piece;
    }
  }
  if (current !== null) fields.push(current);
  return fields;
}

/** The word as one string, not split: for assignments and redirections. Null: longer than LONGEST_EXPANSION. */
export function expandString(word: Word, lookup: Lookup): string | null {
  let text = '';
  for (const part of word) {
    text += part.kind === 'text' ? part.text : variableValue(part, lookup);
    if (text.length > LONGEST_EXPANSION) return null;
  }
  return text;
}

function variableValue(part: { name: string; otherwise: string | null }, lookup: Lookup): string {
  const value = lookup(part.name);
  if (part.otherwise !== null && (value === undefined || value === '')) return part.otherwise;
  return value ?? '';
}

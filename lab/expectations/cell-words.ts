import {
  defenceIds,
  isCompound,
  pathIds,
  positionIds,
  sides,
  techniqueIds,
} from '../../scenarios/vocabulary';
import type { KeyPart } from './expectations';

const words: Readonly<Record<KeyPart, readonly string[]>> = {
  path: pathIds,
  defence: defenceIds,
  technique: techniqueIds,
  position: positionIds,
  side: sides,
};

export function knownWords(part: KeyPart): readonly string[] {
  return words[part];
}

/**
 * The words of the vocabulary that a word with `*` means; empty when there is none. Joined techniques are no list that could
 * be looked through: a pattern that ends in `*` stays among them as it is, and so does one of them that is spelled out.
 */
export function matchingWords(part: KeyPart, word: string): readonly string[] {
  if (part === 'technique' && isCompound(word)) return [word];
  if (!word.includes('*')) return words[part].filter((it) => it === word);
  const found = words[part].filter((it) => matches(word, it));
  return part === 'technique' && found.length > 0 ? [...found, word] : found;
}

/** Whether a pattern with `*` means this word. */
export function matches(pattern: string, word: string): boolean {
  const literal = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('.*')}$`).test(word);
}

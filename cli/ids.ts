import { MidplaneError } from '../error';
import { readTechnique } from '../scenarios/read-technique';
import { unknownId } from '../scenarios/unknown-id';
import { compareTechniques, type Side, sides, type TechniqueId } from '../scenarios/vocabulary';

/**
 * Ids given on the command line: comma-separated, repeatable, each one known. Throws MidplaneError USAGE that names
 * the nearest known ids. The order is the vocabulary's, so that tables read the same however they were asked for.
 */
export function parseIds<Id extends string>(
  kind: string,
  given: readonly string[],
  known: readonly Id[],
  shownBy = 'midplane list',
): Id[] {
  const wanted = new Set(given.flatMap((it) => it.split(',')).map((it) => it.trim().toLowerCase()));
  for (const id of wanted) if (!known.some((it) => it === id)) throw unknownId(kind, id, known, shownBy);
  return known.filter((id) => wanted.has(id));
}

export function parseId<Id extends string>(kind: string, given: string, known: readonly Id[]): Id {
  const wanted = given.trim().toLowerCase();
  const id = known.find((it) => it === wanted);
  if (id === undefined) throw unknownId(kind, given, known);
  return id;
}

/** Like parseIds; words about the certificate may be joined (`rogue-ca--expired`) and are spelled in their own order. */
export function parseTechniques(given: readonly string[]): TechniqueId[] {
  const wanted = new Set(given.flatMap((it) => it.split(',')).map(parseTechnique));
  return [...wanted].sort(compareTechniques);
}

export function parseTechnique(given: string): TechniqueId {
  return readTechnique(given.trim().toLowerCase());
}

/** Where the attacker stands of a tunnel. */
export function parseSide(given: string): Side {
  const side = sides.find((it) => it === given.trim().toLowerCase());
  if (side !== undefined) return side;
  throw new MidplaneError('USAGE', `unknown side "${given}"`, { hint: `--side takes ${sides.join(', ')}` });
}

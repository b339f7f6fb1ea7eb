import { MidplaneError } from '../error';
import { nearestNames } from '../nearest';

/** USAGE for a word that is none of ours: names the nearest ones, or all where none is near. */
export function unknownId(
  kind: string,
  id: string,
  known: readonly string[],
  shownBy = 'midplane list',
): MidplaneError {
  const near = nearestNames(id, known);
  const hint =
    near.length > 0
      ? `did you mean ${near.map((it) => `"${it}"`).join(' or ')}? ${shownBy} shows them all`
      : `known: ${known.join(', ')}`;
  return new MidplaneError('USAGE', `unknown ${kind} "${id}"`, { hint });
}

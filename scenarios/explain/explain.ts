import { MidplaneError } from '../../error';
import { nearestNames } from '../../nearest';
import {
  defenceIds,
  isCompound,
  kindOf,
  pathIds,
  positionIds,
  techniqueIds,
  verdictIds,
} from '../vocabulary';
import { certificateTechniquePages } from './certificate-techniques';
import { clusterPathPages } from './cluster-paths';
import { compoundPage } from './compound';
import { defencePages } from './defences';
import { kubeletPathPages } from './kubelet-paths';
import type { Explanation, Page } from './page';
import { positionPages } from './positions';
import { proxyPathPages } from './proxy-paths';
import { techniquePages } from './techniques';
import { verdictPages } from './verdicts';

const pages: ReadonlyMap<string, Page> = new Map(
  Object.entries({
    ...kubeletPathPages,
    ...proxyPathPages,
    ...clusterPathPages,
    ...defencePages,
    ...techniquePages,
    ...certificateTechniquePages,
    ...positionPages,
    ...verdictPages,
  }),
);

/** Every id that has a page. */
export const explainedIds: readonly string[] = [...pages.keys()];

/** The page of a path, defence, technique, position or verdict. Throws USAGE for any other word, naming the nearest ids. */
export function explain(id: string): Explanation {
  const kind = kindOf(id);
  const page = isCompound(id) ? compoundPage(id, (word) => pages.get(word)?.title ?? '') : pages.get(id);
  if (kind === null || page === undefined) {
    const near = nearestNames(id, [
      ...pathIds,
      ...defenceIds,
      ...techniqueIds,
      ...positionIds,
      ...verdictIds,
    ]);
    throw new MidplaneError('USAGE', `nothing is called "${id}"`, {
      hint: near.length > 0 ? `did you mean ${near.join(', ')}?` : 'midplane list prints every id',
    });
  }
  return { id, kind, ...page };
}

import { isFields } from '../../api/fields';
import { goValueText, goValueType } from './go-value-text';
import { PatchRefused } from './patch-refused';

/** What a strategic merge patch demands of the items of lists: one type, and the merge key in each. */

/** sliceElementType: lists are of one type. */
export function itemType(lists: readonly (readonly unknown[])[]): string {
  const types = lists.flatMap((list) => list.map(goValueType));
  const [first] = types;
  if (first === undefined) throw new PatchRefused('no elements in any of the given slices');
  if (first === '[]interface {}') throw new PatchRefused('lists of lists are not supported', 422);
  if (types.some((type) => type !== first))
    throw new PatchRefused(`list element types are not identical: ${goValueText(lists)}`);
  return first;
}

export function noMergeKey(item: unknown, mergeKey: string): PatchRefused {
  return new PatchRefused(
    `map: ${goValueText(isFields(item) ? item : {})} does not contain declared merge key: ${mergeKey}`,
  );
}

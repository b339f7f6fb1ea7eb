import type { Fields } from '../../api/fields';
import type { FieldType } from '../../api/schema/schema';
import { goValueText } from './go-value-text';
import { itemType, noMergeKey } from './list-items';
import { PatchRefused } from './patch-refused';
import { goKind } from './patch-rules';
import { inOrder, presentIn } from './set-element-order';

/**
 * Lists in a strategic merge patch: objects are merged by their key, other values are a set.
 * Source: k8s.io/apimachinery pkg/util/strategicpatch/patch.go (mergeSlice and what it calls).
 */
export interface ListMerge {
  /** The type of the items. */
  readonly of: FieldType;
  readonly mergeKey: string;
  readonly mergeItems: (original: Fields, patch: Fields) => Fields;
}

export function mergeLists(
  merge: ListMerge,
  original: unknown[],
  patch: unknown[],
  deletes: boolean,
): unknown[] {
  if (original.length === 0 && patch.length === 0) return original;
  const type = itemType([original, patch]);
  const { mergeKey } = merge;
  if (type !== 'map[string]interface {}') {
    if (deletes) return original.filter((item) => !patch.includes(item));
    const merged = withoutDuplicates([...original, ...patch]);
    return inOrder(mergeKey, presentIn(mergeKey, merged, patch), patch, original);
  }
  if (mergeKey === '') throw new PatchRefused(`cannot merge lists without merge key for ${goKind(merge.of)}`);
  const { kept, items, replaces } = obeyDirectives(mergeKey, original as Fields[], patch as Fields[]);
  const merged = [...kept];
  for (const item of items) {
    if (!Object.hasOwn(item, mergeKey)) throw noMergeKey(item, mergeKey);
    const at = merged.findIndex((one) => one[mergeKey] === item[mergeKey]);
    const found = merged[at];
    if (found === undefined) merged.push(item);
    else merged[at] = merge.mergeItems(found, item);
  }
  if (!replaces) reuseSlots(original, merged, kept.length);
  return inOrder(mergeKey, presentIn(mergeKey, merged, items), items, kept);
}

/**
 * Upstream deletes in place, so that new items take the slots of deleted ones in the list that is later asked for the
 * server's order: who is new counts as having been last there (deleteMatchingEntries, then append).
 */
function reuseSlots(original: unknown[], merged: readonly unknown[], kept: number): void {
  if (kept === original.length) return;
  const reused = merged.slice(0, original.length);
  original.splice(0, reused.length, ...reused);
}

/** Items with `$patch` say what happens to the item of their key, or to the list. */
function obeyDirectives(mergeKey: string, original: Fields[], patch: Fields[]) {
  const items: Fields[] = [];
  let kept = original;
  let replaces = false;
  for (const item of patch) {
    const directive = item['$patch'];
    if (!Object.hasOwn(item, '$patch')) {
      items.push(item);
    } else if (directive === 'delete') {
      if (!Object.hasOwn(item, mergeKey)) throw noMergeKey(item, mergeKey);
      kept = kept.filter((one) => one[mergeKey] !== item[mergeKey]);
    } else if (directive === 'replace') {
      replaces = true;
    } else if (directive === 'merge') {
      throw new PatchRefused('merging lists cannot yet be specified in the patch');
    } else {
      throw new PatchRefused(`unknown patch type: ${goValueText(directive)} in map: ${goValueText(item)}`);
    }
  }
  return replaces ? { kept: items, items: [], replaces } : { kept, items, replaces };
}

/** As deduplicateScalars does it: the last takes the place of the second of two. */
function withoutDuplicates(items: unknown[]): unknown[] {
  const kept = [...items];
  for (let i = 0; i < kept.length - 1; i++) {
    for (let j = i + 1; j < kept.length; j++) {
      if (kept[i] !== kept[j]) continue;
      kept[j] = kept[kept.length - 1];
      kept.pop();
      j--;
    }
  }
  return kept;
}

import { isFields } from '../../api/fields';
import { goValueText, goValueType } from './go-value-text';
import { itemType, noMergeKey } from './list-items';
import { PatchRefused } from './patch-refused';

/**
 * The order of a merged list: what the patch speaks of stands in the patch's order, what only the server knows in the
 * server's, and the two are interleaved as the server had them.
 * Source: k8s.io/apimachinery pkg/util/strategicpatch/patch.go (normalizeElementOrder, mergeSortedSlice).
 */
export interface Arrangement {
  readonly mergeKey: string;
  /** The value of `$setElementOrder/…`. */
  readonly order: readonly unknown[];
  readonly before: readonly unknown[];
  readonly change: readonly unknown[];
  /** Null when neither the object nor the patch has the list. */
  readonly merge: () => unknown[] | null;
}

export function arrangeList({ mergeKey, order, before, change, merge }: Arrangement): unknown[] | null {
  mustAgree(mergeKey, change, order);
  const merged = merge();
  if (merged === null) return null;
  const parts = presentIn(mergeKey, merged, order);
  itemType([before, change]);
  return inOrder(mergeKey, parts, order, before);
}

interface Parts {
  readonly patched: unknown[];
  readonly serverOnly: unknown[];
}

export function presentIn(mergeKey: string, items: readonly unknown[], wanted: readonly unknown[]): Parts {
  const patched: unknown[] = [];
  const serverOnly: unknown[] = [];
  for (const item of items) {
    if (mergeKey !== '') mustHaveKey(mergeKey, item);
    const found = wanted.some((one, at) => {
      if (mergeKey !== '' && !isFields(one)) throw new PatchRefused(`value for key ${at} is not a map`);
      return identity(mergeKey, one) === identity(mergeKey, item);
    });
    (found ? patched : serverOnly).push(item);
  }
  return { patched, serverOnly };
}

export function inOrder(
  mergeKey: string,
  { patched, serverOnly }: Parts,
  order: readonly unknown[],
  serverOrder: readonly unknown[],
): unknown[] {
  const right = sorted(mergeKey, patched, order);
  const left = sorted(mergeKey, serverOnly, serverOrder);
  const all: unknown[] = [];
  while (left.length > 0 && right.length > 0) {
    const [ours, theirs] = [
      placeOf(mergeKey, left[0], serverOrder),
      placeOf(mergeKey, right[0], serverOrder),
    ];
    const first = ours >= 0 && theirs >= 0 && ours < theirs;
    all.push((first ? left : right).shift());
  }
  return [...all, ...left, ...right];
}

/** Go's stable sort of a short list, with upstream's comparison: what has no place is less than everything. */
function sorted(mergeKey: string, items: readonly unknown[], order: readonly unknown[]): unknown[] {
  if (mergeKey !== '') for (const item of [...items, ...order]) mustHaveKey(mergeKey, item);
  const result = [...items];
  const places = result.map((item) => placeOf(mergeKey, item, order));
  for (let at = 1; at < result.length; at++) {
    for (let j = at; j > 0; j--) {
      const [here, before] = [places[j] ?? -1, places[j - 1] ?? -1];
      if (here >= 0 && before >= 0 && here >= before) break;
      [result[j], result[j - 1]] = [result[j - 1], result[j]];
      [places[j], places[j - 1]] = [before, here];
    }
  }
  return result;
}

function placeOf(mergeKey: string, item: unknown, order: readonly unknown[]): number {
  return order.findIndex((one) => identity(mergeKey, one) === identity(mergeKey, item));
}

/** What an item is told apart by. */
function identity(mergeKey: string, item: unknown): unknown {
  if (mergeKey === '') return item;
  return isFields(item) ? item[mergeKey] : undefined;
}

function mustHaveKey(mergeKey: string, item: unknown): void {
  if (!isFields(item))
    throw new PatchRefused(`expected a map[string]interface {}, but received a ${goValueType(item)}`);
  if (!Object.hasOwn(item, mergeKey)) throw noMergeKey(item, mergeKey);
}

/** validatePatchWithSetOrderList: what the patch has is in the order list, and in its order. */
function mustAgree(mergeKey: string, change: readonly unknown[], order: readonly unknown[]): void {
  if (change.length === 0 || order.length === 0) return;
  let at = 0;
  const speaking = change.filter((item) => !isFields(item) || !Object.hasOwn(item, '$patch'));
  for (const wanted of order) {
    if (at >= speaking.length) return;
    const item = speaking[at];
    if (mergeKey !== '') for (const one of [item, wanted]) mustHaveKey(mergeKey, one);
    if (identity(mergeKey, item) === identity(mergeKey, wanted)) at++;
  }
  if (at < speaking.length) {
    throw new PatchRefused(
      `The order in patch list:\n${goValueText(change)}\n doesn't match $setElementOrder list:\n${goValueText(order)}\n`,
    );
  }
}

import { isFields } from '../../api/fields';
import { sameJson } from '../../api/same-json';
import type { FieldType, Schema } from '../../api/schema/schema';
import { emptySet, type FieldPath, type FieldSet, insert } from './field-set';
import { ownedType } from './owned-type';

/** Which fields a write added, changed and removed. Source: structured-merge-diff/v4 typed/compare.go. */
export interface Comparison {
  readonly added: FieldSet;
  readonly modified: FieldSet;
  readonly removed: FieldSet;
}

export function compareFields(schema: Schema, type: FieldType, before: unknown, after: unknown): Comparison {
  const comparison = { added: emptySet(), modified: emptySet(), removed: emptySet() };
  compare({ schema, comparison }, type, before, after, []);
  return comparison;
}

interface Walk {
  readonly schema: Schema;
  readonly comparison: Comparison;
}

/** Undefined is a field that is not there; null is one that is null. */
function compare(walk: Walk, type: FieldType, before: unknown, after: unknown, path: FieldPath): void {
  // Most of an object is what it was.
  if (before !== undefined && after !== undefined && sameJson(before, after)) return;
  const { added, modified, removed } = walk.comparison;
  const owned = ownedType(walk.schema, type);
  if (owned.kind === 'leaf' || (isHollow(before) && isHollow(after))) {
    insert(before === undefined ? added : after === undefined ? removed : modified, path);
    return;
  }
  if (owned.kind === 'map') {
    const [left, right] = [isFields(before) ? before : {}, isFields(after) ? after : {}];
    for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
      const field = owned.field(key);
      if (field !== null) compare(walk, field.type, left[key], right[key], [...path, `f:${key}`]);
    }
  } else {
    const [left, right] = [itemsByElement(before, owned.element), itemsByElement(after, owned.element)];
    for (const element of new Set([...left.keys(), ...right.keys()]))
      compareItems(walk, owned.of, left.get(element) ?? [], right.get(element) ?? [], [...path, element]);
  }
  if (before === undefined) insert(added, path);
  else if (after === undefined) insert(removed, path);
}

/** Items that have their key from each other are owned together. */
function compareItems(
  walk: Walk,
  of: FieldType,
  before: readonly unknown[],
  after: readonly unknown[],
  path: FieldPath,
): void {
  const { added, modified, removed } = walk.comparison;
  if (before.length < 2 && after.length < 2) {
    compare(walk, of, before[0], after[0], path);
  } else if (before.length > 1 && after.length > 1) {
    if (!sameJson(before, after)) insert(modified, path);
  } else if (before.length > 1) {
    if (after.length > 0) compare(walk, of, undefined, after[0], path);
    insert(removed, path);
  } else {
    if (before.length > 0) compare(walk, of, before[0], undefined, path);
    insert(added, path);
  }
}

function isHollow(value: unknown): boolean {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isFields(value) && Object.keys(value).length === 0;
}

function itemsByElement(
  list: unknown,
  elementOf: (item: unknown) => string | null,
): ReadonlyMap<string, unknown[]> {
  const found = new Map<string, unknown[]>();
  for (const item of Array.isArray(list) ? list : []) {
    const element = elementOf(item);
    if (element !== null) found.set(element, [...(found.get(element) ?? []), item]);
  }
  return found;
}

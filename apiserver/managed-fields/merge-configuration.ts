import { isFields } from '../../api/fields';
import type { FieldType, Schema } from '../../api/schema/schema';
import { type FieldSet, isEmpty } from './field-set';
import { ownedType } from './owned-type';

/**
 * An applied configuration merged into the object that is there, and fields taken out of an object.
 * Source: structured-merge-diff/v4 typed/{merge,remove}.go.
 */
export function mergeConfiguration(
  schema: Schema,
  type: FieldType,
  live: unknown,
  applied: unknown,
): unknown {
  const owned = ownedType(schema, type);
  if (owned.kind === 'leaf') return applied === undefined ? live : applied;
  if (owned.kind === 'map') {
    const [left, right] = [isFields(live) ? live : {}, isFields(applied) ? applied : {}];
    const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
    if (keys.size === 0) return applied === undefined ? live : applied;
    const entries = [...keys].map((key) => {
      const field = owned.field(key);
      const value =
        field === null
          ? (right[key] ?? left[key])
          : mergeConfiguration(schema, field.type, left[key], right[key]);
      return [key, value] as const;
    });
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  }
  const [left, right] = [asList(live), asList(applied)];
  if (left.length + right.length === 0) return applied === undefined ? live : applied;
  const keyed = (items: readonly unknown[]) => items.map((item) => ({ element: owned.element(item), item }));
  return mergeLists(keyed(left), keyed(right), (before, after) =>
    mergeConfiguration(schema, owned.of, before, after),
  );
}

interface Keyed {
  readonly element: string | null;
  readonly item: unknown;
}

/** The applied order rules; what only the server has stays where it stood between its neighbours. */
function mergeLists(
  left: readonly Keyed[],
  right: readonly Keyed[],
  merge: (before: unknown, after: unknown) => unknown,
): unknown[] {
  const ofLeft = new Map(left.map((one) => [one.element, one.item]));
  const ofRight = new Map(right.map((one) => [one.element, one.item]));
  const shared = right.map(({ element }) => element).filter((element) => ofLeft.has(element));
  const done = new Set<string | null>();
  const merged: unknown[] = [];
  let [l, r] = [0, 0];
  while (l < left.length || r < right.length) {
    const [ours, theirs] = [left[l], right[r]];
    if (ours !== undefined && theirs !== undefined) {
      if (ours.element === theirs.element) {
        done.add(ours.element);
        merged.push(merge(ours.item, theirs.item));
        l++;
        r++;
        shared.shift();
        continue;
      }
      if (ofRight.has(ours.element) && shared.length > 0 && shared[0] !== ours.element) {
        l++;
        continue;
      }
    }
    if (ours !== undefined) {
      if (!ofRight.has(ours.element)) {
        merged.push(ours.item);
        l++;
        continue;
      }
      if (done.has(ours.element)) l++;
    }
    if (theirs !== undefined) {
      done.add(theirs.element);
      merged.push(merge(ofLeft.get(theirs.element), theirs.item));
      r++;
      if (shared[0] === theirs.element) shared.shift();
    }
  }
  return merged;
}

export function removeFields(schema: Schema, type: FieldType, value: unknown, fields: FieldSet): unknown {
  const owned = ownedType(schema, type);
  if (owned.kind === 'map' && isFields(value)) {
    const kept = Object.entries(value).flatMap(([key, member]) => {
      const element = `f:${key}`;
      if (fields.members.has(element)) return [];
      const below = fields.children.get(element);
      const field = owned.field(key);
      if (below === undefined || isEmpty(below) || field === null) return [[key, member] as const];
      return [[key, removeFields(schema, field.type, member, below)] as const];
    });
    return kept.length === 0 ? null : Object.fromEntries(kept);
  }
  if (owned.kind === 'list' && Array.isArray(value)) {
    const kept = value.flatMap((item: unknown) => {
      const element = owned.element(item) ?? '';
      if (fields.members.has(element)) return [];
      const below = fields.children.get(element);
      return [below === undefined || isEmpty(below) ? item : removeFields(schema, owned.of, item, below)];
    });
    return kept.length === 0 ? null : kept;
  }
  return value;
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

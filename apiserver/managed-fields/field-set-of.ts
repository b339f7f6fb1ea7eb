import { isFields } from '../../api/fields';
import type { FieldType, Schema } from '../../api/schema/schema';
import { emptySet, type FieldPath, type FieldSet, insert } from './field-set';
import { ownedType } from './owned-type';

/** The fields that an object has. Source: structured-merge-diff/v4 typed/tofieldset.go. */
export function fieldSetOf(schema: Schema, type: FieldType, value: unknown): FieldSet {
  const set = emptySet();
  collect(schema, type, value, [], set);
  return set;
}

function collect(schema: Schema, type: FieldType, value: unknown, path: FieldPath, set: FieldSet): void {
  const owned = ownedType(schema, type);
  switch (owned.kind) {
    case 'leaf':
      insert(set, path);
      return;
    case 'map':
      if (!isFields(value)) return;
      for (const [key, member] of Object.entries(value)) {
        const field = owned.field(key);
        if (field === null) continue;
        const below = [...path, `f:${key}`];
        collect(schema, field.type, member, below, set);
        const hollow = member === null || (isFields(member) && Object.keys(member).length === 0);
        if (hollow || !field.named) insert(set, below);
      }
      return;
    case 'list':
      if (!Array.isArray(value)) return;
      for (const item of value) {
        const element = owned.element(item);
        if (element === null) continue;
        collect(schema, owned.of, item, [...path, element], set);
        insert(set, [...path, element]);
      }
  }
}

/** With the named fields on the way to each path: what is removed with the last field below it. */
export function withNamedFields(schema: Schema, type: FieldType | null, set: FieldSet): FieldSet {
  const owned = type === null ? null : ownedType(schema, type);
  const members = new Set(set.members);
  const children = new Map<string, FieldSet>();
  for (const [element, child] of set.children) {
    const field = owned?.kind === 'map' && element.startsWith('f:') ? owned.field(element.slice(2)) : null;
    if (field?.named) members.add(element);
    const below = field?.type ?? (owned?.kind === 'list' ? owned.of : null);
    children.set(element, withNamedFields(schema, below, child));
  }
  return { members, children };
}

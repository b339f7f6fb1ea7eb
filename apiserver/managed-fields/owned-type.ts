import { isFields } from '../../api/fields';
import { jsonFields } from '../../api/schema/json-fields';
import type { FieldType, ListOwnership, Schema } from '../../api/schema/schema';

/**
 * How a value is owned: as a whole, or field by field, or item by item.
 * Source: sigs.k8s.io/structured-merge-diff/v4 schema/elements.go and typed/helpers.go (listItemToPathElement).
 */
export type OwnedType =
  | { readonly kind: 'leaf' }
  | {
      readonly kind: 'map';
      /** Null when the schema does not know the key; `named` is a field of a struct, not a key of a map. */
      readonly field: (key: string) => { readonly type: FieldType; readonly named: boolean } | null;
    }
  | {
      readonly kind: 'list';
      readonly of: FieldType;
      /** The path element of an item; null when its keys are missing. */
      readonly element: (item: unknown) => string | null;
    };

export function ownedType(schema: Schema, type: FieldType): OwnedType {
  switch (type.kind) {
    case 'message': {
      if (type.atomic) return leaf;
      const fields = jsonFields(schema.message(type.message), schema);
      return {
        kind: 'map',
        field: (key) => {
          const field = fields.get(key);
          return field === undefined ? null : { type: field.type, named: true };
        },
      };
    }
    case 'map':
      return type.atomic ? leaf : { kind: 'map', field: () => ({ type: type.of, named: false }) };
    case 'list':
      return type.owned.kind === 'atomic'
        ? leaf
        : { kind: 'list', of: type.of, element: elementOf(schema, type.of, type.owned) };
  }
  return leaf;
}

const leaf: OwnedType = { kind: 'leaf' };

function elementOf(schema: Schema, of: FieldType, owned: ListOwnership): (item: unknown) => string | null {
  if (owned.kind !== 'map') return (item) => `v:${JSON.stringify(item)}`;
  const fields = of.kind === 'message' ? jsonFields(schema.message(of.message), schema) : new Map();
  const keys = [...owned.keys].sort();
  return (item) => {
    if (!isFields(item)) return null;
    const entries = keys.map((key) => [key, item[key] ?? fields.get(key)?.default] as const);
    const written = entries.filter(([, value]) => value !== undefined);
    return written.length === 0 ? null : `k:${JSON.stringify(Object.fromEntries(written))}`;
  };
}

import { isFields } from '../../api/fields';
import type { FieldType, Schema } from '../../api/schema/schema';
import { type FieldPath, pathText } from './field-set';
import { ownedType } from './owned-type';

/**
 * What is wrong with an applied configuration before anything is merged: fields that the type does not have, items
 * that have no key or have it twice. Source: structured-merge-diff/v4 typed/{validate,helpers}.go.
 */
export function checkConfiguration(
  schema: Schema,
  type: FieldType,
  value: unknown,
  path: FieldPath = [],
): string[] {
  const owned = ownedType(schema, withoutAtoms(type));
  if (value === null || value === undefined || owned.kind === 'leaf') return [];
  const where = pathText(path);
  if (owned.kind === 'map') {
    if (!isFields(value)) return [`${where}: expected map, got &{${goValue(value)}}`];
    return Object.entries(value).flatMap(([key, member]) => {
      const field = owned.field(key);
      const below = [...path, `f:${key}`];
      return field === null
        ? [`${pathText(below)}: field not declared in schema`]
        : checkConfiguration(schema, field.type, member, below);
    });
  }
  if (!Array.isArray(value)) return [`${where}: expected list, got &{${goValue(value)}}`];
  const seen = new Set<string>();
  return value.flatMap((item: unknown, at) => {
    const element = owned.element(item);
    if (element === null)
      return [`${where}: element ${at}: associative list with keys has an element that omits key field`];
    if (seen.has(element)) return [`${where}: duplicate entries for key ${pathText([element])}`];
    seen.add(element);
    return checkConfiguration(schema, owned.of, item, [...path, element]);
  });
}

/** What is owned as a whole is looked into all the same. */
function withoutAtoms(type: FieldType): FieldType {
  return type.kind === 'message' || type.kind === 'map' ? { ...type, atomic: false } : type;
}

function goValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

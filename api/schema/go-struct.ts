import { jsonFields } from './json-fields';
import type { Field, FieldType, Message, Schema } from './schema';

/**
 * A struct as Go holds it between reading and writing: what was set, under the key in JSON. Whether an object came as
 * JSON, YAML or protobuf, the apiserver answers with what Go's encoder writes, so all three meet here.
 *
 * Values are: strings (also for bytes, times, quantities), numbers, booleans, null for a pointer that was set to nothing, any JSON,
 * GoStruct, arrays and Maps of these.
 */
export interface GoStruct {
  readonly message: Message;
  readonly values: Map<string, unknown>;
}

/** The JSON of a struct, as encoding/json writes it: fields in their order, empty ones only where the tag keeps them. */
export function writeGoStruct({ message, values }: GoStruct, schema: Schema): Record<string, unknown> {
  const written: Record<string, unknown> = {};
  for (const [name, field] of jsonFields(message, schema)) {
    const value = values.get(name);
    if (value === undefined || value === null) {
      const empty = emptyOf(field, schema);
      if (empty !== undefined) written[name] = empty;
    } else if (field.pointer || field.type.kind === 'int-or-string' || !isEmpty(value)) {
      written[name] = write(value, schema);
    } else if (!field.omitEmpty) {
      // An empty list does not survive the way through storage: what comes back is nil.
      written[name] = Array.isArray(value) || value instanceof Map ? null : value;
    }
  }
  return written;
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (value instanceof Map) return value.size === 0;
  return value === '' || value === 0 || value === false;
}

function write(value: unknown, schema: Schema): unknown {
  if (Array.isArray(value)) return value.map((item: unknown) => write(item, schema));
  if (value instanceof Map) {
    // Keys in order, as Go writes a map; fromEntries makes an own property of any key.
    const entries = [...(value as Map<string, unknown>)].sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries.map(([key, item]) => [key, write(item, schema)]));
  }
  return isGoStruct(value) ? writeGoStruct(value, schema) : value;
}

export function isGoStruct(value: unknown): value is GoStruct {
  return typeof value === 'object' && value !== null && 'values' in value && value.values instanceof Map;
}

/** What a field that was never set looks like in JSON; undefined when it is left out. */
function emptyOf(field: Field, schema: Schema): unknown {
  if (field.pointer) return field.omitEmpty ? undefined : null;
  const { type } = field;
  switch (type.kind) {
    // Structs in Go, which omitempty does not leave out.
    case 'message':
      return writeGoStruct({ message: schema.message(type.message), values: new Map() }, schema);
    case 'time':
    case 'micro-time':
      return null;
    case 'quantity':
      return '0';
    case 'int-or-string':
      return 0;
    case 'any':
      return null;
  }
  return field.omitEmpty ? undefined : scalarZero(type);
}

/** Go's zero value of what is no struct, list or map; null for those. */
export function scalarZero(type: FieldType): unknown {
  switch (type.kind) {
    case 'string':
      return '';
    case 'bool':
      return false;
    case 'int32':
    case 'int64':
    case 'double':
      return 0;
  }
  return null;
}

/** Go's zero value, for an element that is `null` in JSON. */
export function goZero(type: FieldType, schema: Schema): unknown {
  switch (type.kind) {
    case 'message':
      return { message: schema.message(type.message), values: new Map() };
    case 'quantity':
      return '0';
    case 'int-or-string':
      return 0;
    case 'bytes':
      return null;
  }
  return scalarZero(type);
}

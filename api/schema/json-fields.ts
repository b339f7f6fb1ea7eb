import type { Field, Message, Schema } from './schema';

/** The fields that a message has in JSON, by key: those of inline structs stand beside its own. */
export function jsonFields(message: Message, schema: Schema): ReadonlyMap<string, Field> {
  const known = flattened.get(message);
  if (known !== undefined) return known;
  const fields = new Map<string, Field>();
  for (const field of message.fields) {
    if (field.inline && field.type.kind === 'message') {
      for (const [name, inner] of jsonFields(schema.message(field.type.message), schema))
        fields.set(name, inner);
    } else {
      fields.set(field.name, field);
    }
  }
  flattened.set(message, fields);
  return fields;
}

const flattened = new WeakMap<Message, ReadonlyMap<string, Field>>();

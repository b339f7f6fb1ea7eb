/** JSON objects that others wrote: read without believing that they are what they should be. */
export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Null: no JSON, or no object. */
export function parseFields(json: string): Fields | null {
  try {
    const parsed: unknown = JSON.parse(json);
    return isFields(parsed) ? parsed : null;
  } catch {
    return null;
  }
}

/** Null: too deep. JSON.parse takes any depth, JSON.stringify runs out of stack after some thousand levels. */
export function formatFields(fields: Fields): string | null {
  try {
    return JSON.stringify(fields);
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

/** The object in a field; an empty one where something else is, or nothing. */
export function fieldsIn(fields: Fields, name: string): Fields {
  const found = Object.hasOwn(fields, name) ? fields[name] : undefined;
  return isFields(found) ? found : {};
}

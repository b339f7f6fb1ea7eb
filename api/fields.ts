/** Reading an object whose shape nobody has promised: what is missing or of another shape reads as nothing. */
export type Fields = Record<string, unknown>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An object; {} when there is none. */
export function fieldsOf(value: unknown): Fields {
  return isFields(value) ? value : {};
}

/** The objects of a list; [] when there is none. */
export function itemsOf(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

/** The strings of a list; [] when there is none. */
export function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === 'string') : [];
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

/** The object at `key`, made when it is missing: for those who fill in. */
export function fieldsAt(parent: Fields, key: string): Fields {
  const found = parent[key];
  if (isFields(found)) return found;
  const made: Fields = {};
  parent[key] = made;
  return made;
}

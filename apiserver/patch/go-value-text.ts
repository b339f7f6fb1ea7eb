import { isFields } from '../../api/fields';

/** A JSON value as Go prints it with `%v`: Kubernetes says so what it did not understand. */
export function goValueText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>';
  if (Array.isArray(value)) return `[${value.map(goValueText).join(' ')}]`;
  if (!isFields(value)) return String(value);
  const keys = Object.keys(value).sort();
  return `map[${keys.map((key) => `${key}:${goValueText(value[key])}`).join(' ')}]`;
}

/** The Go type that encoding/json gives a value, as reflect names it. */
export function goValueType(value: unknown): string {
  if (value === null || value === undefined) return '%!s(<nil>)';
  if (Array.isArray(value)) return '[]interface {}';
  switch (typeof value) {
    case 'string':
      return 'string';
    case 'boolean':
      return 'bool';
    case 'number':
      return Number.isInteger(value) ? 'int64' : 'float64';
  }
  return 'map[string]interface {}';
}

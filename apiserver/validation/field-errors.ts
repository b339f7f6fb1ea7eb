import type { FieldError } from '../../api/failures';

/**
 * The kinds of field error, in upstream's words.
 * Source: k8s.io/apimachinery pkg/util/validation/field/errors.go (ErrorBody), 1.33.
 */
export function required(field: string, detail = ''): FieldError {
  return { field, type: 'FieldValueRequired', text: withDetail('Required value', detail) };
}

export function invalidValue(field: string, value: unknown, detail: string): FieldError {
  return { field, type: 'FieldValueInvalid', text: withDetail(`Invalid value: ${goValue(value)}`, detail) };
}

export function forbidden(field: string, detail: string): FieldError {
  return { field, type: 'FieldValueForbidden', text: withDetail('Forbidden', detail) };
}

export function duplicate(field: string, value: unknown): FieldError {
  return { field, type: 'FieldValueDuplicate', text: `Duplicate value: ${goValue(value)}` };
}

export function notFoundValue(field: string, value: unknown): FieldError {
  return { field, type: 'FieldValueNotFound', text: `Not found: ${goValue(value)}` };
}

export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const list = supported.map((entry) => JSON.stringify(entry)).join(', ');
  return {
    field,
    type: 'FieldValueNotSupported',
    text: withDetail(`Unsupported value: ${goValue(value)}`, list === '' ? '' : `supported values: ${list}`),
  };
}

/** Of a value that is one of a few words and must be there. */
export function choiceErrors(field: string, value: string, choices: readonly string[]): FieldError[] {
  if (value === '') return [required(field)];
  return choices.includes(value) ? [] : [notSupported(field, value, choices)];
}

export function tooLong(field: string, limit: number): FieldError {
  return { field, type: 'FieldValueTooLong', text: `Too long: may not be more than ${limit} bytes` };
}

export function tooMany(field: string, actual: number, limit: number): FieldError {
  return { field, type: 'FieldValueTooMany', text: `Too many: ${actual}: must have at most ${limit} items` };
}

/** A value whose Go type has a name of its own: `v1.LabelSelector{…}`, printed with %#v. */
export class GoSyntax {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** `map[string]string{"app":"web"}`, the keys sorted as fmt does; `map[string]string(nil)` for none. */
export function goStringMap(map: Readonly<Record<string, unknown>> | undefined): GoSyntax {
  if (map === undefined) return new GoSyntax('map[string]string(nil)');
  const pairs = Object.entries(map)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`);
  return new GoSyntax(`map[string]string{${pairs.join(', ')}}`);
}

export function goStrings(values: readonly string[]): GoSyntax {
  return new GoSyntax(`[]string{${values.map((value) => JSON.stringify(value)).join(', ')}}`);
}

function goValue(value: unknown): string {
  if (value instanceof GoSyntax) return value.text;
  if (value === undefined || value === null) return '"null"';
  if (typeof value === 'string') return JSON.stringify(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function withDetail(text: string, detail: string): string {
  return detail === '' ? text : `${text}: ${detail}`;
}

import type { FieldError } from '../../api/failures';
import { invalidValue } from './field-errors';
import { isPortName } from './names';

/** Checks of numbers that many kinds share. Source: k8s.io/apimachinery pkg/util/validation/validation.go. */
export function portErrors(field: string, port: unknown): FieldError[] {
  return typeof port === 'number' && port >= 1 && port <= 65_535
    ? []
    : [invalidValue(field, port ?? 0, 'must be between 1 and 65535, inclusive')];
}

export function portOrNameErrors(field: string, port: unknown): FieldError[] {
  if (typeof port !== 'string') return portErrors(field, port);
  return isPortName(port).map((why) => invalidValue(field, port, why));
}

export function nonNegativeErrors(field: string, value: unknown): FieldError[] {
  return typeof value === 'number' && value < 0
    ? [invalidValue(field, value, 'must be greater than or equal to 0')]
    : [];
}

export function rangeErrors(field: string, value: unknown, from: number, to: number): FieldError[] {
  if (typeof value !== 'number' || (value >= from && value <= to)) return [];
  return [invalidValue(field, value, `must be between ${from} and ${to}, inclusive`)];
}

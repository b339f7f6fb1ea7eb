import type { FieldError } from '../../api/failures';
import { type Fields, fieldsOf } from '../../api/fields';
import { parseQuantity, quantityText } from '../../api/quantity';
import { invalidValue } from './field-errors';
import { isQualifiedName } from './names';

/** ValidateContainerResourceRequirements of pkg/apis/core/validation/validation.go. */
export function resourceErrors(at: string, resources: Fields): FieldError[] {
  const [limits, requests] = [fieldsOf(resources['limits']), fieldsOf(resources['requests'])];
  return [
    ...amountErrors(`${at}.limits`, limits),
    ...Object.entries(requests).flatMap(([name, amount]) => [
      ...nameErrors(`${at}.requests[${name}]`, name),
      ...signErrors(`${at}.requests[${name}]`, amount),
      ...overLimit(`${at}.requests`, name, amount, limits[name]),
    ]),
  ];
}

function amountErrors(at: string, amounts: Fields): FieldError[] {
  return Object.entries(amounts).flatMap(([name, amount]) => [
    ...nameErrors(`${at}[${name}]`, name),
    ...signErrors(`${at}[${name}]`, amount),
  ]);
}

const standardResource = /^(cpu|memory|ephemeral-storage|hugepages-.+)$/;

function nameErrors(field: string, name: string): FieldError[] {
  const errors = isQualifiedName(name).map((why) => invalidValue(field, name, why));
  if (errors.length > 0 || name.includes('/') || standardResource.test(name)) return errors;
  return [
    invalidValue(field, name, 'must be a standard resource type or fully qualified'),
    invalidValue(field, name, 'must be a standard resource for containers'),
  ];
}

function signErrors(field: string, amount: unknown): FieldError[] {
  const quantity = parseQuantity(String(amount));
  return quantity !== null && quantity.nanos < 0n
    ? [invalidValue(field, quantityText(quantity), 'must be greater than or equal to 0')]
    : [];
}

function overLimit(field: string, name: string, amount: unknown, limit: unknown): FieldError[] {
  if (limit === undefined) return [];
  const [wanted, most] = [parseQuantity(String(amount)), parseQuantity(String(limit))];
  if (wanted === null || most === null || wanted.nanos <= most.nanos) return [];
  const why = `must be less than or equal to ${name} limit of ${quantityText(most)}`;
  return [invalidValue(field, quantityText(wanted), why)];
}

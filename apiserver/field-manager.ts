import type { FieldError } from '../api/failures';
import { goQuote } from '../wire/go-quote';

/**
 * Who writes, as field owners are told apart: what the client says it is, else the first word of its User-Agent.
 * Source: k8s.io/apiserver pkg/endpoints/handlers/create.go (managerOrUserAgent);
 * k8s.io/apimachinery pkg/apis/meta/v1/validation (ValidateFieldManager).
 */
const longest = 128;

export function fieldManagerOf(query: URLSearchParams, userAgent: string): string {
  const asked = query.get('fieldManager') ?? '';
  if (asked !== '') return asked;
  const printable = [...(userAgent.split('/')[0] ?? '')].filter(isPrintable);
  let manager = '';
  for (const character of printable) {
    if (Buffer.byteLength(manager + character) > longest) break;
    manager += character;
  }
  return manager;
}

export function validateFieldManager(manager: string): FieldError[] {
  const errors: FieldError[] = [];
  if (Buffer.byteLength(manager) > longest) {
    const text = `Too long: may not be more than ${longest} bytes`;
    errors.push({ field: 'fieldManager', type: 'FieldValueTooLong', text });
  }
  let at = 0;
  for (const character of manager) {
    if (!isPrintable(character)) {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
      const text = `Invalid value: ${goQuote(manager)}: invalid character U+${code} (at position ${at})`;
      errors.push({ field: 'fieldManager', type: 'FieldValueInvalid', text });
    }
    at += Buffer.byteLength(character);
  }
  return errors;
}

/** unicode.IsPrint: letters, marks, numbers, punctuation, symbols, and the one blank of ASCII. */
function isPrintable(character: string): boolean {
  return /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(character);
}

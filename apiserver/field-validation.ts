import { type Failure, invalid } from '../api/failures';

/** What becomes of unknown and duplicate fields: refused, told in a Warning header, or dropped silently. */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

const known: readonly FieldValidation[] = ['Ignore', 'Strict', 'Warn'];

/**
 * k8s.io/apimachinery pkg/apis/meta/v1/validation, ValidateFieldValidation; Warn where the client does not say.
 * `optionsKind` is the kind of the query's parameters, null where they have no fieldValidation.
 */
export function fieldValidationOf(
  query: URLSearchParams,
  optionsKind: string | null,
): { readonly kind: 'field-validation'; readonly validation: FieldValidation } | Failure {
  const asked = optionsKind === null ? '' : (query.get('fieldValidation') ?? '');
  const validation = asked === '' ? 'Warn' : known.find((one) => one === asked);
  if (validation !== undefined || optionsKind === null)
    return { kind: 'field-validation', validation: validation ?? 'Warn' };
  const text = `Unsupported value: ${JSON.stringify(asked)}: supported values: "", "Ignore", "Strict", "Warn"`;
  return invalid({ group: 'meta.k8s.io', kind: optionsKind }, '', [
    { field: 'fieldValidation', type: 'FieldValueNotSupported', text },
  ]);
}

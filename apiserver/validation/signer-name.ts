import type { FieldError } from '../../api/failures';
import { invalidValue, required, tooLong } from './field-errors';
import { isDnsLabel, isSubdomain, type NameRule } from './names';

/** `domain/path`: who is to sign. Source: pkg/apis/core/validation/names.go (ValidateSignerName). */
export function signerNameErrors(field: string, name: string): FieldError[] {
  if (name === '') return [required(field)];
  const segments = name.split('/');
  const [domain = '', path = ''] = segments;
  if (segments.length !== 2) {
    const form = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    return [invalidValue(field, name, form)];
  }
  const errors: FieldError[] = [];
  if (domain.length > 253) errors.push(tooLong(field, 253));
  errors.push(...partErrors(field, domain, isDnsLabel));
  if (!domain.includes('.'))
    errors.push(
      invalidValue(field, domain, 'should be a domain with at least two segments separated by dots'),
    );
  errors.push(...partErrors(field, path, isSubdomain));
  if (name.length > 571) errors.push(tooLong(field, 571));
  return errors;
}

/** Only of the first part that is wrong. */
function partErrors(field: string, segment: string, rule: NameRule): FieldError[] {
  const wrong = segment.split('.').find((part) => rule(part).length > 0);
  if (wrong === undefined) return [];
  return rule(wrong).map((why) =>
    invalidValue(field, segment, `validating label ${JSON.stringify(wrong)}: ${why}`),
  );
}

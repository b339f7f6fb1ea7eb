import type { FieldError } from '../../api/failures';
import { type Fields, textOf } from '../../api/fields';
import { forbidden, GoSyntax, invalidValue, notSupported } from './field-errors';
import { isLabelValue, isQualifiedName } from './names';

/** ValidateTolerations of pkg/apis/core/validation/validation.go. */
export function tolerationsErrors(at: string, tolerations: readonly Fields[]): FieldError[] {
  return tolerations.flatMap((toleration, index) => tolerationErrors(`${at}[${index}]`, toleration));
}

export const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function tolerationErrors(at: string, toleration: Fields): FieldError[] {
  const [key, operator] = [textOf(toleration['key']), textOf(toleration['operator'])];
  const [value, effect] = [textOf(toleration['value']), textOf(toleration['effect'])];
  const errors: FieldError[] = [];
  if (key !== '') errors.push(...isQualifiedName(key).map((why) => invalidValue(`${at}.key`, key, why)));
  if (key === '' && operator !== 'Exists') {
    const why = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    errors.push(invalidValue(`${at}.operator`, operator, why));
  }
  if (typeof toleration['tolerationSeconds'] === 'number' && effect !== 'NoExecute') {
    const why = "effect must be 'NoExecute' when `tolerationSeconds` is set";
    errors.push(invalidValue(`${at}.effect`, effect, why));
  }
  switch (operator) {
    case 'Equal':
    case '': {
      const faults = isLabelValue(value);
      if (faults.length > 0) errors.push(invalidValue(`${at}.operator`, value, faults.join(';')));
      break;
    }
    case 'Exists':
      if (value !== '')
        errors.push(
          invalidValue(
            `${at}.operator`,
            goToleration(toleration),
            "value must be empty when `operator` is 'Exists'",
          ),
        );
      break;
    default:
      errors.push(notSupported(`${at}.operator`, operator, ['Equal', 'Exists']));
  }
  if (effect !== '' && !taintEffects.includes(effect))
    errors.push(notSupported(`${at}.effect`, effect, taintEffects));
  return errors;
}

function goToleration(toleration: Fields): GoSyntax {
  const [key, operator, value, effect] = ['key', 'operator', 'value', 'effect'].map((name) =>
    JSON.stringify(textOf(toleration[name])),
  );
  return new GoSyntax(
    `core.Toleration{Key:${key}, Operator:${operator}, Value:${value}, Effect:${effect}, TolerationSeconds:(*int64)(nil)}`,
  );
}

/** validateOnlyAddedTolerations: a toleration that is there stays, except for its seconds. */
export function addedTolerationsErrors(
  at: string,
  after: readonly Fields[],
  before: readonly Fields[],
): FieldError[] {
  const same = (a: Fields, b: Fields) =>
    ['key', 'operator', 'value', 'effect'].every((name) => textOf(a[name]) === textOf(b[name]));
  const kept = before.every((old) => after.some((toleration) => same(old, toleration)));
  return [
    ...(kept ? [] : [forbidden(at, 'existing toleration can not be modified except its tolerationSeconds')]),
    ...tolerationsErrors(at, after),
  ];
}

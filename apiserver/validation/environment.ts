import type { FieldError } from '../../api/failures';
import { type Fields, fieldsOf, isFields, itemsOf, textOf } from '../../api/fields';
import { invalidValue, required } from './field-errors';
import { fieldPathErrors } from './field-path';
import { isConfigKey, isEnvVarName, isSubdomain } from './names';

/** ValidateEnv and ValidateEnvFrom of pkg/apis/core/validation/validation.go. */
export function environmentErrors(at: string, container: Fields): FieldError[] {
  return [
    ...itemsOf(container['env']).flatMap((variable, index) =>
      variableErrors(`${at}.env[${index}]`, variable),
    ),
    ...itemsOf(container['envFrom']).flatMap((source, index) => sourceErrors(`${at}.envFrom`, index, source)),
  ];
}

function variableErrors(at: string, variable: Fields): FieldError[] {
  const name = textOf(variable['name']);
  const errors =
    name === ''
      ? [required(`${at}.name`)]
      : isEnvVarName(name).map((why) => invalidValue(`${at}.name`, name, why));
  const from = variable['valueFrom'];
  return isFields(from)
    ? [...errors, ...valueFromErrors(`${at}.valueFrom`, from, textOf(variable['value']))]
    : errors;
}

const sources = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef'];

function valueFromErrors(at: string, from: Fields, value: string): FieldError[] {
  const given = sources.filter((name) => isFields(from[name]));
  const errors = given.flatMap((name) => referenceErrors(`${at}.${name}`, name, fieldsOf(from[name])));
  const why = 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`';
  if (given.length === 0) return [invalidValue(at, '', why)];
  if (value !== '')
    return [...errors, invalidValue(at, '', 'may not be specified when `value` is not empty')];
  return given.length > 1
    ? [...errors, invalidValue(at, '', 'may not have more than one field specified at a time')]
    : errors;
}

/** validEnvDownwardAPIFieldPathExpressions. */
const environmentFields = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

function referenceErrors(at: string, name: string, reference: Fields): FieldError[] {
  switch (name) {
    case 'fieldRef':
      return fieldPathErrors(at, reference, environmentFields);
    case 'configMapKeyRef':
    case 'secretKeyRef': {
      const key = textOf(reference['key']);
      return [
        ...isSubdomain(textOf(reference['name'])).map((why) =>
          invalidValue(`${at}.name`, textOf(reference['name']), why),
        ),
        ...(key === ''
          ? [required(`${at}.key`)]
          : isConfigKey(key).map((why) => invalidValue(`${at}.key`, key, why))),
      ];
    }
    case 'resourceFieldRef':
      return textOf(reference['resource']) === '' ? [required(`${at}.resource`)] : [];
  }
  return [];
}

function sourceErrors(list: string, index: number, source: Fields): FieldError[] {
  const at = `${list}[${index}]`;
  const prefix = textOf(source['prefix']);
  const given = ['configMapRef', 'secretRef'].filter((name) => isFields(source[name]));
  const errors = [
    ...(prefix === '' ? [] : isEnvVarName(prefix).map((why) => invalidValue(`${at}.prefix`, prefix, why))),
    ...given.flatMap((kind) => {
      const name = textOf(fieldsOf(source[kind])['name']);
      return name === ''
        ? [required(`${at}.${kind}.name`)]
        : isSubdomain(name).map((why) => invalidValue(`${at}.${kind}.name`, name, why));
    }),
  ];
  if (given.length === 0)
    errors.push(invalidValue(list, '', 'must specify one of: `configMapRef` or `secretRef`'));
  if (given.length > 1)
    errors.push(invalidValue(list, '', 'may not have more than one field specified at a time'));
  return errors;
}

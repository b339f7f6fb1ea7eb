import type { FieldError } from '../../api/failures';
import { type Fields, fieldsOf, textOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import { forbidden, invalidValue, required, tooLong } from './field-errors';
import { isConfigKey } from './names';

/** ConfigMaps and Secrets. Source: pkg/apis/core/validation/validation.go. 1 MiB: MaxSecretSize. */
const dataLimit = 1_048_576;

export function validateConfigMap(object: KubeObject): FieldError[] {
  const [data, binary] = [fieldsOf(object['data']), fieldsOf(object['binaryData'])];
  const size = sizeOf(data, (value) => Buffer.byteLength(value)) + sizeOf(binary, decodedLength);
  const why = 'duplicate of key present in binaryData';
  return [
    ...Object.keys(data).flatMap((key) => [
      ...keyErrors('data', key),
      ...(key in binary ? [invalidValue(`data[${key}]`, key, why)] : []),
    ]),
    ...Object.keys(binary).flatMap((key) => keyErrors('binaryData', key)),
    ...(size > dataLimit ? [tooLong('[]', dataLimit)] : []),
  ];
}

export function validateSecret(object: KubeObject): FieldError[] {
  const data = fieldsOf(object['data']);
  return [
    ...Object.keys(data).flatMap((key) => keyErrors('data', key)),
    ...(sizeOf(data, decodedLength) > dataLimit ? [tooLong('data', dataLimit)] : []),
    ...typeErrors(object, data),
  ];
}

function keyErrors(field: string, key: string): FieldError[] {
  return isConfigKey(key).map((why) => invalidValue(`${field}[${key}]`, key, why));
}

function sizeOf(data: Fields, lengthOf: (value: string) => number): number {
  return Object.values(data).reduce<number>((sum, value) => sum + lengthOf(textOf(value)), 0);
}

function decodedLength(base64: string): number {
  return Buffer.byteLength(base64, 'base64');
}

function typeErrors(object: KubeObject, data: Fields): FieldError[] {
  const missing = (...keys: string[]): FieldError[] =>
    keys.filter((key) => !(key in data)).map((key) => required(`data[${key}]`));
  switch (textOf(object['type'])) {
    case 'kubernetes.io/service-account-token': {
      const annotation = 'kubernetes.io/service-account.name';
      return object.metadata.annotations?.[annotation]
        ? []
        : [required(`metadata.annotations[${annotation}]`)];
    }
    case 'kubernetes.io/dockercfg':
      return [...missing('.dockercfg'), ...jsonErrors(data, '.dockercfg')];
    case 'kubernetes.io/dockerconfigjson':
      return [...missing('.dockerconfigjson'), ...jsonErrors(data, '.dockerconfigjson')];
    case 'kubernetes.io/basic-auth':
      return 'username' in data || 'password' in data ? [] : missing('username', 'password');
    case 'kubernetes.io/ssh-auth':
      return textOf(data['ssh-privatekey']) === '' ? [required('data[ssh-privatekey]')] : [];
    case 'kubernetes.io/tls':
      return missing('tls.crt', 'tls.key');
  }
  return [];
}

/** The value is never shown. */
function jsonErrors(data: Fields, key: string): FieldError[] {
  if (!(key in data)) return [];
  const text = Buffer.from(textOf(data[key]), 'base64').toString();
  try {
    JSON.parse(text);
    return [];
  } catch {
    const why =
      text === ''
        ? 'unexpected end of JSON input'
        : `invalid character ${goRune(text)} looking for beginning of value`;
    return [invalidValue(`data[${key}]`, '<secret contents redacted>', why)];
  }
}

function goRune(text: string): string {
  return `'${text.charAt(0)}'`;
}

export function validateConfigMapUpdate(object: KubeObject, current: KubeObject): FieldError[] {
  return immutableErrors(object, current, ['data', 'binaryData']);
}

export function validateSecretUpdate(object: KubeObject, current: KubeObject): FieldError[] {
  const type = textOf(object['type']);
  return [
    ...(type === textOf(current['type']) ? [] : [invalidValue('type', type, 'field is immutable')]),
    ...immutableErrors(object, current, ['data']),
  ];
}

function immutableErrors(object: KubeObject, current: KubeObject, fields: readonly string[]): FieldError[] {
  if (current['immutable'] !== true) return [];
  const why = 'field is immutable when `immutable` is set';
  const changed = fields.filter(
    (field) => canonical(fieldsOf(object[field])) !== canonical(fieldsOf(current[field])),
  );
  return [
    ...(object['immutable'] === true ? [] : [forbidden('immutable', why)]),
    ...changed.map((field) => forbidden(field, why)),
  ];
}

function canonical(data: Fields): string {
  return JSON.stringify(Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1)));
}

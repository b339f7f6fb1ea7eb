import type { FieldError } from '../../api/failures';
import { type Fields, fieldsOf, itemsOf, textOf } from '../../api/fields';
import { duplicate, forbidden, invalidValue, notFoundValue, notSupported, required } from './field-errors';
import { isDnsLabel } from './names';

/** ValidateVolumes of pkg/apis/core/validation/validation.go, for the sources that a pod of the lab can use. */
export function volumesErrors(at: string, volumes: readonly Fields[]): FieldError[] {
  const seen = new Set<string>();
  return volumes.flatMap((volume, index) => {
    const name = textOf(volume['name']);
    const field = `${at}[${index}]`;
    const errors = sourcesErrors(field, volume);
    if (name === '') errors.push(required(`${field}.name`));
    else errors.push(...isDnsLabel(name).map((why) => invalidValue(`${field}.name`, name, why)));
    if (seen.has(name) && name !== '') errors.push(duplicate(`${field}.name`, name));
    seen.add(name);
    return errors;
  });
}

function sourcesErrors(at: string, volume: Fields): FieldError[] {
  const given = Object.keys(volume).filter((key) => key !== 'name');
  if (given.length === 0) return [required(at, 'must specify a volume type')];
  return given.flatMap((key, index) =>
    index === 0
      ? sourceErrors(`${at}.${key}`, key, fieldsOf(volume[key]))
      : [forbidden(`${at}.${key}`, 'may not specify more than 1 volume type')],
  );
}

const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

function sourceErrors(at: string, kind: string, source: Fields): FieldError[] {
  const needs = (key: string): FieldError[] => (textOf(source[key]) === '' ? [required(`${at}.${key}`)] : []);
  switch (kind) {
    case 'configMap':
      return [...needs('name'), ...itemsErrors(at, source)];
    case 'secret':
      return [...needs('secretName'), ...itemsErrors(at, source)];
    case 'persistentVolumeClaim':
      return needs('claimName');
    case 'hostPath': {
      const [path, type] = [textOf(source['path']), textOf(source['type'])];
      return [
        ...needs('path'),
        ...(path.split('/').includes('..')
          ? [invalidValue(`${at}.path`, path, "must not contain '..'")]
          : []),
        ...(hostPathTypes.includes(type) ? [] : [notSupported(`${at}.type`, type, hostPathTypes)]),
      ];
    }
  }
  return [];
}

function itemsErrors(at: string, source: Fields): FieldError[] {
  return itemsOf(source['items']).flatMap((item, index) => {
    const field = `${at}.items[${index}]`;
    const path = textOf(item['path']);
    return [
      ...(textOf(item['key']) === '' ? [required(`${field}.key`)] : []),
      ...(path === '' ? [required(`${field}.path`)] : pathErrors(`${field}.path`, path)),
    ];
  });
}

/** validateLocalNonReservedPath: relative, and not out of its directory. */
function pathErrors(field: string, path: string): FieldError[] {
  if (path.startsWith('/')) return [invalidValue(field, path, 'must be a relative path')];
  return path.split('/').includes('..') ? [invalidValue(field, path, "must not contain '..'")] : [];
}

/** ValidateVolumeMounts: what is mounted must be there, and each place has one. */
export function mountsErrors(
  at: string,
  mounts: readonly Fields[],
  volumes: ReadonlySet<unknown>,
): FieldError[] {
  const places = new Set<string>();
  return mounts.flatMap((mount, index) => {
    const field = `${at}[${index}]`;
    const [name, place, subPath] = [
      textOf(mount['name']),
      textOf(mount['mountPath']),
      textOf(mount['subPath']),
    ];
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(`${field}.name`));
    if (!volumes.has(name)) errors.push(notFoundValue(`${field}.name`, name));
    if (place === '') errors.push(required(`${field}.mountPath`));
    if (places.has(place)) errors.push(invalidValue(`${field}.mountPath`, place, 'must be unique'));
    places.add(place);
    return subPath === '' ? errors : [...errors, ...pathErrors(`${field}.subPath`, subPath)];
  });
}

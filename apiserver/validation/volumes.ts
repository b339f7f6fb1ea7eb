import type { FieldError } from '../../api/failures';
import { type Fields, fieldsOf, itemsOf, numberOf, textOf } from '../../api/fields';
import { duplicate, forbidden, invalidValue, notFoundValue, notSupported, required } from './field-errors';
import { fieldPathErrors } from './field-path';
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
    case 'projected':
      return projectionErrors(at, source);
    case 'downwardAPI':
      return itemsOf(source['items']).flatMap((file) => downwardErrors(at, file));
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

/** A token needs to know whose: of pods, whose account is known by then. */
export function tokenErrors(at: string, volumes: readonly Fields[]): FieldError[] {
  return volumes.flatMap((volume, index) =>
    itemsOf(fieldsOf(volume['projected'])['sources']).flatMap((source, place) =>
      source['serviceAccountToken'] === undefined
        ? []
        : [
            forbidden(
              `${at}[${index}].projected.sources[${place}].serviceAccountToken`,
              'must not be specified when serviceAccountName is not set',
            ),
          ],
    ),
  );
}

/** validateProjectionSources; some of its paths lack the source, in upstream as here. */
function projectionErrors(at: string, projection: Fields): FieldError[] {
  const paths = new Set<string>();
  const once = (path: string, named: string): FieldError[] => {
    if (path === '' || !paths.has(path)) {
      paths.add(path);
      return [];
    }
    return [invalidValue(at, named, 'conflicting duplicate paths')];
  };
  return itemsOf(projection['sources']).flatMap((source, index) => {
    const field = `${at}.sources[${index}]`;
    const { downwardAPI, serviceAccountToken } = source;
    const errors = ['secret', 'configMap'].flatMap((kind) => {
      if (source[kind] === undefined) return [];
      const files = fieldsOf(source[kind]);
      const name = textOf(files['name']);
      return [
        ...(name === '' ? [required(`${field}.${kind}.name`)] : []),
        ...itemsErrors(`${field}.${kind}`, files),
        ...itemsOf(files['items']).flatMap(({ path }) => once(textOf(path), name)),
      ];
    });
    for (const file of itemsOf(fieldsOf(downwardAPI)['items'])) {
      const path = textOf(file['path']);
      errors.push(...downwardErrors(`${field}.downwardAPI`, file), ...once(path, path));
    }
    if (serviceAccountToken !== undefined)
      errors.push(...tokenFileErrors(at, field, fieldsOf(serviceAccountToken)));
    return errors;
  });
}

function tokenFileErrors(at: string, field: string, token: Fields): FieldError[] {
  const [seconds, path] = [numberOf(token['expirationSeconds']), textOf(token['path'])];
  const why = 'may not specify a duration less than 10 minutes';
  const errors: FieldError[] = [];
  if (seconds < 600)
    errors.push(invalidValue(`${field}.serviceAccountToken.expirationSeconds`, seconds, why));
  if (path === '') errors.push(required(`${at}.path`));
  else errors.push(...pathErrors(`${at}.path`, path));
  return errors;
}

/** validVolumeDownwardAPIFieldPathExpressions. */
const volumeFields = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
];

/** validateDownwardAPIVolumeFile. */
function downwardErrors(at: string, file: Fields): FieldError[] {
  const { fieldRef, resourceFieldRef } = file;
  const path = textOf(file['path']);
  const errors = path === '' ? [required(`${at}.path`)] : pathErrors(`${at}.path`, path);
  if (fieldRef !== undefined)
    return [...errors, ...fieldPathErrors(`${at}.fieldRef`, fieldsOf(fieldRef), volumeFields)];
  return resourceFieldRef === undefined
    ? [...errors, required(at, 'one of fieldRef and resourceFieldRef is required')]
    : errors;
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

import { fieldsOf, textOf } from '../../api/fields';
import { ageColumn, column, documented, nameColumn, type Printer } from './column';
import { age } from './human-duration';

/** printNamespace. */
export const namespaces: Printer = {
  columns: [nameColumn, column('Status', 'The status of the namespace'), ageColumn],
  cells: (object, now) => [
    object.metadata.name,
    textOf(fieldsOf(object['status'])['phase']),
    age(object.metadata.creationTimestamp, now),
  ],
};

/** printSecret. */
export const secrets: Printer = {
  columns: [
    nameColumn,
    column('Type', documented('core.v1.Secret', 'type')),
    column('Data', documented('core.v1.Secret', 'data')),
    ageColumn,
  ],
  cells: (object, now) => [
    object.metadata.name,
    textOf(object['type']),
    Object.keys(fieldsOf(object['data'])).length,
    age(object.metadata.creationTimestamp, now),
  ],
};

/** printConfigMap. */
export const configMaps: Printer = {
  columns: [nameColumn, column('Data', documented('core.v1.ConfigMap', 'data')), ageColumn],
  cells: (object, now) => [
    object.metadata.name,
    Object.keys(fieldsOf(object['data'])).length + Object.keys(fieldsOf(object['binaryData'])).length,
    age(object.metadata.creationTimestamp, now),
  ],
};

/** printServiceAccount. */
export const serviceAccounts: Printer = {
  columns: [nameColumn, column('Secrets', documented('core.v1.ServiceAccount', 'secrets')), ageColumn],
  cells: (object, now) => {
    const { secrets: references } = object;
    return [
      object.metadata.name,
      Array.isArray(references) ? references.length : 0,
      age(object.metadata.creationTimestamp, now),
    ];
  },
};

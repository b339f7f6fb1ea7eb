import { isFields, textOf } from '../../api/fields';
import { type FieldSet, fieldsV1, isEmpty, readFieldsV1, union } from './field-set';

/**
 * Who owns what: the entries of metadata.managedFields. An entry is told apart by manager, operation, subresource and,
 * for updates, apiVersion.
 * Source: k8s.io/apimachinery pkg/util/managedfields/internal/{managedfields,capmanagers}.go.
 */
export interface Manager {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
  readonly time: string | null;
  readonly set: FieldSet;
  /** What it was read from, while nothing of it has changed. */
  readonly entry?: object;
}

export type Managers = readonly Manager[];

/** Null when one of the entries is none. */
export function readManagers(entries: unknown): Managers | null {
  const managers: Manager[] = [];
  for (const entry of Array.isArray(entries) ? (entries as unknown[]) : []) {
    if (!isFields(entry)) return null;
    const { operation, apiVersion, fieldsType, time } = entry;
    if (operation !== 'Apply' && operation !== 'Update') return null;
    if (textOf(apiVersion) === '' || fieldsType !== 'FieldsV1') return null;
    const set = readFieldsV1(entry['fieldsV1'] ?? {});
    if (set === null) return null;
    managers.push({
      manager: textOf(entry['manager']),
      operation,
      apiVersion: textOf(apiVersion),
      subresource: textOf(entry['subresource']),
      time: typeof time === 'string' ? time : null,
      set,
      entry,
    });
  }
  return managers;
}

export function isSameManager(a: Manager, b: Manager): boolean {
  return (
    a.manager === b.manager &&
    a.operation === b.operation &&
    a.subresource === b.subresource &&
    (a.operation === 'Apply' || a.apiVersion === b.apiVersion)
  );
}

/** Undefined when nobody owns anything. */
export function writeManagers(managers: Managers): object[] | undefined {
  if (managers.length === 0) return undefined;
  return [...managers].sort(byAge).map((one) => one.entry ?? entryOf(one));
}

function byAge(a: Manager, b: Manager): number {
  return (
    compareText(a.operation, b.operation) ||
    compareText(a.time ?? '', b.time ?? '') ||
    compareText(a.manager, b.manager) ||
    compareText(a.apiVersion, b.apiVersion) ||
    compareText(a.subresource, b.subresource)
  );
}

function compareText(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function entryOf({ manager, operation, apiVersion, time, set, subresource }: Manager): object {
  return {
    manager,
    operation,
    apiVersion,
    ...(time === null ? {} : { time }),
    fieldsType: 'FieldsV1',
    fieldsV1: fieldsV1(set),
    ...(subresource === '' ? {} : { subresource }),
  };
}

const mostUpdaters = 10;

/** Those who updated longest ago are put together as `ancient-changes`. */
export function capUpdaters(managers: Managers): Managers {
  const updaters = managers.filter(({ operation }) => operation === 'Update').sort(byAge);
  const excess = updaters.length - mostUpdaters;
  if (excess <= 0) return managers;
  const ancient = updaters.slice(0, excess + 1);
  const [first] = ancient;
  if (first === undefined) return managers;
  const set = ancient.map((one) => one.set).reduce(union);
  const { apiVersion } = first;
  const bucket: Manager = {
    manager: 'ancient-changes',
    operation: 'Update',
    apiVersion,
    subresource: '',
    time: ancient.at(-1)?.time ?? null,
    set,
  };
  return [...managers.filter((one) => !ancient.includes(one)), bucket];
}

/** A manager with another set; null when nothing is left to it. */
export function owning(manager: Manager, set: FieldSet): Manager | null {
  if (isEmpty(set)) return null;
  const { entry: _stale, ...rest } = manager;
  return { ...rest, set };
}

import type { KubeObject } from '../../api/objects';
import { sameJson } from '../../api/same-json';
import { sameContent } from '../same-content';

/** A write that would change nothing but when who owns what is none (handlers/fieldmanager/equality.go). */
export function differsInTimesOnly(object: KubeObject, current: KubeObject): boolean {
  const [after, before] = [object.metadata.managedFields, current.metadata.managedFields];
  if (after === before || after === undefined || before === undefined || after.length !== before.length)
    return false;
  if (!sameJson(after.map(timeless), before.map(timeless))) return false;
  return sameContent(object, { ...current, metadata: { ...current.metadata, managedFields: after } });
}

function timeless(entry: object): object {
  const { time: _time, ...rest } = entry as Record<string, unknown>;
  return rest;
}

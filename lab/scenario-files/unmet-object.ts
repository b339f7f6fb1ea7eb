import { parseJsonPath, printJsonPath } from '../../api/json-path';
import { oneLine } from '../../report/text';
import { isIn } from './pattern';
import type { ObjectCondition } from './scenario-file';

/** What an administrator got who asked the apiserver for an object. */
export type ReadObject =
  | { readonly kind: 'object'; readonly object: unknown }
  | { readonly kind: 'none' }
  | { readonly kind: 'unread'; readonly why: string };

/** By where they are read. */
export type ReadObjects = ReadonlyMap<string, ReadObject>;

/** What does not hold of it, as a clause; null when it holds. Pure. */
export function unmetObject(condition: ObjectCondition, objects: ReadObjects): string | null {
  const { path, what, jsonPath, is, matches, exists = true } = condition;
  const read = objects.get(path) ?? { kind: 'unread', why: 'nobody asked for it' };
  if (read.kind === 'unread') return `${what}: expected, and it could not be read: ${read.why}`;
  const values = read.kind === 'none' ? [] : valuesAt(read.object, jsonPath);
  const shown = printJsonPath(values);
  const was = read.kind === 'none' ? 'there was no such object' : `it was ${JSON.stringify(oneLine(shown))}`;
  const field = jsonPath === undefined ? what : `${what} ${jsonPath}`;
  if (is !== undefined) return shown === is ? null : `${field}: expected ${JSON.stringify(is)}, and ${was}`;
  if (matches !== undefined)
    return isIn(shown, matches) ? null : `${field}: expected ${JSON.stringify(matches)}, and ${was}`;
  if (values.length > 0 === exists) return null;
  return `${field}: expected ${exists ? 'to be there' : 'not to be there'}, and it was ${exists ? 'not' : 'there'}`;
}

function valuesAt(object: unknown, jsonPath: string | undefined): readonly unknown[] {
  if (jsonPath === undefined) return [object];
  const path = parseJsonPath(jsonPath);
  return path.kind === 'path' ? path.read(object) : [];
}

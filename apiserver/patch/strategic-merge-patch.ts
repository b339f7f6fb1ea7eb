import { type Fields, isFields } from '../../api/fields';
import type { FieldType, Schema } from '../../api/schema/schema';
import { goValueText, goValueType } from './go-value-text';
import { type ListMerge, mergeLists } from './merge-lists';
import { define } from './merge-patch';
import { PatchRefused } from './patch-refused';
import { listRule, mapRule } from './patch-rules';
import { arrangeList } from './set-element-order';

/**
 * Strategic merge patch: a merge patch that knows by which key the items of a list are told apart, and has directives
 * for what a merge cannot say.
 * Source of rules, order and texts: k8s.io/apimachinery pkg/util/strategicpatch/patch.go (StrategicMergeMapPatch).
 */
export function strategicMergePatch(
  schema: Schema,
  message: string,
  document: Fields,
  patch: unknown,
): Fields {
  if (!isFields(patch)) {
    const found = Array.isArray(patch) ? 'array' : typeof patch;
    throw new PatchRefused(
      `json: cannot unmarshal ${found === 'boolean' ? 'bool' : found} into Go value of type map[string]interface {}`,
      400,
    );
  }
  const type: FieldType = { kind: 'message', message, atomic: false };
  return mergeMaps(schema, type, copyOf(document), copyOf(patch));
}

/** What is merged is changed on the way. structuredClone would keep two members that are one object so. */
function copyOf(value: Fields): Fields {
  return JSON.parse(JSON.stringify(value)) as Fields;
}

const deletePrefix = '$deleteFromPrimitiveList';
const orderPrefix = '$setElementOrder';

function mergeMaps(schema: Schema, type: FieldType, original: Fields, patch: Fields): Fields {
  if (Object.hasOwn(patch, '$patch')) return replaceMap(patch);
  retainKeys(original, patch);
  setElementOrders(schema, type, original, patch);
  for (const [written, value] of Object.entries(patch)) {
    const deletes = written.startsWith(deletePrefix);
    const key = deletes ? keyBehind(written, deletePrefix) : written;
    if (value === null) {
      delete original[key];
      continue;
    }
    const before = Object.hasOwn(original, key) ? original[key] : undefined;
    if (before === undefined || goValueType(before) !== goValueType(value)) {
      if (!deletes) set(original, key, withoutDirectives(withoutNulls(value)));
    } else if (isFields(before) && isFields(value)) {
      const rule = mapRule(schema, type, key);
      const merged = rule.strategy === 'replace' ? value : mergeMaps(schema, rule.type, before, value);
      define(original, key, merged);
    } else if (Array.isArray(before) && Array.isArray(value)) {
      const rule = listRule(schema, type, key);
      const merged =
        deletes || rule.strategy === 'merge'
          ? mergeLists(listMerge(schema, rule.type, rule.mergeKey), before, value, deletes)
          : value;
      define(original, key, merged);
    } else {
      define(original, key, value);
    }
  }
  return original;
}

function listMerge(schema: Schema, of: FieldType, mergeKey: string): ListMerge {
  return { of, mergeKey, mergeItems: (original, patch) => mergeMaps(schema, of, original, patch) };
}

/** `$patch` in a map: all of it is replaced, or nothing is left. */
function replaceMap(patch: Fields): Fields {
  const { $patch: directive, ...rest } = patch;
  if (directive === 'replace') return rest;
  if (directive === 'delete') return {};
  throw new PatchRefused(`unknown patch type: ${goValueText(directive)} in map: ${goValueText(patch)}`);
}

/** `$retainKeys`: what is not listed goes. Whatever the patch sets must be listed. */
function retainKeys(original: Fields, patch: Fields): void {
  if (!Object.hasOwn(patch, '$retainKeys')) return;
  const listed = patch['$retainKeys'];
  delete patch['$retainKeys'];
  const refused = new PatchRefused('invalid patch format of retainKeys', 400);
  if (!Array.isArray(listed)) throw refused;
  for (const [key, value] of Object.entries(patch)) {
    if (value === null || key.startsWith(deletePrefix) || key.startsWith(orderPrefix)) continue;
    if (!listed.includes(key)) throw refused;
  }
  for (const key of Object.keys(original)) if (!listed.includes(key)) delete original[key];
}

/** `$setElementOrder/containers`: merges the list and orders it; what is done is taken out of the patch. */
function setElementOrders(schema: Schema, type: FieldType, original: Fields, patch: Fields): void {
  for (const [written, order] of Object.entries(patch)) {
    if (!written.startsWith(orderPrefix)) continue;
    delete patch[written];
    if (!Array.isArray(order)) throw badArgument('[]interface {}', order);
    const key = keyBehind(written, orderPrefix);
    const before = listAt(original, key);
    const change = listAt(patch, key);
    const rule = listRule(schema, type, key);
    const { mergeKey } = rule;
    const merge = (): unknown[] | null => {
      if (before === null || change === null)
        return before ?? (change === null ? null : (withoutDirectives(change) as unknown[]));
      return rule.strategy === 'merge'
        ? mergeLists(listMerge(schema, rule.type, mergeKey), before, change, false)
        : change;
    };
    const arranged = arrangeList({ mergeKey, order, before: before ?? [], change: change ?? [], merge });
    if (arranged === null) continue;
    define(original, key, arranged);
    delete patch[key];
  }
}

function listAt(fields: Fields, key: string): unknown[] | null {
  const value = Object.hasOwn(fields, key) ? fields[key] : undefined;
  if (value === undefined) return null;
  if (!Array.isArray(value)) throw badArgument('[]interface {}', value);
  return value;
}

function badArgument(expected: string, actual: unknown): PatchRefused {
  return new PatchRefused(`expected a ${expected}, but received a ${goValueType(actual)}`);
}

function keyBehind(written: string, prefix: string): string {
  const slash = written.indexOf('/');
  if (slash === prefix.length) return written.slice(slash + 1);
  const what = prefix === deletePrefix ? 'primitive list' : 'setElementOrder list';
  throw new PatchRefused(`invalid patch format of ${what}`, 400);
}

function set(target: Fields, key: string, value: unknown): void {
  if (value === undefined) delete target[key];
  else define(target, key, value);
}

/** Undefined for what is nothing but a directive. */
function withoutDirectives(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDirectives).filter((item) => item !== undefined);
  if (!isFields(value)) return value;
  if (Object.hasOwn(value, '$patch')) return undefined;
  const entries = Object.entries(value).map(([key, member]) => [key, withoutDirectives(member)] as const);
  return Object.fromEntries(entries.filter(([, member]) => member !== undefined));
}

/** A null that finds nothing to delete is left out. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (!isFields(value)) return value;
  const entries = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(entries.map(([key, member]) => [key, withoutNulls(member)]));
}

import { entityTooLarge } from '../../api/failures';
import { type Fields, isFields } from '../../api/fields';
import { sameJson } from '../../api/same-json';
import type { PatchResult } from './apply-patch';
import { define } from './merge-patch';
import { PatchRefused } from './patch-refused';

/**
 * JSON patch, RFC 6902, as github.com/evanphx/json-patch v4.12 understands it: `replace` adds a missing key, indices may
 * be negative, and what stands before the first slash of a path is not looked at.
 */
const operationLimit = 10_000;

export function jsonPatch(document: unknown, patch: unknown): PatchResult {
  if (patch !== null && !Array.isArray(patch)) throw undecodable(patch, 'value', '[]handlers.jsonPatchOp');
  const operations: unknown[] = patch ?? [];
  const strictErrors = operations.flatMap(checkOperation);
  if (operations.length > operationLimit) {
    const text = `The allowed maximum operations in a JSON patch is ${operationLimit}, got ${operations.length}`;
    return { ...entityTooLarge(0), message: `Request entity too large: ${text}` };
  }
  let value = structuredClone(document);
  for (const operation of operations) value = apply(value, isFields(operation) ? operation : {});
  return { kind: 'patched', value, strictErrors };
}

/** kjson.UnmarshalStrict into `[]jsonPatchOp`. */
function checkOperation(operation: unknown, index: number): string[] {
  if (operation === null) return [];
  if (!isFields(operation)) throw undecodable(operation, 'value', 'handlers.jsonPatchOp');
  for (const key of ['op', 'path', 'from']) {
    const value = operation[key];
    if (value !== undefined && value !== null && typeof value !== 'string')
      throw undecodable(value, `struct field jsonPatchOp.${key}`, 'string');
  }
  return Object.keys(operation)
    .filter((key) => !['op', 'path', 'from', 'value'].includes(key))
    .map((key) => `json patch unknown field ${JSON.stringify(`[${index}].${key}`)}`);
}

function undecodable(value: unknown, where: string, type: string): PatchRefused {
  const found = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value;
  return new PatchRefused(
    `error decoding patch: json: cannot unmarshal ${found} into Go ${where} of type ${type}`,
    400,
  );
}

function apply(document: unknown, operation: Fields): unknown {
  const { op, value = null } = operation;
  switch (op) {
    case 'add':
    case 'remove':
    case 'replace':
    case 'test':
    case 'move':
    case 'copy':
      break;
    default:
      throw refused(`Unexpected kind: ${typeof op === 'string' ? op : 'unknown'}`);
  }
  if (op === 'move' || op === 'copy') return transfer(document, operation, op);
  const path = text(operation['path'], `${op} operation failed to decode path`);
  if (path === '' && op === 'replace') return typeof value === 'object' && value !== null ? value : document;
  if (path === '' && op === 'test') return mustEqual(document, document, value, path);
  const quoted = op === 'add' || op === 'remove' ? JSON.stringify(path) : path;
  const missing =
    op === 'test'
      ? `test operation does not apply: is missing path: ${path}`
      : `${op} operation does not apply: doc is missing path: ${quoted}`;
  const at = find(document, path, missing);
  switch (op) {
    case 'add':
      add(at, value, `error in add for path: '${path}'`);
      return document;
    case 'remove':
      remove(at, `error in remove for path: '${path}'`);
      return document;
    case 'replace': {
      if (isMissingItem(at))
        throw refused(`replace operation does not apply: doc is missing key: ${path}: missing value`);
      put(at, value);
      return document;
    }
    case 'test':
      return mustEqual(document, get(at, `error in test for path: '${path}'`), value, path);
  }
}

function transfer(document: unknown, operation: Fields, op: 'move' | 'copy'): unknown {
  const from = text(
    operation['from'],
    `${op} operation failed to decode from: operation, missing from field`,
  );
  const source = find(document, from, `${op} operation does not apply: doc is missing from path: ${from}`);
  const where = op === 'move' ? `move for path: '${source.key}'` : `copy for from: '${from}'`;
  const value = get(source, `error in ${where}`);
  if (op === 'move') remove(source, `error in move for path: '${source.key}'`);
  const path = text(operation['path'], `${op} operation failed to decode path`);
  const target = find(
    document,
    path,
    `${op} operation does not apply: doc is missing destination path: ${path}`,
  );
  const why = op === 'move' ? `error in move for path: '${path}'` : 'error while adding value during copy';
  add(target, op === 'copy' ? structuredClone(value) : value, why);
  return document;
}

/** A place in a document: its container, and the key in it. */
interface Location {
  readonly container: Fields | unknown[];
  readonly key: string;
}

function find(document: unknown, path: string, missing: string): Location {
  const parts = path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  const key = parts.pop();
  let container = document;
  for (const part of parts) {
    container = isContainer(container) ? peek({ container, key: part }) : undefined;
  }
  if (key === undefined || !isContainer(container)) throw refused(`${missing}: missing value`);
  return { container, key };
}

function isContainer(value: unknown): value is Fields | unknown[] {
  return typeof value === 'object' && value !== null;
}

/** Undefined where there is nothing. */
function peek({ container, key }: Location): unknown {
  if (!Array.isArray(container)) return Object.hasOwn(container, key) ? container[key] : undefined;
  const index = /^[+-]?\d+$/.test(key) ? Number(key) : Number.NaN;
  return container[index < 0 ? index + container.length : index];
}

function get(at: Location, why: string): unknown {
  if (Array.isArray(at.container)) {
    const index = indexOf(at.key, why);
    if (index < -at.container.length || index >= at.container.length) throw badIndex(index, why);
  }
  return peek(at) ?? null;
}

function isMissingItem(at: Location): boolean {
  return Array.isArray(at.container) && peek(at) === undefined;
}

function put({ container, key }: Location, value: unknown): void {
  if (!Array.isArray(container)) {
    define(container, key, value);
    return;
  }
  const index = Number(key);
  container[index < 0 ? index + container.length : index] = value;
}

function add({ container, key }: Location, value: unknown, why: string): void {
  if (!Array.isArray(container)) {
    define(container, key, value);
    return;
  }
  if (key === '-') {
    container.push(value);
    return;
  }
  const index = indexOf(key, `${why}: value was not a proper array index: '${key}'`);
  const length = container.length + 1;
  if (index < -length || index >= length) throw badIndex(index, why);
  container.splice(index < 0 ? index + length : index, 0, value);
}

function remove({ container, key }: Location, why: string): void {
  if (!Array.isArray(container)) {
    if (!Object.hasOwn(container, key))
      throw refused(`${why}: Unable to remove nonexistent key: ${key}: missing value`);
    delete container[key];
    return;
  }
  const index = indexOf(key, `${why}: value was not a proper array index: '${key}'`);
  if (index < -container.length || index >= container.length) throw badIndex(index, why);
  container.splice(index < 0 ? index + container.length : index, 1);
}

/** strconv.Atoi. */
function indexOf(key: string, why: string): number {
  if (/^[+-]?\d{1,15}$/.test(key)) return Number(key);
  throw refused(`${why}: strconv.Atoi: parsing ${JSON.stringify(key)}: invalid syntax`);
}

function badIndex(index: number, why: string): PatchRefused {
  return refused(`${why}: Unable to access invalid index: ${index}: invalid index referenced`);
}

function mustEqual(document: unknown, found: unknown, wanted: unknown, path: string): unknown {
  if (sameJson(found, wanted)) return document;
  throw refused(`testing value ${path} failed: test failed`);
}

function text(value: unknown, missing: string): string {
  if (typeof value === 'string') return value;
  throw refused(`${missing}: missing value`);
}

function refused(message: string): PatchRefused {
  return new PatchRefused(message, 422);
}

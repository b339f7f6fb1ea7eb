import { badRequest, type Failure, invalid, unsupportedMediaType } from '../api/failures';

/**
 * Patches on plain JSON. JSON merge patch is RFC 7386, JSON patch is RFC 6902. Strategic merge patch and server-side
 * apply are not served yet and get the 415 that a kind without them gets.
 * Source of the texts: k8s.io/apiserver pkg/endpoints/handlers/patch.go and negotiation/errors.go.
 */
export const patchTypes = ['application/json-patch+json', 'application/merge-patch+json'] as const;

const operationLimit = 10_000;

export type PatchResult = { readonly kind: 'patched'; readonly value: unknown } | Failure;

export function applyPatch(document: unknown, contentType: string, patch: unknown): PatchResult {
  switch (contentType) {
    case 'application/merge-patch+json':
      return { kind: 'patched', value: mergePatch(document, patch) };
    case 'application/json-patch+json':
      return jsonPatch(document, patch);
  }
  return unsupportedMediaType(patchTypes);
}

export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const result: Record<string, unknown> = isRecord(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else define(result, key, mergePatch(result[key], value));
  }
  return result;
}

function jsonPatch(document: unknown, patch: unknown): PatchResult {
  if (!Array.isArray(patch))
    return badRequest(
      'error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch',
    );
  if (patch.length > operationLimit) {
    return {
      ...badRequest(
        `The allowed maximum operations in a JSON patch is ${operationLimit}, got ${patch.length}`,
      ),
      code: 413,
      reason: 'RequestEntityTooLarge',
    };
  }
  let value = structuredClone(document);
  for (const operation of patch) {
    const outcome = applyOperation(value, operation);
    if ('problem' in outcome)
      return invalid({ group: '', kind: '' }, '', [
        { field: 'patch', type: 'FieldValueInvalid', text: outcome.problem },
      ]);
    value = outcome.value;
  }
  return { kind: 'patched', value };
}

type Outcome = { readonly value: unknown } | { readonly problem: string };

function applyOperation(document: unknown, operation: unknown): Outcome {
  if (!isRecord(operation)) return { problem: 'operation is not an object' };
  const op = operation['op'];
  const path = pointer(operation['path']);
  if (path === null) return { problem: `${String(op)} operation: path must start with a slash` };
  switch (op) {
    case 'add':
      return write(document, path, operation['value'], 'add');
    case 'replace':
      return write(document, path, operation['value'], 'replace');
    case 'remove':
      return remove(document, path);
    case 'test': {
      const found = read(document, path);
      const same = found !== undefined && deepEqual(found.value, operation['value'] ?? null);
      return same
        ? { value: document }
        : { problem: `testing value ${String(operation['path'])} failed: test failed` };
    }
    case 'move':
    case 'copy': {
      const from = pointer(operation['from']);
      const found = from === null ? undefined : read(document, from);
      if (from === null || found === undefined)
        return { problem: `error in ${op} for path: '${String(operation['from'])}': missing value` };
      const base = op === 'move' ? remove(document, from) : { value: document };
      return 'problem' in base ? base : write(base.value, path, structuredClone(found.value), 'add');
    }
  }
  return { problem: `Unexpected kind: ${String(op)}` };
}

/** RFC 6901; '' is the whole document. */
function pointer(text: unknown): string[] | null {
  if (text === '') return [];
  if (typeof text !== 'string' || !text.startsWith('/')) return null;
  return text
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function read(document: unknown, path: readonly string[]): { value: unknown } | undefined {
  let value = document;
  for (const part of path) {
    if (Array.isArray(value)) {
      const index = arrayIndex(part, value.length - 1);
      if (index === null) return undefined;
      value = value[index];
    } else if (isRecord(value) && Object.hasOwn(value, part)) {
      value = value[part];
    } else {
      return undefined;
    }
  }
  return { value };
}

function write(document: unknown, path: readonly string[], value: unknown, how: 'add' | 'replace'): Outcome {
  const last = path.at(-1);
  if (last === undefined) return { value };
  const parent = read(document, path.slice(0, -1))?.value;
  const missing = {
    problem: `${how} operation does not apply: doc is missing path: "/${path.join('/')}": missing value`,
  };
  if (Array.isArray(parent)) {
    if (how === 'add' && last === '-') {
      parent.push(value);
      return { value: document };
    }
    const index = arrayIndex(last, how === 'add' ? parent.length : parent.length - 1);
    if (index === null) return missing;
    parent.splice(index, how === 'add' ? 0 : 1, value);
    return { value: document };
  }
  if (!isRecord(parent) || (how === 'replace' && !Object.hasOwn(parent, last))) return missing;
  define(parent, last, value);
  return { value: document };
}

function remove(document: unknown, path: readonly string[]): Outcome {
  const last = path.at(-1);
  const parent = read(document, path.slice(0, -1))?.value;
  const missing = {
    problem: `remove operation does not apply: doc is missing path: "/${path.join('/')}": missing value`,
  };
  if (last === undefined) return missing;
  if (Array.isArray(parent)) {
    const index = arrayIndex(last, parent.length - 1);
    if (index === null) return missing;
    parent.splice(index, 1);
    return { value: document };
  }
  if (!isRecord(parent) || !Object.hasOwn(parent, last)) return missing;
  delete parent[last];
  return { value: document };
}

function arrayIndex(part: string, highest: number): number | null {
  if (!/^(0|[1-9]\d*)$/.test(part)) return null;
  const index = Number(part);
  return index <= highest ? index : null;
}

/** Plain assignment would take a key named __proto__ for the prototype. */
function define(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function deepEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((entry, index) => deepEqual(entry, b[index]));
  }
  if (!isRecord(a) || !isRecord(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && deepEqual(a[key], b[key]))
  );
}

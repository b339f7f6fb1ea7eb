import { isFields } from '../../api/fields';
import { PatchRefused } from './patch-refused';

/** JSON merge patch, RFC 7386. What is no object is refused as Go refuses it (handlers/patch.go, applyJSPatch). */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (patch === null) return target;
  if (!isFields(patch)) {
    const found = Array.isArray(patch) ? 'array' : typeof patch === 'boolean' ? 'bool' : typeof patch;
    throw new PatchRefused(
      `error decoding patch: json: cannot unmarshal ${found} into Go value of type map[string]interface {}`,
      400,
    );
  }
  return merged(target, patch);
}

function merged(target: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return patch;
  const result: Record<string, unknown> = isFields(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else define(result, key, merged(Object.hasOwn(result, key) ? result[key] : undefined, value));
  }
  return result;
}

/** Plain assignment would take a key named __proto__ for the prototype. */
export function define(target: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
}

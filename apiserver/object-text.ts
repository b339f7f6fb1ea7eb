import type { KubeObject } from '../api/objects';

/**
 * The JSON text of stored objects, made once for each: an object that is stored never changes, and lists, watches and
 * the disk all want the same text. Gone with the object.
 */
const contents = new WeakMap<KubeObject, string>();
const metadataTexts = new WeakMap<KubeObject, string>();

/** Everything but apiVersion and kind, as the items of a list are written. */
export function contentText(object: KubeObject): string {
  const known = contents.get(object);
  if (known !== undefined) return known;
  const { apiVersion: _apiVersion, kind: _kind, metadata: _metadata, ...rest } = object;
  const others = JSON.stringify(rest);
  const text = `{"metadata":${metadataText(object)}${others === '{}' ? '}' : `,${others.slice(1)}`}`;
  contents.set(object, text);
  return text;
}

export function objectText(object: KubeObject): string {
  return `{"kind":${JSON.stringify(object.kind)},"apiVersion":${JSON.stringify(object.apiVersion)},${contentText(object).slice(1)}`;
}

export function metadataText(object: KubeObject): string {
  const known = metadataTexts.get(object);
  if (known !== undefined) return known;
  const text = JSON.stringify(object.metadata);
  metadataTexts.set(object, text);
  return text;
}

/** How much an object weighs in the limits of memory. */
export function sizeOf(object: KubeObject): number {
  return contentText(object).length;
}

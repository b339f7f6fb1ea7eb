import { fieldsOf, isFields, textOf } from '../api/fields';
import type { KubeObject } from '../api/objects';
import type { KubeResponse } from './kube-client';

/** A collection as it was listed. */
export interface ObjectList<T extends KubeObject> {
  readonly apiVersion: string;
  /** Of the list: `PodList`. */
  readonly kind: string;
  readonly resourceVersion: string;
  readonly items: readonly T[];
}

/**
 * What a server answered with success; null when it is no list, whoever it is that answered: whoever took it for an empty
 * one would believe that everything is gone. Go's decoder refuses such a thing as well.
 */
export function objectList<T extends KubeObject>(answer: Pick<KubeResponse, 'json'>): ObjectList<T> | null {
  const { apiVersion, kind, metadata, items = null } = fieldsOf(answer.json());
  const { resourceVersion } = fieldsOf(metadata);
  if (typeof resourceVersion !== 'string' || !textOf(kind).endsWith('List')) return null;
  const all: unknown = items ?? [];
  if (!Array.isArray(all) || !all.every(isNamedObject)) return null;
  return { apiVersion: textOf(apiVersion), kind: textOf(kind), resourceVersion, items: all as readonly T[] };
}

/** Whether it has metadata, as everything that is listed or watched has. */
export function isNamedObject(value: unknown): boolean {
  return isFields(value) && isFields(value['metadata']) && typeof value['metadata']['name'] === 'string';
}

export const NO_LIST = 'the server sent something that is not a list';

import type { KubeObject } from '../api/objects';
import { sameJson } from '../api/same-json';
import type { ResourceKind } from './registry';

/** What a writer cannot change, and the generation, which counts changes of the spec. */
export function inherit(kind: ResourceKind, object: KubeObject, previous: KubeObject): KubeObject {
  const metadata = { ...object.metadata };
  const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds } = previous.metadata;
  Object.assign(metadata, { uid, creationTimestamp });
  if (deletionTimestamp !== undefined && metadata.deletionTimestamp === undefined) {
    Object.assign(metadata, { deletionTimestamp, deletionGracePeriodSeconds });
  }
  if (kind.generation) {
    const before = previous.metadata.generation ?? 1;
    // The beginning of a deletion counts as one (rest/delete.go).
    const doomed = deletionTimestamp === undefined && metadata.deletionTimestamp !== undefined;
    const changed = doomed || !sameJson(object['spec'], previous['spec']);
    metadata.generation = changed ? before + 1 : before;
  }
  return { ...object, metadata };
}

import type { KubeObject } from '../api/objects';
import { sameJson } from '../api/same-json';

/** Whether a write changes nothing: it then gets no new version and wakes nobody (storage/etcd3, GuaranteedUpdate). */
export function sameContent(a: KubeObject, b: KubeObject): boolean {
  const { metadata: metadataOfA, ...restOfA } = a;
  const { metadata: metadataOfB, ...restOfB } = b;
  const { resourceVersion: _a, ...otherOfA } = metadataOfA;
  const { resourceVersion: _b, ...otherOfB } = metadataOfB;
  return sameJson(otherOfA, otherOfB) && sameJson(restOfA, restOfB);
}

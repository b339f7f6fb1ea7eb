import type { Failure } from '../api/failures';
import type { KubeObject } from '../api/objects';
import { authorizeForSigner, restrictSubject } from './admission/certificates';
import { denyServiceExternalIps } from './admission/deny-service-external-ips';
import type { Cluster, ObjectPart, WriteOptions } from './place';
import type { ResourceKind } from './registry';

/** The admission plugins that say no to what validation lets pass, in upstream's order, each when it is on. */
export function admitCreate(cluster: Cluster, kind: ResourceKind, object: KubeObject): Failure | null {
  return restrictSubject(cluster, kind, object) ?? denyServiceExternalIps(cluster, kind, '', object, null);
}

export function admitUpdate(
  cluster: Cluster,
  kind: ResourceKind,
  part: ObjectPart,
  object: KubeObject,
  current: KubeObject,
  options: WriteOptions,
): Failure | null {
  return (
    authorizeForSigner(cluster, kind, part, object, current, options) ??
    denyServiceExternalIps(cluster, kind, part, object, current)
  );
}

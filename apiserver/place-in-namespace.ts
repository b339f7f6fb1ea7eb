import { badRequest, type Failure, notFound } from '../api/failures';
import type { KubeObject } from '../api/objects';
import { failure } from '../api/status';
import { isAdmissionOn } from './admission/admission-plugins';
import type { Cluster, Place } from './place';
import { kindOf } from './registry';

/** Puts an object where the URL says it is, unless it says otherwise itself or the namespace cannot take it. */
export function placeInNamespace(
  cluster: Cluster,
  { kind, namespace }: Place,
  object: KubeObject,
): Failure | null {
  if (!kind.namespaced) {
    delete object.metadata.namespace;
    return null;
  }
  if (
    object.metadata.namespace !== undefined &&
    object.metadata.namespace !== '' &&
    object.metadata.namespace !== namespace
  ) {
    return badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  }
  object.metadata.namespace = namespace;
  const home = cluster.storage.get(kindOf('namespaces'), '', namespace);
  if (home === null) return notFound({ group: '', resource: 'namespaces' }, namespace);
  return null;
}

/** Admission NamespaceLifecycle: nothing new in a namespace that goes; what is there may still be changed. */
export function refuseWhereTerminating(
  cluster: Cluster,
  { kind, namespace }: Place,
  { metadata: { name } }: KubeObject,
): Failure | null {
  if (!isAdmissionOn(cluster, 'NamespaceLifecycle')) return null;
  const home = kind.namespaced ? cluster.storage.get(kindOf('namespaces'), '', namespace) : null;
  if (home?.metadata.deletionTimestamp === undefined) return null;
  const qualified = kind.group === '' ? kind.resource : `${kind.resource}.${kind.group}`;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  return failure(403, `${qualified} "${name}" is forbidden: ${why}`, 'Forbidden', {
    ...(name === '' ? {} : { name }),
    ...(kind.group === '' ? {} : { group: kind.group }),
    kind: kind.resource,
    causes: [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  });
}

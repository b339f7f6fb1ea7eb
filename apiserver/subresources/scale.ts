import { badRequest, type Failure, invalid, isFailure } from '../../api/failures';
import { fieldsOf, numberOf } from '../../api/fields';
import { selectorText } from '../../api/label-selector';
import type { KubeObject } from '../../api/objects';
import { type Cluster, type Place, uidPrecondition, type WriteOptions } from '../place';
import { scaleKind } from '../registry-rows';
import { getObject, updateObject } from '../resources';
import { invalidValue } from '../validation/field-errors';
import type { SubresourceHandler } from './subresource-handler';

/**
 * How many: an `autoscaling/v1` Scale stands for a Deployment or a ReplicaSet.
 * Source: pkg/registry/apps/deployment/storage/storage.go (ScaleREST), pkg/apis/autoscaling/validation.
 */
export const scale: SubresourceHandler = { body: scaleKind, get: getScale, update: updateScale };

function getScale(cluster: Cluster, place: Place): KubeObject | Failure {
  const object = getObject(cluster, place);
  return isFailure(object) ? object : scaleOf(object);
}

function updateScale(
  cluster: Cluster,
  place: Place,
  given: KubeObject,
  options: WriteOptions,
): KubeObject | Failure {
  const { name } = given.metadata;
  if (name !== place.name)
    return badRequest(`the name of the object (${name}) does not match the name on the URL (${place.name})`);
  const current = getObject(cluster, place);
  if (isFailure(current)) return current;
  const replicas = numberOf(fieldsOf(given['spec'])['replicas']);
  if (replicas < 0) {
    return invalid(scaleKind, name, [
      invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0'),
    ]);
  }
  const { uid, resourceVersion } = given.metadata;
  if (uid && uid !== current.metadata.uid)
    return uidPrecondition(place.kind, name, uid, current.metadata.uid ?? '');
  const scaled: KubeObject = {
    ...current,
    metadata: { ...current.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
    spec: { ...fieldsOf(current['spec']), replicas },
  };
  const stored = updateObject(cluster, { ...place, subresource: '' }, scaled, options);
  return isFailure(stored) ? stored : scaleOf(stored);
}

function scaleOf({ metadata, ...object }: KubeObject): KubeObject {
  const spec = fieldsOf(object['spec']);
  const replicas = numberOf(spec['replicas']);
  const selector = selectorText(spec['selector']);
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: JSON.parse(
      JSON.stringify({ name, namespace, uid, resourceVersion, creationTimestamp }),
    ) as KubeObject['metadata'],
    spec: replicas === 0 ? {} : { replicas },
    status: {
      replicas: numberOf(fieldsOf(object['status'])['replicas']),
      ...(selector === '' ? {} : { selector }),
    },
  };
}

import { badRequest, type Failure, isFailure } from '../../api/failures';
import { fieldsOf, itemsOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import { type Status, success } from '../../api/status';
import { type DeleteOptions, deleteObject } from '../deletion';
import { type Cluster, type Place, settled, type WriteOptions } from '../place';
import { evictionKind } from '../registry-rows';
import { getObject } from '../resources';
import { timestamp } from '../storage';
import type { SubresourceHandler } from './subresource-handler';

/**
 * How `kubectl drain` asks a pod to go. There are no disruption budgets here, so nobody is told to try again.
 * Source: pkg/registry/core/pod/storage/eviction.go.
 */
export const eviction: SubresourceHandler = { body: evictionKind, create: evict };

function evict(cluster: Cluster, place: Place, given: KubeObject, options: WriteOptions): Status | Failure {
  if (given.metadata.name !== place.name)
    return badRequest('name in URL does not match name in Eviction object');
  const pod = getObject(cluster, place);
  if (isFailure(pod)) return pod;
  const wanted = fieldsOf(given['deleteOptions']) as DeleteOptions;
  if (!options.dryRun) {
    const marked = { ...pod, status: disrupted(pod['status'], timestamp(cluster.now())) };
    const stored = settled(place, place.name, cluster.storage.update(place.kind, marked, undefined));
    if (isFailure(stored)) return stored;
  }
  const outcome = deleteObject(cluster, place, wanted, options);
  return isFailure(outcome) ? outcome : success(201);
}

/** What later tells an evicted pod from one that was deleted (addConditionAndDeletePod). */
function disrupted(status: unknown, now: string): object {
  const conditions = itemsOf(fieldsOf(status)['conditions']).filter(
    ({ type }) => type !== 'DisruptionTarget',
  );
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: now,
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  };
  return { ...fieldsOf(status), conditions: [...conditions, condition] };
}

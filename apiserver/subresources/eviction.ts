import { badRequest, type Failure, isFailure, plainError } from '../../api/failures';
import { fieldsOf, itemsOf, textsOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import { type Status, success } from '../../api/status';
import { checkDeleteOptions } from '../delete-options';
import { deleteObject } from '../deletion';
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
  const asked = fieldsOf(given['deleteOptions']);
  const mismatch = options.dryRun ? dryRunMismatch(textsOf(asked['dryRun'])) : null;
  if (mismatch !== null) return mismatch;
  const pod = getObject(cluster, place);
  if (isFailure(pod)) return pod;
  const wanted = checkDeleteOptions(asked);
  if (isFailure(wanted)) return wanted;
  const dryRun = options.dryRun || wanted.options.dryRun === true;
  if (!dryRun) {
    const marked = { ...pod, status: disrupted(pod['status'], timestamp(cluster.now())) };
    const stored = settled(place, place.name, cluster.storage.update(place.kind, marked, undefined));
    if (isFailure(stored)) return stored;
  }
  const outcome = deleteObject(cluster, place, wanted.options, { ...options, dryRun });
  return isFailure(outcome) ? outcome : success(201);
}

/** Query and body may both ask for it, if they ask alike (propagateDryRun). */
function dryRunMismatch(inBody: readonly string[]): Failure | null {
  if (inBody.length === 0 || (inBody.length === 1 && inBody[0] === 'All')) return null;
  return plainError(`Non-matching dry-run options in request and content: [All] and [${inBody.join(' ')}]`);
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

import { badRequest, conflict, type Failure, isFailure, plainError } from '../../api/failures';
import { fieldsOf, itemsOf, textOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import { type Status, success } from '../../api/status';
import { type Cluster, type Place, settled, uidPrecondition, type WriteOptions } from '../place';
import { kindOf } from '../registry';
import { bindingKind } from '../registry-rows';
import { getObject } from '../resources';
import { timestamp } from '../storage';
import { notSupported, required } from '../validation/field-errors';
import type { SubresourceHandler } from './subresource-handler';

/**
 * How a scheduler puts a pod on a node, once.
 * Source: pkg/registry/core/pod/storage/storage.go (BindingREST, setPodNodeAndMetadata).
 */
export const binding: SubresourceHandler = { body: bindingKind, create: bind };

function bind(cluster: Cluster, at: Place, given: KubeObject, options: WriteOptions): Status | Failure {
  // POST to `bindings` names the pod in the body alone (LegacyBindingREST).
  const name = at.name || given.metadata.name;
  const place: Place = { kind: kindOf('pods'), namespace: at.namespace, name };
  if (given.metadata.name !== name) return badRequest('name in URL does not match name in Binding object');
  const target = fieldsOf(given['target']);
  const [kind, node] = [textOf(target['kind']), textOf(target['name'])];
  const errors = [
    ...(kind === '' || kind === 'Node' ? [] : [notSupported('target.kind', kind, ['Node', '<empty>'])]),
    ...(node === '' ? [required('target.name')] : []),
  ];
  if (errors.length > 0) {
    const said = errors.map(({ field, text }) => `${field}: ${text}`);
    return plainError(said.length === 1 ? said.join('') : `[${said.join(', ')}]`);
  }
  const pod = getObject(cluster, place);
  if (isFailure(pod)) return pod;
  const { uid } = given.metadata;
  if (uid && uid !== pod.metadata.uid) return uidPrecondition(place.kind, name, uid, pod.metadata.uid ?? '');
  const refused = whyNot(pod);
  if (refused !== null) return conflict({ group: '', resource: 'pods/binding' }, name, refused);
  if (options.dryRun) return success(201);
  const bound: KubeObject = {
    ...pod,
    metadata: withAnnotations(pod, given),
    spec: { ...fieldsOf(pod['spec']), nodeName: node },
    status: scheduled(pod['status'], timestamp(cluster.now())),
  };
  const stored = settled(
    place,
    name,
    cluster.storage.update(place.kind, bound, pod.metadata.resourceVersion),
  );
  return isFailure(stored) ? stored : success(201);
}

function whyNot(pod: KubeObject): string | null {
  const { name, deletionTimestamp } = pod.metadata;
  const spec = fieldsOf(pod['spec']);
  if (deletionTimestamp !== undefined) return `pod ${name} is being deleted, cannot be assigned to a host`;
  const nodeName = textOf(spec['nodeName']);
  if (nodeName !== '') return `pod ${name} is already assigned to node ${JSON.stringify(nodeName)}`;
  return itemsOf(spec['schedulingGates']).length > 0
    ? `pod ${name} has non-empty .spec.schedulingGates`
    : null;
}

function withAnnotations(pod: KubeObject, given: KubeObject): KubeObject['metadata'] {
  const { annotations } = given.metadata;
  return annotations === undefined
    ? pod.metadata
    : { ...pod.metadata, annotations: { ...pod.metadata.annotations, ...annotations } };
}

/** podutil.UpdatePodCondition: PodScheduled becomes True. */
function scheduled(status: unknown, now: string): object {
  const conditions = itemsOf(fieldsOf(status)['conditions']).filter(({ type }) => type !== 'PodScheduled');
  const condition = { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: now };
  return { ...fieldsOf(status), conditions: [...conditions, condition] };
}

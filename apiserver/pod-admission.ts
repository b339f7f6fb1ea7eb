import { type Failure, forbiddenObject } from '../api/failures';
import { type Fields, fieldsOf, itemsOf, textOf } from '../api/fields';
import type { KubeObject } from '../api/objects';
import { isAdmissionOn } from './admission/admission-plugins';
import { type ObjectWrite, restrictNode } from './admission/node-restriction';
import { admitServiceAccount } from './admission/service-account';
import type { Cluster, WriteOptions } from './place';

/**
 * What admission adds to a pod that is written, and what it refuses: ServiceAccount, NodeRestriction, Priority,
 * DefaultTolerationSeconds, in upstream's order, each when it is on.
 * Source: plugin/pkg/admission/{serviceaccount,priority,defaulttolerationseconds}/admission.go.
 */
export function admitPod(cluster: Cluster, write: ObjectWrite, options: WriteOptions): Failure | null {
  const { object: pod, current } = write;
  if (current === null && isAdmissionOn(cluster, 'ServiceAccount')) {
    const refused = admitServiceAccount(cluster, pod);
    if (refused !== null) return refused;
  }
  const restricted = restrictNode(cluster, write, options);
  if (restricted !== null) return restricted;
  if (isAdmissionOn(cluster, 'Priority')) {
    const refused = admitPriority(pod, current);
    if (refused !== null) return refused;
  }
  if (isAdmissionOn(cluster, 'DefaultTolerationSeconds')) addTolerations(pod);
  return null;
}

function admitPriority(pod: KubeObject, current: KubeObject | null): Failure | null {
  const spec = fieldsOf(pod['spec']);
  const before = fieldsOf(current?.['spec']);
  const className = textOf(spec['priorityClassName']);
  const priority = className === '' ? 0 : systemPriorities[className];
  if (priority === undefined) {
    const why = `no PriorityClass with name ${className} was found`;
    return forbiddenObject({ group: '', resource: 'pods' }, pod.metadata.name, why);
  }
  spec['priority'] ??= before['priority'] ?? priority;
  spec['preemptionPolicy'] ??= before['preemptionPolicy'] ?? 'PreemptLowerPriority';
  return null;
}

function addTolerations(pod: KubeObject): void {
  const spec = fieldsOf(pod['spec']);
  const given = itemsOf(spec['tolerations']);
  const added = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
    .filter((key) => !given.some((toleration) => tolerates(toleration, key)))
    .map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }));
  if (added.length > 0) spec['tolerations'] = [...given, ...added];
}

/** The classes that every cluster has (pkg/apis/scheduling/types.go); others cannot be made here. */
const systemPriorities: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

function tolerates({ key, effect }: Fields, taint: string): boolean {
  return (key === taint || !key) && (effect === 'NoExecute' || !effect);
}

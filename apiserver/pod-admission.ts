import { type Failure, forbiddenObject } from '../api/failures';
import { type Fields, fieldsOf, itemsOf, textOf } from '../api/fields';
import type { KubeObject } from '../api/objects';

/**
 * What the admission plugins that are on by default add to a pod that is written: Priority and DefaultTolerationSeconds. (Service
 * accounts and their tokens are added elsewhere.)
 * Source: plugin/pkg/admission/{priority,defaulttolerationseconds}/admission.go.
 */
export function admitPod(pod: KubeObject, current: KubeObject | null): Failure | null {
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
  const given = itemsOf(spec['tolerations']);
  const added = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
    .filter((key) => !given.some((toleration) => tolerates(toleration, key)))
    .map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }));
  if (added.length > 0) spec['tolerations'] = [...given, ...added];
  return null;
}

/** The classes that every cluster has (pkg/apis/scheduling/types.go); others cannot be made here. */
const systemPriorities: Readonly<Record<string, number>> = {
  'system-cluster-critical': 2_000_000_000,
  'system-node-critical': 2_000_001_000,
};

function tolerates({ key, effect }: Fields, taint: string): boolean {
  return (key === taint || !key) && (effect === 'NoExecute' || !effect);
}

import { type Fields, fieldsOf, itemsOf } from '../api/fields';
import type { KubeObject } from '../api/objects';

/**
 * What the admission plugins that are on by default add to a pod that is written: Priority and DefaultTolerationSeconds. (Service
 * accounts and their tokens are added elsewhere.)
 * Source: plugin/pkg/admission/{priority,defaulttolerationseconds}/admission.go.
 */
export function admitPod(pod: KubeObject, current: KubeObject | null): void {
  const spec = fieldsOf(pod['spec']);
  const before = fieldsOf(current?.['spec']);
  spec['priority'] ??= before['priority'] ?? 0;
  spec['preemptionPolicy'] ??= before['preemptionPolicy'] ?? 'PreemptLowerPriority';
  const given = itemsOf(spec['tolerations']);
  const added = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
    .filter((key) => !given.some((toleration) => tolerates(toleration, key)))
    .map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 }));
  if (added.length > 0) spec['tolerations'] = [...given, ...added];
}

function tolerates({ key, effect }: Fields, taint: string): boolean {
  return (key === taint || !key) && (effect === 'NoExecute' || !effect);
}

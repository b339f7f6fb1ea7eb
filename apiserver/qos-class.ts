import { type Fields, fieldsOf, itemsOf } from '../api/fields';
import { parseQuantity } from '../api/quantity';

/**
 * How much a pod is promised, which decides who goes first when a node runs short.
 * Source: pkg/apis/core/helper/qos/qos.go (ComputePodQOS).
 */
export function qosClass(spec: Fields): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers = [...itemsOf(spec['containers']), ...itemsOf(spec['initContainers'])];
  let anything = false;
  let guaranteed = true;
  for (const { resources } of containers) {
    const { requests, limits } = fieldsOf(resources);
    for (const name of ['cpu', 'memory']) {
      const [wanted, most] = [amount(fieldsOf(requests)[name]), amount(fieldsOf(limits)[name])];
      if (wanted > 0n || most > 0n) anything = true;
      if (most === 0n || (wanted > 0n && wanted !== most)) guaranteed = false;
    }
  }
  if (!anything) return 'BestEffort';
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

function amount(value: unknown): bigint {
  return value === undefined ? 0n : (parseQuantity(String(value))?.nanos ?? 0n);
}

import { type Fields, fieldsOf, itemsOf } from './fields';
import { parseQuantity } from './quantity';

/**
 * How much a pod is promised, which decides who goes first when a node runs short. An amount of zero is as good as none;
 * debug containers do not count. Source: pkg/apis/core/v1/helper/qos/qos.go (ComputePodQOS).
 */
export function qosClass(spec: Fields): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const containers = [...itemsOf(spec['containers']), ...itemsOf(spec['initContainers'])];
  const all = containers.map((container) => {
    const { requests, limits } = fieldsOf(container['resources']);
    return {
      // What is limited is requested, too: the apiserver's defaulting, which a static pod has not been through.
      requests: positive({ ...fieldsOf(limits), ...fieldsOf(requests) }),
      limits: positive(fieldsOf(limits)),
    };
  });
  if (all.every(({ requests, limits }) => requests.size + limits.size === 0)) return 'BestEffort';
  const guaranteed = all.every(({ requests, limits }) =>
    COMPUTE.every((name) => limits.has(name) && limits.get(name) === requests.get(name)),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

const COMPUTE = ['cpu', 'memory'] as const;

function positive(amounts: Fields): Map<string, bigint> {
  const entries = COMPUTE.flatMap((name) => {
    const nanos = parseQuantity(String(amounts[name] ?? '0'))?.nanos ?? 0n;
    return nanos > 0n ? [[name, nanos] as const] : [];
  });
  return new Map(entries);
}

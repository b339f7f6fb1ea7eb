import type { Pod } from '../api/objects';
import { type PodSpec, specOf } from './pod-spec';
import { quantityValue } from './quantity-value';

/** Source: pkg/apis/core/v1/helper/qos/qos.go (ComputePodQOS). Debug containers do not count. */
export function qosClass(pod: Pod): 'Guaranteed' | 'Burstable' | 'BestEffort' {
  const { containers, initContainers = [] }: PodSpec = specOf(pod);
  const all = [...containers, ...initContainers].map(({ resources = {} }) => ({
    // What is limited is requested, too: the apiserver's defaulting, which a static pod has not been through.
    requests: positive({ ...resources.limits, ...resources.requests }),
    limits: positive(resources.limits ?? {}),
  }));
  if (all.every(({ requests, limits }) => requests.size + limits.size === 0)) return 'BestEffort';
  const guaranteed = all.every(({ requests, limits }) =>
    COMPUTE.every((name) => limits.has(name) && limits.get(name) === requests.get(name)),
  );
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

const COMPUTE = ['cpu', 'memory'] as const;

function positive(amounts: Readonly<Record<string, string | number>>): Map<string, number> {
  const entries = COMPUTE.flatMap((name) => {
    const amount = amounts[name] === undefined ? 0 : quantityValue(amounts[name]);
    return amount > 0 ? [[name, amount] as const] : [];
  });
  return new Map(entries);
}

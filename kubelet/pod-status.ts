import { fieldsOf } from '../api/fields';
import { qosClass } from '../api/qos-class';
import { seconds } from '../client/api-time';
import { containerStatus } from './container-status';
import { type PodCondition, podConditions } from './pod-conditions';
import { podPhase } from './pod-phase';
import { containersOf, specOf } from './pod-spec';
import type { RunningPod } from './running-pod';

/**
 * What the kubelet writes into `status` of a pod. Pure: from what runs to what is reported.
 * Source: pkg/kubelet/kubelet_pods.go (generateAPIPodStatus).
 */
export function podStatus(running: RunningPod, hostIp: string, now: Date): Record<string, unknown> {
  const { pod, verdict } = running;
  const lives = [...running.lives.values()];
  const { restartPolicy = 'Always', readinessGates = [] } = specOf(pod);
  const phase = verdict?.phase ?? podPhase(lives, restartPolicy, running.terminal);
  const conditions = podConditions({
    lives,
    phase,
    sandboxReady: running.network !== null,
    readinessGates: readinessGates.map((it) => it.conditionType),
    stored: (pod.status?.conditions ?? []) as readonly PodCondition[],
    before: running.conditions,
    now,
  });
  return {
    phase,
    ...(verdict === null ? {} : { reason: verdict.reason, message: verdict.message }),
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    ...(running.address === '' ? {} : { podIP: running.address, podIPs: [{ ip: running.address }] }),
    startTime: seconds(running.startedAt),
    qosClass: qosClass(fieldsOf(pod.spec)),
    conditions,
    ...statuses(running),
  };
}

/** In the order of the spec. */
function statuses(running: RunningPod): Record<string, object[]> {
  const lists: Record<string, object[]> = {};
  for (const { kind, spec } of containersOf(running.pod)) {
    const life = running.lives.get(spec.name);
    if (life === undefined) continue;
    const list = LIST_OF[kind];
    lists[list] = [...(lists[list] ?? []), containerStatus(life, life.container?.id ?? '')];
  }
  return lists;
}

const LIST_OF = {
  init: 'initContainerStatuses',
  sidecar: 'initContainerStatuses',
  regular: 'containerStatuses',
  ephemeral: 'ephemeralContainerStatuses',
} as const;

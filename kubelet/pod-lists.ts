import { seconds } from '../client/api-time';
import { podStatus } from './pod-status';
import type { PodWorkers } from './pod-workers';
import type { RunningPod } from './running-pod';
import { containerUsage, podUsage, sum, type Usage } from './usage';

/** The documents that the kubelet shows about its pods. Pure. */

/** /pods: what should run here, with the status as the kubelet sees it. A Go list without items is `null`. */
export function podList(running: readonly RunningPod[], hostIp: string, now: Date): object {
  return list(
    running.map((it) => {
      const { apiVersion: _apiVersion, kind: _kind, ...rest } = it.pod;
      return { ...rest, status: { ...rest.status, ...podStatus(it, hostIp, now) } };
    }),
  );
}

/** /runningpods/: what the runtime knows, so no more than names, images and identities. */
export function runningPodList(running: readonly RunningPod[]): object {
  return list(
    running.map(({ pod, uid, containers }) => ({
      metadata: { name: pod.metadata.name, namespace: pod.metadata.namespace ?? 'default', uid },
      spec: {
        containers: [...containers.values()]
          .filter((it) => it.state.kind === 'running')
          .map(({ name, spec }) => ({ name, image: spec.image, resources: {} })),
      },
      status: {},
    })),
  );
}

function list(items: object[]): object {
  return { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: items.length === 0 ? null : items };
}

/** /stats/summary, the fields that the lab has true numbers for. Source: staging/src/k8s.io/kubelet pkg/apis/stats/v1alpha1. */
export function statsSummary(
  node: { readonly nodeName: string; readonly startedAt: Date },
  { running, spentCpuSeconds }: Pick<PodWorkers, 'running' | 'spentCpuSeconds'>,
  now: Date,
): object {
  const time = seconds(now);
  const stats = ({ cpuSeconds, memoryBytes }: Usage): object => ({
    cpu: { time, usageCoreNanoSeconds: Math.round(cpuSeconds * 1e9) },
    memory: { time, workingSetBytes: memoryBytes },
  });
  return {
    node: {
      nodeName: node.nodeName,
      startTime: seconds(node.startedAt),
      ...stats(sum([...running.map(podUsage), { cpuSeconds: spentCpuSeconds, memoryBytes: 0 }])),
    },
    pods: running.map((pod) => ({
      podRef: {
        name: pod.pod.metadata.name,
        namespace: pod.pod.metadata.namespace ?? 'default',
        uid: pod.uid,
      },
      startTime: seconds(pod.startedAt),
      containers: [...pod.lives.values()].flatMap(({ name, container, state }) =>
        container === null
          ? []
          : [
              {
                name,
                startTime: state.kind === 'waiting' ? null : seconds(state.startedAt),
                ...stats(containerUsage(container)),
              },
            ],
      ),
      ...stats(podUsage(pod)),
    })),
  };
}

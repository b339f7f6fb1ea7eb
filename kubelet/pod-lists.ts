import type { Pod } from '../api/objects';
import { seconds } from './api-time';
import { podStatus } from './pod-status';
import type { RunningPod } from './running-pod';

/** The documents that the kubelet shows about its pods. Pure. */

/** /pods: what should run here, with the status as the kubelet sees it. A Go list without items is `null`. */
export function podList(
  pods: readonly Pod[],
  running: readonly RunningPod[],
  hostIp: string,
  now: Date,
): object {
  const items = pods.map((pod) => {
    const runs = running.find((it) => it.pod === pod);
    const { apiVersion: _apiVersion, kind: _kind, ...rest } = pod;
    return runs === undefined
      ? rest
      : { ...rest, status: { ...pod.status, ...podStatus(runs, hostIp, now) } };
  });
  return list(items);
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

/** /stats/summary, the fields that the lab has true numbers for. Memory is what the simulation holds. */
export function statsSummary(
  node: { readonly nodeName: string; readonly startedAt: Date },
  running: readonly RunningPod[],
  now: Date,
): object {
  const memoryOf = (pod: RunningPod): number =>
    [...pod.containers.values()].reduce((sum, it) => sum + it.memoryBytes, 0);
  const memory = (workingSetBytes: number): object => ({ time: seconds(now), workingSetBytes });
  return {
    node: {
      nodeName: node.nodeName,
      startTime: seconds(node.startedAt),
      memory: memory(running.reduce((sum, pod) => sum + memoryOf(pod), 0)),
    },
    pods: running.map((pod) => ({
      podRef: {
        name: pod.pod.metadata.name,
        namespace: pod.pod.metadata.namespace ?? 'default',
        uid: pod.uid,
      },
      startTime: seconds(pod.startedAt),
      containers: [...pod.containers.values()].map((it) => ({
        name: it.name,
        startTime: it.state.kind === 'waiting' ? null : seconds(it.state.startedAt),
        memory: memory(it.memoryBytes),
      })),
      memory: memory(memoryOf(pod)),
    })),
  };
}

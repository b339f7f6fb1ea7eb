import type { SimulatedContainer } from './containers/simulated-container';
import type { RunningPod } from './running-pod';

/**
 * What the kubelet writes into `status` of a pod. Pure: from what runs to what is reported.
 * Source: pkg/kubelet/kubelet_pods.go (generateAPIPodStatus, getPhase) and status/generate.go.
 */
export function podStatus(running: RunningPod, hostIp: string): Record<string, unknown> {
  const containers = [...running.containers.values()];
  const ready = containers.every((it) => it.state.kind === 'running');
  const startTime = seconds(running.startedAt);
  const condition = (type: string, status: boolean): object => ({
    type,
    status: status ? 'True' : 'False',
    lastTransitionTime: startTime,
    ...(status ? {} : { reason: 'ContainersNotReady', message: notReadyMessage(containers) }),
  });
  return {
    phase: phaseOf(containers, running.pod.spec.restartPolicy ?? 'Always'),
    hostIP: hostIp,
    hostIPs: [{ ip: hostIp }],
    podIP: running.address,
    podIPs: [{ ip: running.address }],
    startTime,
    qosClass: 'BestEffort',
    conditions: [
      condition('PodReadyToStartContainers', true),
      condition('Initialized', true),
      condition('Ready', ready),
      condition('ContainersReady', ready),
      condition('PodScheduled', true),
    ],
    containerStatuses: containers.map(containerStatus),
  };
}

function notReadyMessage(containers: readonly SimulatedContainer[]): string {
  const names = containers.filter((it) => it.state.kind !== 'running').map((it) => it.name);
  return `containers with unready status: [${names.join(' ')}]`;
}

/** Waiting only keeps a pod Pending until everything has once run. */
export function phaseOf(
  containers: readonly Pick<SimulatedContainer, 'state'>[],
  restartPolicy: string,
): 'Pending' | 'Running' | 'Succeeded' | 'Failed' {
  const states = containers.map((it) => it.state);
  if (states.some((it) => it.kind === 'waiting')) return 'Pending';
  if (states.some((it) => it.kind === 'running') || restartPolicy === 'Always') return 'Running';
  const failed = states.some((it) => it.kind === 'terminated' && it.exitCode !== 0);
  if (!failed) return 'Succeeded';
  return restartPolicy === 'OnFailure' ? 'Running' : 'Failed';
}

function containerStatus(container: SimulatedContainer): object {
  const { state, spec } = container;
  const containerID = `midplane://${container.id}`;
  const started = state.kind !== 'waiting';
  return {
    name: container.name,
    state: stateOf(container, containerID),
    lastState: {},
    ready: state.kind === 'running',
    started: state.kind === 'running',
    restartCount: container.restartCount,
    image: spec.image,
    imageID: started ? `midplane://${spec.image}` : '',
    ...(started ? { containerID } : {}),
  };
}

function stateOf({ state }: SimulatedContainer, containerID: string): object {
  switch (state.kind) {
    case 'waiting':
      return {
        waiting: { reason: state.reason, ...(state.message === '' ? {} : { message: state.message }) },
      };
    case 'running':
      return { running: { startedAt: seconds(state.startedAt) } };
    case 'terminated':
      return {
        terminated: {
          exitCode: state.exitCode,
          reason: state.exitCode === 0 ? 'Completed' : 'Error',
          startedAt: seconds(state.startedAt),
          finishedAt: seconds(state.finishedAt),
          containerID,
        },
      };
  }
}

/** metav1.Time has whole seconds. */
export function seconds(at: Date): string {
  return at.toISOString().replace(/\.\d+Z$/, 'Z');
}

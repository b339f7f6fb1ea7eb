import { seconds } from '../client/api-time';
import type { LifeFacts, LifeState, Terminated } from './container-life';
import type { VolumeMount } from './pod-spec';

/** One entry of containerStatuses. Source: pkg/kubelet/kubelet_pods.go (convertToAPIContainerStatuses). */
export function containerStatus(life: LifeFacts, containerId: string): object {
  const { name, kind, state, last, spec } = life;
  const ran = state.kind !== 'waiting' || last !== null;
  const id =
    state.kind === 'running' ? containerId : (state.kind === 'terminated' ? state : last)?.containerId;
  return {
    name,
    state: stateOf(state),
    lastState: last === null ? {} : stateOf(last),
    ready: life.ready,
    ...(kind === 'ephemeral' ? {} : { started: life.started }),
    restartCount: life.restartCount,
    image: spec.image,
    imageID: ran ? `midplane://${spec.image}` : '',
    ...(id === undefined ? {} : { containerID: `midplane://${id}` }),
    ...resourcesOf(life),
    ...mountsOf(spec.volumeMounts ?? []),
  };
}

function stateOf(state: LifeState): object {
  switch (state.kind) {
    case 'waiting':
      return {
        waiting: { reason: state.reason, ...(state.message === '' ? {} : { message: state.message }) },
      };
    case 'running':
      return { running: { startedAt: seconds(state.startedAt) } };
    case 'terminated':
      return { terminated: terminatedState(state) };
  }
}

function terminatedState(state: Terminated): object {
  return {
    exitCode: state.exitCode,
    reason: state.reason,
    ...(state.message === '' ? {} : { message: state.message }),
    startedAt: seconds(state.startedAt),
    finishedAt: seconds(state.finishedAt),
    containerID: `midplane://${state.containerId}`,
  };
}

/** InPlacePodVerticalScaling, on by default since 1.33. */
function resourcesOf({ spec, state }: LifeFacts): object {
  const { requests, limits } = spec.resources ?? {};
  if (state.kind !== 'running' || (requests === undefined && limits === undefined)) return {};
  return { ...(requests === undefined ? {} : { allocatedResources: requests }), resources: spec.resources };
}

function mountsOf(mounts: readonly VolumeMount[]): object {
  if (mounts.length === 0) return {};
  return {
    volumeMounts: mounts.map(({ name, mountPath, readOnly }) => ({
      name,
      mountPath,
      ...(readOnly === true ? { readOnly, recursiveReadOnly: 'Disabled' } : {}),
    })),
  };
}

import { type LifeFacts, lastEnd } from './container-life';

/**
 * What is to be done for a pod now. Pure. Source: pkg/kubelet/kuberuntime/kuberuntime_manager.go (computePodActions,
 * computeInitContainerActions): init containers one after the other, a sidecar when it has started lets the next one
 * begin, then all others together; debug containers whenever they appear; sidecars end after the last of the others.
 */
export interface PodActions {
  /** By name, in order. One that has ended before is subject to its back-off. */
  readonly start: readonly string[];
  /** Sidecars and debug containers that have nobody left to serve. */
  readonly stop: readonly string[];
  /** Nothing will ever be started again. */
  readonly over: boolean;
}

type Facts = Pick<LifeFacts, 'name' | 'kind' | 'state' | 'last' | 'started'>;

export function podActions(lives: readonly Facts[], restartPolicy: string): PodActions {
  const debug = namesOf(lives.filter((it) => it.kind === 'ephemeral' && neverRan(it)));
  const regular = lives.filter((it) => it.kind === 'regular');
  const begun = regular.some((it) => !neverRan(it));
  const done = regular.every((it) => isDone(it, restartPolicy));
  const hangersOn = lives.filter((it) => (it.kind === 'sidecar' || it.kind === 'ephemeral') && runs(it));
  if (done) return { start: [], stop: namesOf(hangersOn), over: true };
  const wantedSidecars: string[] = [];
  for (const life of lives) {
    if (life.kind === 'sidecar') {
      if (!runs(life)) wantedSidecars.push(life.name);
      if (!begun && !life.started) return { start: [...debug, ...wantedSidecars], stop: [], over: false };
    }
    if (life.kind !== 'init' || begun) continue;
    const end = lastEnd(life);
    if (end?.exitCode === 0) continue;
    if (end !== null && restartPolicy === 'Never') {
      return { start: [], stop: namesOf(hangersOn), over: true };
    }
    const next = runs(life) ? [] : [life.name];
    return { start: [...debug, ...wantedSidecars, ...next], stop: [], over: false };
  }
  const wanted = regular.filter((it) => !runs(it) && !isDone(it, restartPolicy));
  return { start: [...debug, ...wantedSidecars, ...namesOf(wanted)], stop: [], over: false };
}

function runs({ state }: Facts): boolean {
  return state.kind === 'running';
}

function neverRan(life: Facts): boolean {
  return life.state.kind === 'waiting' && life.last === null;
}

/** It has ended and the restart policy leaves it at that. */
function isDone(life: Facts, restartPolicy: string): boolean {
  const end = lastEnd(life);
  if (end === null || restartPolicy === 'Always') return false;
  return restartPolicy === 'Never' || end.exitCode === 0;
}

function namesOf(lives: readonly Facts[]): string[] {
  return lives.map((it) => it.name);
}

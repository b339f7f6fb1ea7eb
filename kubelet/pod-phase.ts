import { type LifeFacts, lastEnd } from './container-life';

/** Source: pkg/kubelet/kubelet_pods.go (getPhase). Waiting to run again counts as having run. */
export type PodPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

type Facts = Pick<LifeFacts, 'kind' | 'state' | 'last' | 'started'>;

/** `terminal`: the kubelet has ended the pod, and nothing is restarted any more. */
export function podPhase(lives: readonly Facts[], restartPolicy: string, terminal = false): PodPhase {
  const inits = lives.filter((it) => it.kind === 'init');
  const regular = lives.filter((it) => it.kind === 'regular');
  const failedInit = inits.some((it) => (lastEnd(it)?.exitCode ?? 0) !== 0);
  if (failedInit && restartPolicy === 'Never') return 'Failed';
  const ends = regular.map(lastEnd);
  const running = regular.filter((it) => it.state.kind === 'running').length;
  const stopped = ends.filter((it) => it !== null).length;
  const everStarted = running + stopped > 0;
  if (!everStarted && inits.some((it) => lastEnd(it) === null)) return 'Pending';
  const pendingSidecar = lives.some((it) => it.kind === 'sidecar' && !it.started && lastEnd(it) === null);
  if (!everStarted && pendingSidecar) return 'Pending';
  if (running + stopped < regular.length) return 'Pending';
  if (running > 0) return 'Running';
  if (terminal) return ends.every((it) => it?.exitCode === 0) ? 'Succeeded' : 'Failed';
  const sidecarRuns = lives.some((it) => it.kind === 'sidecar' && it.state.kind === 'running');
  if (restartPolicy === 'Always' || sidecarRuns) return 'Running';
  if (ends.every((it) => it?.exitCode === 0)) return 'Succeeded';
  return restartPolicy === 'Never' ? 'Failed' : 'Running';
}

import type { LifeState, Terminated } from './container-life';

/**
 * Which run's log is shown, or why there is none. Source: pkg/kubelet/kubelet_pods.go (validateContainerLogStatus).
 */
export type LogChoice =
  | { readonly kind: 'this-run' | 'run-before' }
  | { readonly kind: 'refused'; readonly text: string };

export interface LogFacts {
  readonly pod: string;
  readonly name: string;
  readonly state: LifeState;
  readonly last: Terminated | null;
}

export function chooseLog({ pod, name, state, last }: LogFacts, previous: boolean): LogChoice {
  const about = `container ${JSON.stringify(name)} in pod ${JSON.stringify(pod)}`;
  if (previous) {
    if (last === null) return { kind: 'refused', text: `previous terminated ${about} not found` };
    // One that waits to run again has the log of its last run still in hand.
    return { kind: state.kind === 'waiting' ? 'this-run' : 'run-before' };
  }
  if (state.kind !== 'waiting' || last !== null) return { kind: 'this-run' };
  return { kind: 'refused', text: `${about} is waiting to start: ${whyWaiting(state.reason)}` };
}

function whyWaiting(reason: string): string {
  if (reason === 'ErrImagePull') return "image can't be pulled";
  return reason === 'ImagePullBackOff' ? 'trying and failing to pull image' : reason;
}

import type { Probe } from './pod-spec';

/**
 * When a probe's outcomes become a result: after as many of a kind in a row as the thresholds say.
 * Source: pkg/kubelet/prober/worker.go (doProbe).
 */
export type ProbeType = 'Startup' | 'Readiness' | 'Liveness';

export interface ProbeCount {
  readonly result: boolean | null;
  readonly last: boolean | null;
  readonly run: number;
}

/** What holds before the first outcome: alive, not ready, startup unknown. */
export function initialCount(type: ProbeType): ProbeCount {
  const result = type === 'Liveness' ? true : type === 'Readiness' ? false : null;
  return { result, last: null, run: 0 };
}

export function countOutcome(
  count: ProbeCount,
  succeeded: boolean,
  { successThreshold = 1, failureThreshold = 3 }: Pick<Probe, 'successThreshold' | 'failureThreshold'>,
): ProbeCount {
  const run = count.last === succeeded ? count.run + 1 : 1;
  const enough = run >= (succeeded ? successThreshold : failureThreshold);
  return { result: enough ? succeeded : count.result, last: succeeded, run };
}

import type { SimulatedContainer } from './containers/simulated-container';
import type { RunningPod } from './running-pod';

/**
 * What pods use. Memory is what the simulation holds for them. A simulated container has no processor of its own to be
 * measured, so its time is reckoned from what it did: so much for each command that was started and for each byte that
 * went in or out.
 */
export interface Usage {
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
}

/** About what busybox takes to be started, and what a byte costs on its way through a few copies. */
const SECONDS_A_COMMAND = 0.001;
const SECONDS_A_BYTE = 10e-9;

export function containerUsage({
  work,
  memoryBytes,
}: Pick<SimulatedContainer, 'work' | 'memoryBytes'>): Usage {
  const cpuSeconds = work.commands * SECONDS_A_COMMAND + work.bytes * SECONDS_A_BYTE;
  return { cpuSeconds: Number(cpuSeconds.toFixed(9)), memoryBytes };
}

/** With what is in its volumes, which its containers share. */
export function podUsage(pod: Pick<RunningPod, 'containers' | 'volumeBytes'>): Usage {
  return sum([
    ...[...pod.containers.values()].map(containerUsage),
    { cpuSeconds: 0, memoryBytes: pod.volumeBytes },
  ]);
}

export function sum(usages: readonly Usage[]): Usage {
  const cpuSeconds = usages.reduce((total, it) => total + it.cpuSeconds, 0);
  return {
    cpuSeconds: Number(cpuSeconds.toFixed(9)),
    memoryBytes: usages.reduce((total, it) => total + it.memoryBytes, 0),
  };
}

import type { ContainerLife } from './container-life';
import type { LivePod } from './live-pod';
import type { NodeContext } from './node-context';
import { containerReference } from './pod-events';
import type { Probe } from './pod-spec';
import { countOutcome, initialCount, type ProbeType } from './probe-result';
import { runHandler } from './run-handler';

/** Probes one run of a container until it ends. Source: pkg/kubelet/prober/{prober_manager,worker}.go. */
export interface ProbeHooks {
  /** `started` or `ready` may have changed. */
  readonly onChange: () => void;
  /** A liveness or startup probe has failed often enough. */
  readonly onFailed: (type: ProbeType, probe: Probe) => void;
}

export function startProbes(
  context: NodeContext,
  pod: LivePod,
  life: ContainerLife,
  hooks: ProbeHooks,
  signal: AbortSignal,
): void {
  const { startupProbe, readinessProbe, livenessProbe } = life.spec;
  const begin = (type: ProbeType, probe: Probe | undefined): void => {
    if (probe === undefined) return;
    keepProbing({ context, pod, life, type, probe, hooks, signal }).catch((error: unknown) => {
      context.log.error({ err: error, container: life.name }, 'probe could not be run');
    });
  };
  const whenStarted = (): void => {
    life.started = true;
    // Without a readiness probe whatever has started is ready.
    life.ready = readinessProbe === undefined;
    begin('Readiness', readinessProbe);
    begin('Liveness', livenessProbe);
  };
  if (startupProbe === undefined) {
    whenStarted();
    return;
  }
  const startup: ProbeHooks = {
    ...hooks,
    onChange: () => {
      if (life.started) whenStarted();
      hooks.onChange();
    },
  };
  keepProbing({ context, pod, life, type: 'Startup', probe: startupProbe, hooks: startup, signal }).catch(
    (error: unknown) => context.log.error({ err: error, container: life.name }, 'probe could not be run'),
  );
}

interface Probing {
  readonly context: NodeContext;
  readonly pod: LivePod;
  readonly life: ContainerLife;
  readonly type: ProbeType;
  readonly probe: Probe;
  readonly hooks: ProbeHooks;
  readonly signal: AbortSignal;
}

async function keepProbing(probing: Probing): Promise<void> {
  const { context, life, type, probe, hooks, signal } = probing;
  const { initialDelaySeconds = 0, periodSeconds = 10 } = probe;
  let count = initialCount(type);
  await context.clock.pause(initialDelaySeconds * 1000, signal);
  while (!signal.aborted) {
    const succeeded = await probeOnce(probing);
    if (signal.aborted) return;
    const before = count.result;
    count = countOutcome(count, succeeded, probe);
    if (count.result !== before && count.result !== null) {
      if (type === 'Readiness') life.ready = count.result;
      if (type === 'Startup') life.started = count.result;
      hooks.onChange();
    }
    if (type !== 'Readiness' && count.result === false) {
      hooks.onFailed(type, probe);
      return;
    }
    // A startup probe that has succeeded has done its work.
    if (type === 'Startup' && count.result === true) return;
    await context.clock.pause(periodSeconds * 1000, signal);
  }
}

async function probeOnce({ context, pod, life, type, probe, signal }: Probing): Promise<boolean> {
  const { container } = life;
  if (container === null || pod.network === null) return false;
  const { node: from, clock, events } = context;
  const place = { purpose: 'probe' as const, from, clock, spec: life.spec, container, podIp: pod.address };
  const result = await runHandler(probe, place, (probe.timeoutSeconds ?? 1) * 1000, signal);
  if (signal.aborted || result.kind === 'success') return result.kind === 'success';
  const text =
    result.kind === 'failure'
      ? `${type} probe failed: ${result.text}`
      : `${type} probe errored and resulted in unknown state: ${result.text}`;
  events.event(containerReference(pod.pod, life), 'Warning', 'Unhealthy', text);
  return false;
}

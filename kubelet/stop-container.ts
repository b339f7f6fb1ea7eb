import type { ContainerLife } from './container-life';
import type { LivePod } from './live-pod';
import type { NodeContext } from './node-context';
import { containerReference } from './pod-events';
import { runHandler } from './run-handler';

/** However little is left of the grace period after a preStop hook (kuberuntime_container.go, minimumGracePeriodInSeconds). */
const LEAST_GRACE_MS = 2_000;

export interface StopOptions {
  readonly graceMs: number;
  /** Of the event Killing. */
  readonly message?: string;
  /** Aborted: it is killed at once. */
  readonly hurry: AbortSignal;
}

/** Source: pkg/kubelet/kuberuntime/kuberuntime_container.go (killContainer): preStop, SIGTERM, and SIGKILL at the end. */
export async function stopContainer(
  context: NodeContext,
  pod: LivePod,
  life: ContainerLife,
  { graceMs, message = `Stopping container ${life.name}`, hurry }: StopOptions,
): Promise<void> {
  const { container } = life;
  if (container === null || container.state.kind !== 'running') return;
  const { clock, events } = context;
  events.event(containerReference(pod.pod, life), 'Normal', 'Killing', message);
  const begun = clock.now().getTime();
  if (graceMs > 0) await preStop(context, pod, life, graceMs, hurry);
  const leftMs = graceMs === 0 ? 0 : Math.max(graceMs - (clock.now().getTime() - begun), LEAST_GRACE_MS);
  container.terminate();
  const ended = new AbortController();
  const gone = container.ended.then(() => ended.abort());
  const onHurry = (): void => ended.abort();
  hurry.addEventListener('abort', onHurry, { once: true });
  if (hurry.aborted) ended.abort();
  await clock.pause(leftMs, ended.signal);
  hurry.removeEventListener('abort', onHurry);
  container.stop();
  await gone;
}

async function preStop(
  context: NodeContext,
  pod: LivePod,
  life: ContainerLife,
  graceMs: number,
  hurry: AbortSignal,
): Promise<void> {
  const hook = life.spec.lifecycle?.preStop;
  if (hook === undefined || life.container === null) return;
  const { node: from, clock, events } = context;
  const place = {
    purpose: 'lifecycle' as const,
    from,
    clock,
    spec: life.spec,
    container: life.container,
    podIp: pod.address,
  };
  const result = await runHandler(hook, place, graceMs, hurry);
  if (result.kind === 'success') return;
  events.event(containerReference(pod.pod, life), 'Warning', 'FailedPreStopHook', 'PreStopHook failed');
}

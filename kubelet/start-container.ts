import { formatGoDuration } from '../wire/go-duration';
import { LOOK_EVERY_MS, SOON_MS } from './back-off';
import { type ContainerLife, lastEnd, type Terminated } from './container-life';
import { launchOf } from './launch-of';
import type { LivePod } from './live-pod';
import type { NodeContext } from './node-context';
import { containerReference } from './pod-events';
import { runHandler } from './run-handler';

/**
 * Starts a container once it may be started: back-off, image, references, the process itself, its postStart hook.
 * Source: pkg/kubelet/kuberuntime/kuberuntime_container.go (startContainer).
 */
export type Start =
  | { readonly kind: 'started'; readonly exited: Promise<number> }
  /** Look again after this long; the state says why. */
  | { readonly kind: 'waits'; readonly ms: number };

export async function startContainer(
  context: NodeContext,
  pod: LivePod,
  life: ContainerLife,
  signal: AbortSignal,
): Promise<Start> {
  const { container } = life;
  if (container === null) throw new Error(`container "${life.name}" has no network yet`);
  const about = containerReference(pod.pod, life);
  const event = (type: 'Normal' | 'Warning', reason: string, message: string): void =>
    context.events.event(about, type, reason, message);
  const waiting = (reason: string, message: string, ms: number): Start => {
    if (life.state.kind === 'terminated') life.last = life.state;
    life.state = { kind: 'waiting', reason, message };
    return { kind: 'waits', ms };
  };

  const crashed = crashBackOff(context, pod, life);
  if (crashed !== null) {
    const where = `in pod ${pod.pod.metadata.name}_${pod.pod.metadata.namespace ?? 'default'}(${pod.uid})`;
    event('Warning', 'BackOff', `Back-off restarting failed container ${life.name} ${where}`);
    return waiting('CrashLoopBackOff', crashed.message, Math.min(crashed.ms, LOOK_EVERY_MS));
  }

  const refused = pullImage(context, pod, life, event);
  if (refused !== null) {
    event('Warning', 'Failed', `Error: ${refused.reason}`);
    return waiting(refused.reason, refused.message, refused.retryMs);
  }

  const made = await launchOf(life.spec, pod.facts, context.source);
  if (signal.aborted) return { kind: 'waits', ms: LOOK_EVERY_MS };
  if (made.kind === 'config-error') {
    event('Warning', 'Failed', `Error: ${made.text}`);
    return waiting('CreateContainerConfigError', made.text, LOOK_EVERY_MS);
  }

  const before = lastEnd(life);
  const outcome = await container.start(made.launch);
  life.restartCount = container.restartCount;
  event('Normal', 'Created', `Created container: ${life.name}`);
  if (outcome.kind === 'refused') {
    event('Warning', 'Failed', `Error: ${outcome.text}`);
    life.state = cannotStart(outcome.text, container.id, context.clock.now());
    life.last = before;
    // What will be tried again is waiting for that; what will not stays as it ended.
    return pod.restartPolicy === 'Never' || life.kind === 'ephemeral'
      ? { kind: 'waits', ms: LOOK_EVERY_MS }
      : waiting('RunContainerError', outcome.text, SOON_MS);
  }
  const startedAt = container.state.kind === 'running' ? container.state.startedAt : context.clock.now();
  life.state = { kind: 'running', startedAt };
  life.last = before;
  recordStart(context, pod, life);
  event('Normal', 'Started', `Started container ${life.name}`);
  await postStart(context, pod, life, event, signal);
  return { kind: 'started', exited: outcome.exited };
}

type Say = (type: 'Normal' | 'Warning', reason: string, message: string) => void;

/** kuberuntime_manager.go (doBackOff): null when it may be started now. */
function crashBackOff(
  { crashBackOff: backOff, clock }: NodeContext,
  pod: LivePod,
  life: ContainerLife,
): { readonly ms: number; readonly message: string } | null {
  const end = lastEnd(life);
  if (end === null) return null;
  const key = `${pod.uid}/${life.name}`;
  const now = clock.now();
  const ms = backOff.remainingMs(key, end.finishedAt, now);
  if (ms === 0) {
    backOff.next(key, end.finishedAt, now);
    return null;
  }
  const { name, namespace = 'default' } = pod.pod.metadata;
  const delay = formatGoDuration(backOff.delayMs(key));
  const message = `back-off ${delay} restarting failed container=${life.name} pod=${name}_${namespace}(${pod.uid})`;
  return { ms, message };
}

function pullImage(context: NodeContext, pod: LivePod, { spec }: ContainerLife, event: Say) {
  const image = JSON.stringify(spec.image);
  let pulling = false;
  const outcome = context.images.ensure({
    podUid: pod.uid,
    image: spec.image,
    pullPolicy: spec.imagePullPolicy ?? defaultPullPolicy(spec.image),
    onPull: () => {
      pulling = true;
      event('Normal', 'Pulling', `Pulling image ${image}`);
    },
  });
  switch (outcome.kind) {
    case 'present':
      event('Normal', 'Pulled', `Container image ${image} already present on machine`);
      return null;
    case 'pulled': {
      const took = `${outcome.tookMs}ms`;
      const size = `Image size: ${outcome.sizeBytes} bytes.`;
      event(
        'Normal',
        'Pulled',
        `Successfully pulled image ${image} in ${took} (${took} including waiting). ${size}`,
      );
      return null;
    }
    case 'refused':
      if (pulling) event('Warning', 'Failed', `Failed to pull image ${image}: ${outcome.message}`);
      else if (outcome.reason === 'ImagePullBackOff') {
        event('Normal', 'BackOff', `Back-off pulling image ${image}`);
      } else {
        const reason = outcome.reason === 'InvalidImageName' ? 'InspectFailed' : outcome.reason;
        event('Warning', reason, outcome.message);
      }
      return outcome;
  }
}

/** The apiserver's default, for pods that have not been through it. */
function defaultPullPolicy(image: string): string {
  return /:[^/]*$|@/.test(image) && !image.endsWith(':latest') ? 'IfNotPresent' : 'Always';
}

/** containerd reports a container that never ran as started at the epoch. */
function cannotStart(message: string, containerId: string, finishedAt: Date): Terminated {
  return {
    kind: 'terminated',
    exitCode: 128,
    reason: 'StartError',
    message,
    startedAt: new Date(0),
    finishedAt,
    containerId,
  };
}

function recordStart({ node }: NodeContext, pod: LivePod, life: ContainerLife): void {
  node.timeline.record(node.name, null, 'container-started', {
    namespace: pod.pod.metadata.namespace ?? 'default',
    pod: pod.pod.metadata.name,
    container: life.name,
    image: life.spec.image,
    restarts: life.restartCount,
  });
}

/**
 * A hook that fails kills the container; the restart policy decides what becomes of it. One that the pod's end cuts off
 * has not failed: the container has its preStop hook and its grace.
 */
async function postStart(
  context: NodeContext,
  pod: LivePod,
  life: ContainerLife,
  event: Say,
  signal: AbortSignal,
): Promise<void> {
  const hook = life.spec.lifecycle?.postStart;
  if (hook === undefined || life.container === null) return;
  const { node: from, clock } = context;
  const { spec, container } = life;
  const place = { purpose: 'lifecycle' as const, from, clock, spec, container, podIp: pod.address };
  const result = await runHandler(hook, place, LONGEST_HOOK_MS, signal);
  if (result.kind === 'success' || signal.aborted) return;
  event('Warning', 'FailedPostStartHook', 'PostStartHook failed');
  event('Normal', 'Killing', 'FailedPostStartHook');
  container.stop();
}

/** Upstream sets no limit; a hook that never ends would only keep this pod from going on. */
const LONGEST_HOOK_MS = 24 * 3_600_000;

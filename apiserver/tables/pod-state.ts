import { type Fields, fieldsOf, isFields, itemsOf, numberOf, textOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';

/**
 * A pod in one word, and what it counts: the phase, unless something more telling is known about an init container, a
 * container or a deletion under way. Source: pkg/printers/internalversion/printers.go, printPod.
 */
export interface PodState {
  readonly ready: number;
  readonly total: number;
  readonly reason: string;
  readonly restarts: number;
  /** When a container last ended before it was started again; '' when none did. */
  readonly lastRestart: string;
}

interface Tally {
  ready: number;
  restarts: number;
  lastRestart: string;
}

export function podState(pod: KubeObject): PodState {
  const [spec, status] = [fieldsOf(pod['spec']), fieldsOf(pod['status'])];
  const sidecars = new Set(
    itemsOf(spec['initContainers'])
      .filter(isSidecar)
      .map(({ name }) => name),
  );
  const first = firstReason(status);

  const init: Tally = { ready: 0, restarts: 0, lastRestart: '' };
  const running: Tally = { ready: 0, restarts: 0, lastRestart: '' };
  const waiting = initReason(spec, status, sidecars, init, running);
  let reason = waiting ?? first;
  let tally = init;
  if (waiting === null || isInitialized(status)) {
    reason = containerReason(status, running, reason);
    tally = running;
  }
  return {
    ready: running.ready,
    total: itemsOf(spec['containers']).length + sidecars.size,
    reason: deletionReason(pod, status) ?? reason,
    restarts: tally.restarts,
    lastRestart: tally.lastRestart,
  };
}

function isSidecar({ restartPolicy }: Fields): boolean {
  return restartPolicy === 'Always';
}

function firstReason(status: Fields): string {
  const gated = itemsOf(status['conditions']).some(
    ({ type, reason }) => type === 'PodScheduled' && reason === 'SchedulingGated',
  );
  return gated ? 'SchedulingGated' : textOf(status['reason']) || textOf(status['phase']);
}

/** The init container that the pod waits for, in a word; null when it waits for none. Sidecars count as they run. */
function initReason(
  spec: Fields,
  status: Fields,
  sidecars: ReadonlySet<unknown>,
  init: Tally,
  running: Tally,
): string | null {
  const statuses = itemsOf(status['initContainerStatuses']);
  for (const [index, container] of statuses.entries()) {
    const { terminated, waiting } = fieldsOf(container['state']);
    const sidecar = sidecars.has(container['name']);
    countRestarts(init, container);
    if (sidecar) countRestarts(running, container);
    if (isFields(terminated) && numberOf(terminated['exitCode']) === 0) continue;
    if (sidecar && container['started'] === true) {
      if (container['ready'] === true) running.ready += 1;
      continue;
    }
    if (isFields(terminated)) return `Init:${endedReason(terminated)}`;
    const why = isFields(waiting) ? textOf(waiting['reason']) : '';
    if (why !== '' && why !== 'PodInitializing') return `Init:${why}`;
    return `Init:${index}/${itemsOf(spec['initContainers']).length}`;
  }
  return null;
}

function countRestarts(tally: Tally, container: Fields): void {
  tally.restarts += numberOf(container['restartCount']);
  const finished = textOf(fieldsOf(fieldsOf(container['lastState'])['terminated'])['finishedAt']);
  if (finished > tally.lastRestart) tally.lastRestart = finished;
}

/** The first container's word wins, so they are read from the last on. */
function containerReason(status: Fields, running: Tally, before: string): string {
  let reason = before;
  let hasRunning = false;
  for (const container of itemsOf(status['containerStatuses']).reverse()) {
    const { terminated, waiting, running: since } = fieldsOf(container['state']);
    countRestarts(running, container);
    if (isFields(waiting) && textOf(waiting['reason']) !== '') {
      reason = textOf(waiting['reason']);
    } else if (isFields(terminated)) {
      reason = endedReason(terminated);
    } else if (container['ready'] === true && isFields(since)) {
      hasRunning = true;
      running.ready += 1;
    }
  }
  if (reason !== 'Completed' || !hasRunning) return reason;
  const ready = itemsOf(status['conditions']).some(
    (condition) => condition['type'] === 'Ready' && condition['status'] === 'True',
  );
  return ready ? 'Running' : 'NotReady';
}

function endedReason(terminated: Fields): string {
  if (textOf(terminated['reason']) !== '') return textOf(terminated['reason']);
  const signal = numberOf(terminated['signal']);
  return signal === 0 ? `ExitCode:${numberOf(terminated['exitCode'])}` : `Signal:${signal}`;
}

function isInitialized(status: Fields): boolean {
  return itemsOf(status['conditions']).some(
    (condition) => condition['type'] === 'Initialized' && condition['status'] === 'True',
  );
}

function deletionReason(pod: KubeObject, status: Fields): string | null {
  if (pod.metadata.deletionTimestamp === undefined) return null;
  if (status['reason'] === 'NodeLost') return 'Unknown';
  return status['phase'] === 'Failed' || status['phase'] === 'Succeeded' ? null : 'Terminating';
}

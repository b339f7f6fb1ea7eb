import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../api/objects';
import { pods } from './pods';

const now = new Date('2026-01-01T01:00:00Z');
const born = '2026-01-01T00:57:55Z';

function pod(status: object, spec: object = {}, metadata: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', creationTimestamp: born, ...metadata },
    spec: { containers: [{ name: 'c' }, { name: 'd' }], ...spec },
    status,
  };
}

/** Ready, status, restarts. */
function shown(object: KubeObject): string {
  return pods.cells(object, now).slice(1, 4).join(' ');
}

const running = { ready: true, restartCount: 0, state: { running: { startedAt: born } } };
const waiting = (reason: string) => ({ ready: false, restartCount: 0, state: { waiting: { reason } } });
const ended = (exitCode: number, reason?: string, signal?: number) => ({
  ready: false,
  restartCount: 0,
  state: { terminated: { exitCode, ...(reason && { reason }), ...(signal && { signal }) } },
});
const lastEnded = { lastState: { terminated: { finishedAt: '2026-01-01T00:58:00Z' } } };

test('a pod is shown with all its columns', () => {
  const status = {
    phase: 'Running',
    podIP: '10.244.1.2',
    podIPs: [{ ip: '10.244.1.2' }],
    nominatedNodeName: 'node-2',
    conditions: [{ type: 'gate', status: 'True' }],
    containerStatuses: [running],
  };
  const spec = {
    nodeName: 'node-1',
    containers: [{ name: 'c' }],
    readinessGates: [{ conditionType: 'gate' }, { conditionType: 'other' }],
  };
  expect(pods.cells(pod(status, spec), now)).toEqual([
    'web',
    '1/1',
    'Running',
    '0',
    '2m5s',
    '10.244.1.2',
    'node-1',
    'node-2',
    '1/2',
  ]);
});

describe('containers', () => {
  test.each([
    ['2/2 Running 0', { phase: 'Running', containerStatuses: [running, running] }],
    ['0/2 Pending 0', { phase: 'Pending' }],
    ['0/2 ContainerCreating 0', { phase: 'Pending', containerStatuses: [waiting('ContainerCreating')] }],
    [
      '1/2 CrashLoopBackOff 0',
      { phase: 'Running', containerStatuses: [waiting('CrashLoopBackOff'), running] },
    ],
    ['0/2 Error 0', { phase: 'Failed', containerStatuses: [ended(1, 'Error'), ended(0, 'Completed')] }],
    ['0/2 Completed 0', { phase: 'Succeeded', containerStatuses: [ended(0, 'Completed')] }],
    ['0/2 ExitCode:3 0', { phase: 'Failed', containerStatuses: [ended(3)] }],
    ['0/2 Signal:9 0', { phase: 'Failed', containerStatuses: [ended(137, undefined, 9)] }],
    ['1/2 NotReady 0', { phase: 'Running', containerStatuses: [ended(0, 'Completed'), running] }],
    [
      '1/2 Running 0',
      {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'True' }],
        containerStatuses: [ended(0, 'Completed'), running],
      },
    ],
    ['0/2 Evicted 0', { phase: 'Failed', reason: 'Evicted' }],
    [
      '0/2 SchedulingGated 0',
      { phase: 'Pending', conditions: [{ type: 'PodScheduled', reason: 'SchedulingGated' }] },
    ],
    [
      '1/2 Running 3 (2m ago)',
      { phase: 'Running', containerStatuses: [{ ...running, restartCount: 3, ...lastEnded }] },
    ],
    ['1/2 Running 3', { phase: 'Running', containerStatuses: [{ ...running, restartCount: 3 }] }],
  ])('show as %s', (expected, status) => {
    expect(shown(pod(status))).toBe(expected);
  });
});

describe('init containers', () => {
  const spec = { initContainers: [{ name: 'i' }, { name: 'j' }] };

  test.each([
    ['0/2 Init:0/2 0', [waiting('PodInitializing'), waiting('PodInitializing')]],
    ['0/2 Init:1/2 0', [ended(0, 'Completed'), { ...running, name: 'j' }]],
    ['0/2 Init:CrashLoopBackOff 4', [{ ...waiting('CrashLoopBackOff'), restartCount: 4 }]],
    ['0/2 Init:Error 0', [ended(1, 'Error')]],
    ['0/2 Init:ExitCode:2 0', [ended(2)]],
    ['0/2 Init:Signal:9 0', [ended(137, undefined, 9)]],
    ['0/2 PodInitializing 0', [ended(0), ended(0)]],
  ])('show as %s', (expected, initContainerStatuses) => {
    const containerStatuses = [waiting('PodInitializing'), waiting('PodInitializing')];
    expect(shown(pod({ phase: 'Pending', initContainerStatuses, containerStatuses }, spec))).toBe(expected);
  });

  test('that go on running count as containers', () => {
    const sidecar = { initContainers: [{ name: 'i', restartPolicy: 'Always' }] };
    const status = {
      phase: 'Running',
      initContainerStatuses: [{ ...running, name: 'i', started: true, restartCount: 2 }],
      containerStatuses: [running, running],
    };
    expect(shown(pod(status, sidecar))).toBe('3/3 Running 2');
  });
});

describe('deletion', () => {
  test.each([
    ['Terminating', { phase: 'Running' }],
    ['Unknown', { phase: 'Running', reason: 'NodeLost' }],
    ['Succeeded', { phase: 'Succeeded' }],
  ])('shows as %s', (expected, status) => {
    expect(pods.cells(pod(status, {}, { deletionTimestamp: born }), now)[2]).toBe(expected);
  });
});

test.each([
  ['Succeeded', 'The pod has completed successfully.'],
  ['Failed', 'The pod failed.'],
])('a pod that has %s is marked as completed', (phase, message) => {
  expect(pods.conditions?.(pod({ phase }))).toEqual([
    { type: 'Completed', status: 'True', reason: phase, message },
  ]);
  expect(pods.conditions?.(pod({ phase: 'Running' }))).toEqual([]);
});

import { describe, expect, test } from '@jest/globals';
import type { ContainerState } from './containers/simulated-container';
import { RequestCounter } from './metrics';
import { phaseOf } from './pod-status';
import { restartDelayMs } from './pod-workers';

const at = new Date(0);
const running: ContainerState = { kind: 'running', startedAt: at };
const waiting: ContainerState = { kind: 'waiting', reason: 'ContainerCreating', message: '' };
const ended = (exitCode: number): ContainerState => ({
  kind: 'terminated',
  exitCode,
  startedAt: at,
  finishedAt: at,
});

describe('the phase of a pod', () => {
  test.each([
    [[running], 'Always', 'Running'],
    [[running, waiting], 'Always', 'Pending'],
    [[running, ended(1)], 'Never', 'Running'],
    [[ended(0)], 'Always', 'Running'],
    [[ended(0), ended(0)], 'Never', 'Succeeded'],
    [[ended(0), ended(2)], 'Never', 'Failed'],
    [[ended(2)], 'OnFailure', 'Running'],
    [[ended(0)], 'OnFailure', 'Succeeded'],
  ])('%j with restartPolicy %s is %s', (states, policy, phase) => {
    const containers = states.map((state) => ({ state }));
    expect(phaseOf(containers, policy)).toBe(phase);
  });
});

test.each([
  [0, 0],
  [1, 10_000],
  [2, 20_000],
  [5, 160_000],
  [6, 300_000],
  [50, 300_000],
])('restart after %d restarts waits %d ms', (restarts, ms) => {
  expect(restartDelayMs(restarts)).toBe(ms);
});

test('requests that nobody knows share one label', () => {
  const counter = new RequestCounter();
  for (let at = 0; at < 100; at += 1) counter.count(`M${at}`, `/path-${at}`, 'readwrite');
  counter.count('GET', '/metrics/cadvisor', 'readonly');
  counter.count('POST', '/exec/ns/p/c', 'readwrite');
  expect([...counter.counts]).toEqual([
    ['long_running="false",method="other",path="other",server_type="readwrite"', 100],
    ['long_running="false",method="GET",path="metrics/cadvisor",server_type="readonly"', 1],
    ['long_running="true",method="POST",path="exec",server_type="readwrite"', 1],
  ]);
});

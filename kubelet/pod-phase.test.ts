import { describe, expect, test } from '@jest/globals';
import { ended, fresh, life, running, waitsAgain } from './container-life.test.fixtures';
import { podPhase } from './pod-phase';

describe('the phase of a pod', () => {
  test.each([
    ['one that runs', [running()], 'Always', 'Running'],
    ['one that has not run yet', [running(), fresh()], 'Always', 'Pending'],
    ['one of two has ended', [running(), ended(1)], 'Never', 'Running'],
    ['ended, and will be restarted', [ended(0)], 'Always', 'Running'],
    ['in back-off', [waitsAgain(1)], 'Always', 'Running'],
    ['all succeeded', [ended(0), ended(0)], 'Never', 'Succeeded'],
    ['one failed', [ended(0), ended(2)], 'Never', 'Failed'],
    ['failed, and will be restarted', [ended(2)], 'OnFailure', 'Running'],
    ['succeeded on failure only', [ended(0)], 'OnFailure', 'Succeeded'],
    ['an init container that runs', [life('init', running()), fresh()], 'Always', 'Pending'],
    ['an init container that failed for good', [life('init', ended(1)), fresh()], 'Never', 'Failed'],
    ['an init container that is tried again', [life('init', waitsAgain(1)), fresh()], 'Always', 'Pending'],
    ['an init container that is done', [life('init', ended(0)), running()], 'Always', 'Running'],
    ['a sidecar that is about to end', [life('sidecar', running()), ended(0)], 'Never', 'Running'],
    ['a sidecar that has ended, too', [life('sidecar', ended(143)), ended(0)], 'Never', 'Succeeded'],
    ['a debug container that failed', [running(), life('ephemeral', ended(1))], 'Never', 'Running'],
  ] as const)('%s', (_what, lives, policy, phase) => {
    expect(podPhase(lives, policy)).toBe(phase);
  });

  test('of one that the kubelet has ended is how it ended, whatever would have restarted it', () => {
    expect(podPhase([ended(0)], 'Always', true)).toBe('Succeeded');
    expect(podPhase([ended(0), ended(143)], 'Always', true)).toBe('Failed');
    expect(podPhase([fresh()], 'Always', true)).toBe('Pending');
  });
});

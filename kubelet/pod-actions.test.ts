import { describe, expect, test } from '@jest/globals';
import { ended, fresh, life, running, waitsAgain } from './container-life.test.fixtures';
import { podActions } from './pod-actions';

const nothing = { start: [], stop: [], over: false };

describe('what is to be done', () => {
  test.each([
    ['all of them are started together', [fresh('a'), fresh('b')], 'Always', { start: ['a', 'b'] }],
    ['nothing while they run', [running('a'), running('b')], 'Always', {}],
    ['one that ended is started again', [running('a'), ended(0, 'b')], 'Always', { start: ['b'] }],
    ['and one that waits to be', [waitsAgain(1, 'a')], 'Always', { start: ['a'] }],
    ['only after a failure', [ended(1, 'a'), ended(0, 'b')], 'OnFailure', { start: ['a'] }],
    ['never', [ended(1, 'a')], 'Never', { over: true }],
    [
      'init containers come one after the other',
      [life('init', fresh('i')), life('init', fresh('j')), fresh()],
      'Always',
      { start: ['i'] },
    ],
    ['the first of them runs', [life('init', running('i')), fresh()], 'Always', {}],
    [
      'the first has succeeded',
      [life('init', ended(0, 'i')), life('init', fresh('j')), fresh()],
      'Always',
      { start: ['j'] },
    ],
    ['all have', [life('init', ended(0, 'i')), fresh('a')], 'Always', { start: ['a'] }],
    [
      'one failed, and is tried again',
      [life('init', ended(1, 'i')), fresh('a')],
      'OnFailure',
      { start: ['i'] },
    ],
    ['one failed for good', [life('init', ended(1, 'i')), fresh('a')], 'Never', { over: true }],
    [
      'a sidecar that has started lets the next begin',
      [life('sidecar', running('s')), life('init', fresh('i')), fresh()],
      'Always',
      { start: ['i'] },
    ],
    [
      'a sidecar that has not started yet holds it up',
      [{ ...life('sidecar', running('s')), started: false }, fresh('a')],
      'Always',
      {},
    ],
    ['a sidecar is restarted', [life('sidecar', ended(1, 's')), running('a')], 'Never', { start: ['s'] }],
    [
      'sidecars end after the last of the others',
      [life('sidecar', running('s')), ended(0, 'a')],
      'Never',
      { stop: ['s'], over: true },
    ],
    [
      'a debug container is started when it appears',
      [running('a'), life('ephemeral', fresh('d'))],
      'Always',
      { start: ['d'] },
    ],
    ['and only once', [running('a'), life('ephemeral', ended(1, 'd'))], 'Always', {}],
  ] as const)('%s', (_what, lives, policy, actions) => {
    expect(podActions(lives, policy)).toEqual({ ...nothing, ...actions });
  });
});

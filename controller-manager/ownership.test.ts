import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../api/objects';
import { type OwnerState, Ownership, verdictOn } from './ownership';

function object(uid: string, owners: string[] = [], metadata: object = {}): KubeObject {
  const ownerReferences = owners.map((owner) => ({
    apiVersion: 'v1',
    kind: 'X',
    name: owner,
    uid: owner,
    blockOwnerDeletion: true,
  }));
  return {
    apiVersion: 'v1',
    kind: 'X',
    metadata: { name: uid, uid, ...(owners.length === 0 ? {} : { ownerReferences }), ...metadata },
  };
}

describe('what becomes of an object', () => {
  const states: Record<string, OwnerState> = { there: 'solid', gone: 'gone', going: 'waiting' };
  const leaving = { deletionTimestamp: '2025-01-01T00:00:00Z' };

  test.each([
    ['nobody owns it', object('a'), false, { kind: 'keep' }],
    ['its owner is there', object('a', ['there']), false, { kind: 'keep' }],
    ['its owner is gone', object('a', ['gone']), false, { kind: 'delete', policy: 'Background' }],
    [
      'its owner is gone and it was to take its own along',
      object('a', ['gone'], { finalizers: ['foregroundDeletion'] }),
      false,
      { kind: 'delete', policy: 'Foreground' },
    ],
    [
      'its owner is gone and it was to leave its own behind',
      object('a', ['gone'], { finalizers: ['orphan'] }),
      false,
      { kind: 'delete', policy: 'Orphan' },
    ],
    ['its owner waits for it', object('a', ['going']), false, { kind: 'delete', policy: 'Background' }],
    [
      'its owner waits for it and others wait with it',
      object('a', ['going']),
      true,
      { kind: 'delete', policy: 'Foreground' },
    ],
    ['it is on its way out', object('a', ['gone'], leaving), false, { kind: 'keep' }],
  ])('%s', (_why, it, hasBlocking, expected) => {
    expect(verdictOn(it, ({ uid }) => states[uid] ?? 'solid', hasBlocking)).toEqual(expected);
  });

  test('one of two owners is gone: only its reference goes', () => {
    const verdict = verdictOn(object('a', ['there', 'gone']), ({ uid }) => states[uid] ?? 'solid', false);
    expect(verdict).toMatchObject({ kind: 'release', keep: [{ uid: 'there' }] });
  });
});

test('dependents are found by their owner for as long as they say so', () => {
  const graph = new Ownership();
  graph.put(object('child', ['parent']));
  expect(graph.dependentsOf('parent').map(({ metadata }) => metadata.uid)).toEqual(['child']);
  graph.put(object('child'));
  expect(graph.dependentsOf('parent')).toEqual([]);
  graph.put(object('child', ['parent']));
  graph.remove(object('child'));
  expect(graph.dependentsOf('parent')).toEqual([]);
});

import { expect, test } from '@jest/globals';
import type { Pod } from '../api/objects';
import { isOrphaned } from './pod-garbage-collector';

test.each<[string, string | undefined, boolean]>([
  ['on a node that is there stays', 'node-1', false],
  ['on a node that is gone is an orphan', 'node-2', true],
  ['that nobody has placed stays', undefined, false],
  ['whose node has no name stays', '', false],
])('a pod %s', (_, nodeName, orphaned) => {
  const spec = { containers: [], ...(nodeName === undefined ? {} : { nodeName }) };
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec } as Pod;
  expect(isOrphaned(pod, (name) => name === 'node-1')).toBe(orphaned);
});

import { expect, test } from '@jest/globals';
import type { KubeObject } from '../../api/objects';
import { deleteObject } from '../deletion';
import { updateObject } from '../resources';
import { binding } from '../subresources/binding';
import { add, pod, testingCluster } from '../testing-cluster';
import { NodeGraph, storedNodeGraph } from './node-graph';

const uses = (secretName: string, more: object = {}): object => ({
  volumes: [{ name: 'v', secret: { secretName } }],
  ...more,
});

test('what was stored before counts, and what is stored afterwards', () => {
  const cluster = testingCluster();
  add(cluster, pod('early', uses('a', { nodeName: 'n1' })));
  const graph = storedNodeGraph(cluster.storage);
  add(cluster, pod('late', uses('b', { nodeName: 'n1' })));
  const related = ['a', 'b', 'c'].map((name) => graph.isRelated('n1', 'secrets', 'default', name));
  expect(related).toEqual([true, true, false]);
});

test('a pod counts from the moment when it is bound until it is gone', () => {
  const cluster = testingCluster();
  const graph = storedNodeGraph(cluster.storage);
  const place = add(cluster, pod('web', uses('a')));
  const related = (node: string): boolean => graph.isRelated(node, 'secrets', 'default', 'a');
  expect(related('n1')).toBe(false);
  const target = { apiVersion: 'v1', kind: 'Binding', metadata: { name: 'web' }, target: { name: 'n1' } };
  binding.create?.(cluster, place, target as KubeObject, { dryRun: false });
  expect([related('n1'), related('n2')]).toEqual([true, false]);
  deleteObject(cluster, place, {}, { dryRun: false });
  // It is still being ended there.
  expect(related('n1')).toBe(true);
  deleteObject(cluster, place, { gracePeriodSeconds: 0 }, { dryRun: false });
  expect(related('n1')).toBe(false);
  expect(graph.size).toBe(0);
});

test('an ephemeral container brings what it names', () => {
  const cluster = testingCluster();
  const graph = storedNodeGraph(cluster.storage);
  const { kind, namespace, name, object } = add(cluster, pod('web', { nodeName: 'n1' }));
  const debug = {
    name: 'debug',
    image: 'shell:1',
    env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'a', key: 'k' } } }],
  };
  const spec = { ...(object['spec'] as object), ephemeralContainers: [debug] };
  const place = { kind, namespace, name, subresource: 'ephemeralcontainers' } as const;
  updateObject(cluster, place, { ...object, spec }, { dryRun: false });
  expect(graph.isRelated('n1', 'secrets', 'default', 'a')).toBe(true);
});

test('what two pods name is let go with the second', () => {
  const graph = new NodeGraph();
  const made = (name: string, nodeName: string): KubeObject => ({
    ...pod(name, uses('a', { nodeName })),
    metadata: { name, namespace: 'default', uid: name },
  });
  const [one, two, far] = [made('one', 'n1'), made('two', 'n1'), made('far', 'n2')];
  for (const each of [one, two, far]) graph.addPod(each);
  graph.deletePod(one);
  expect(graph.isRelated('n1', 'secrets', 'default', 'a')).toBe(true);
  graph.deletePod(two);
  expect(graph.isRelated('n1', 'secrets', 'default', 'a')).toBe(false);
  expect(graph.isRelated('n2', 'secrets', 'default', 'a')).toBe(true);
});

test('a pod of the same name on another node takes nothing along', () => {
  const graph = new NodeGraph();
  const made = (uid: string, nodeName: string, secretName: string): KubeObject => ({
    ...pod('web', uses(secretName, { nodeName })),
    metadata: { name: 'web', namespace: 'default', uid },
  });
  graph.addPod(made('1', 'n1', 'a'));
  graph.addPod(made('2', 'n2', 'b'));
  const related = ['a', 'b'].map((name) => graph.isRelated('n1', 'secrets', 'default', name));
  expect(related).toEqual([false, false]);
  expect(graph.isRelated('n2', 'secrets', 'default', 'b')).toBe(true);
});

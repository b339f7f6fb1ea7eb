import { describe, expect, test } from '@jest/globals';
import type { Fields } from '../../api/fields';
import { kubernetesSchema } from '../../api/schema/kubernetes-schema';
import { strategicMergePatch } from './strategic-merge-patch';

function podPatched(document: Fields, patch: unknown): unknown {
  return strategicMergePatch(kubernetesSchema, 'io.k8s.api.core.v1.Pod', document, patch);
}

function containers(...names: string[]): Fields {
  return { spec: { containers: names.map((name) => ({ name, image: 'web:1' })) } };
}

describe('a strategic merge patch', () => {
  test.each<[string, Fields, Fields, Fields]>([
    [
      'merges containers by name',
      containers('a', 'b'),
      { spec: { containers: [{ name: 'b', image: 'web:2' }] } },
      {
        spec: {
          containers: [
            { name: 'a', image: 'web:1' },
            { name: 'b', image: 'web:2' },
          ],
        },
      },
    ],
    [
      'puts a new container first, as upstream does',
      containers('a'),
      { spec: { containers: [{ name: 'new', image: 'x' }] } },
      {
        spec: {
          containers: [
            { name: 'new', image: 'x' },
            { name: 'a', image: 'web:1' },
          ],
        },
      },
    ],
    [
      'orders by $setElementOrder',
      containers('a', 'b', 'c'),
      { spec: { '$setElementOrder/containers': [{ name: 'c' }, { name: 'a' }] } },
      { spec: { containers: ['b', 'c', 'a'].map((name) => ({ name, image: 'web:1' })) } },
    ],
    [
      'deletes an item by $patch',
      containers('a', 'b'),
      { spec: { containers: [{ name: 'a', $patch: 'delete' }] } },
      containers('b'),
    ],
    [
      'replaces a list by $patch',
      containers('a', 'b'),
      { spec: { containers: [{ name: 'c' }, { $patch: 'replace' }] } },
      { spec: { containers: [{ name: 'c' }] } },
    ],
    [
      'replaces a map by $patch',
      { metadata: { labels: { a: '1', b: '2' } } },
      { metadata: { labels: { $patch: 'replace', c: '3' } } },
      { metadata: { labels: { c: '3' } } },
    ],
    [
      'merges sets of values',
      { metadata: { finalizers: ['a', 'b'] } },
      { metadata: { finalizers: ['c', 'a'] } },
      { metadata: { finalizers: ['c', 'a', 'b'] } },
    ],
    [
      'deletes from sets of values',
      { metadata: { finalizers: ['a', 'b'] } },
      { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } },
      { metadata: { finalizers: ['b'] } },
    ],
    [
      'replaces lists that have no merge key',
      { spec: { containers: [{ name: 'a', args: ['x', 'y'] }] } },
      { spec: { containers: [{ name: 'a', args: ['z'] }] } },
      { spec: { containers: [{ name: 'a', args: ['z'] }] } },
    ],
    [
      'drops what $retainKeys does not name',
      { spec: { volumes: [{ name: 'v', emptyDir: {} }] } },
      { spec: { volumes: [{ name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/x' } }] } },
      { spec: { volumes: [{ name: 'v', hostPath: { path: '/x' } }] } },
    ],
    [
      'deletes by null and forgets a null that finds nothing',
      { metadata: { labels: { a: '1' } } },
      { metadata: { labels: { a: null }, annotations: { b: null } } },
      { metadata: { labels: {}, annotations: {} } },
    ],
  ])('%s', (_title, document, patch, expected) => {
    expect(podPatched(document, patch)).toEqual(expected);
  });

  test.each<[Fields, unknown, string]>([
    [
      containers('a'),
      { spec: { containers: [{ image: 'x' }] } },
      'map: map[image:x] does not contain declared merge key: name',
    ],
    [
      { metadata: { labels: { a: '1' } } },
      { metadata: { labels: { $patch: 'fold' } } },
      'unknown patch type: fold in map: map[$patch:fold]',
    ],
    [
      { spec: { volumes: [{ name: 'v' }] } },
      { spec: { volumes: [{ name: 'v', $retainKeys: ['name'], emptyDir: {} }] } },
      'invalid patch format of retainKeys',
    ],
    [
      { spec: { nonsense: { a: 1 } } },
      { spec: { nonsense: { a: 2 } } },
      'unable to find api field in struct PodSpec for the json field "nonsense"',
    ],
    [containers('a'), ['a'], 'json: cannot unmarshal array into Go value of type map[string]interface {}'],
    [
      containers('a', 'b'),
      { spec: { '$setElementOrder/containers': [{ name: 'a' }], containers: [{ name: 'b' }] } },
      "The order in patch list:\n[map[name:b]]\n doesn't match $setElementOrder list:\n[map[name:a]]\n",
    ],
  ])('%j with %j is refused: %s', (document, patch, expected) => {
    expect(() => podPatched(document, patch)).toThrow(expected);
  });

  // Upstream's slices share an array: found by test/go-k8s/strategic-merge-patch.test.ts.
  test('puts a new item behind those that stay when one is deleted along with it', () => {
    const order = ['new', 'b'].map((name) => ({ name }));
    const change = [
      { name: 'new', image: 'web:1' },
      { name: 'c', $patch: 'delete' },
    ];
    const patch = { spec: { '$setElementOrder/containers': order, containers: change } };
    expect(podPatched(containers('a', 'b', 'c'), patch)).toEqual(containers('a', 'new', 'b'));
  });

  test('changes one of two members that are the same object', () => {
    const shared = { medium: 'Memory' };
    const volumes = ['a', 'b'].map((name) => ({ name, emptyDir: shared }));
    const patch = { spec: { volumes: [{ name: 'a', emptyDir: { medium: null } }] } };
    expect(podPatched({ spec: { volumes } }, patch)).toEqual({
      spec: {
        volumes: [
          { name: 'a', emptyDir: {} },
          { name: 'b', emptyDir: { medium: 'Memory' } },
        ],
      },
    });
  });

  test('of scalars for a list of objects is refused', () => {
    expect(() => podPatched({ spec: { containers: [] } }, { spec: { containers: ['a'] } })).toThrow(
      'expected a map[string]interface {}, but received a string',
    );
  });

  test('leaves the document and the patch alone', () => {
    const document = containers('a');
    const patch = {
      spec: { '$setElementOrder/containers': [{ name: 'a' }], containers: [{ name: 'a', image: 'x' }] },
    };
    const before = JSON.stringify([document, patch]);
    podPatched(document, patch);
    expect(JSON.stringify([document, patch])).toBe(before);
  });
});

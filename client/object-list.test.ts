import { expect, test } from '@jest/globals';
import { objectList } from './object-list';

const metadata = { resourceVersion: '7' };
const read = (body: unknown) => objectList({ json: () => body });

test.each<[string, object]>([
  ['with items', { kind: 'PodList', apiVersion: 'v1', metadata, items: [{ metadata: { name: 'a' } }] }],
  ['that Go left empty', { kind: 'PodList', apiVersion: 'v1', metadata, items: null }],
  ['without items', { kind: 'PodList', apiVersion: 'v1', metadata }],
])('a list %s is one', (_what, body) => {
  const { items = [] } = body as { items?: object[] | null };
  const list = { apiVersion: 'v1', kind: 'PodList', resourceVersion: '7', items: items ?? [] };
  expect(read(body)).toEqual(list);
});

test.each<[string, unknown]>([
  ['no JSON', null],
  ['a text', 'welcome'],
  ['a Status', { kind: 'Status', metadata: {} }],
  ['an object', { kind: 'Pod', metadata: { name: 'a', resourceVersion: '7' } }],
  ['a list that says no version', { kind: 'PodList', metadata: {}, items: [] }],
  ['items that are none', { kind: 'PodList', metadata, items: 'a' }],
  ['an item of nothing', { kind: 'PodList', metadata, items: [null] }],
  ['an item without a name', { kind: 'PodList', metadata, items: [{ metadata: {} }] }],
])('%s is no list', (_what, body) => {
  expect(read(body)).toBeNull();
});

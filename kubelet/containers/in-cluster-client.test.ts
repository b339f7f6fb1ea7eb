import { expect, test } from '@jest/globals';
import { outcomeOf } from './in-cluster-client';

const list = { kind: 'PodList', metadata: { resourceVersion: '7' } };
const noList = 'the server sent something that is not a list';

test.each<[string, unknown, string]>([
  ['a list', { ...list, items: [{ metadata: { name: 'a' } }] }, '200: 1 pods'],
  ['a list that Go left empty', { ...list, items: null }, '200: 0 pods'],
  ['a page', null, noList],
  ['an object', { kind: 'Status' }, noList],
])('%s is what came of it', (_what, body, said) => {
  expect(outcomeOf({ ok: true, status: 200, words: '', json: () => body })).toBe(said);
});

test('a refusal is told in its own words', () => {
  expect(outcomeOf({ ok: false, status: 403, words: 'Forbidden', json: () => null })).toBe('Forbidden');
});

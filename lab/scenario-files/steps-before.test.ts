import { expect, test } from '@jest/globals';
import { shippedScenario } from './all-scenarios';
import type { PathsSetup, Setup } from './scenario-file';
import { namesOfSteps, stepsBefore } from './steps-before';

const { open: shipped } = shippedScenario('by-default-the-apiserver-does-not-verify');
if (shipped.kind === 'play') throw new Error('it uses paths');
const kubectl = { words: ['get', 'pods'], command: 'kubectl get pods', stdin: '', as: 'admin' } as const;
/** Steps 1; 2 and 3; 4 and 5. */
const setup: PathsSetup = {
  ...shipped,
  user: [{ kubectl, name: 'look' }, { path: 'logs', name: 'read-the-log' }, { path: 'attach' }],
};

test.each([
  ['1', 0],
  ['look', 0],
  ['2', 1],
  ['3', 1],
  ['read-the-log', 1],
  ['logs', 1],
  ['4', 3],
  ['5', 3],
  ['attach', 3],
  ['6', null],
  ['0', null],
  ['-1', null],
  ['1.5', null],
  ['Logs', null],
  ['', null],
])('before step "%s" so many are over: %s', (asked, over) => {
  expect(stepsBefore(setup, asked)).toBe(over);
});

test('steps have the names that are nearest to what they do', () => {
  expect(namesOfSteps(setup)).toEqual(['look', 'read-the-log', 'attach']);
});

test('of a play only numbers are known', () => {
  const play: Setup = shippedScenario('anonymous-kubelet').open;
  expect([stepsBefore(play, '1'), stepsBefore(play, '7'), stepsBefore(play, 'logs')]).toEqual([0, 6, null]);
  expect(namesOfSteps(play)).toEqual([]);
});

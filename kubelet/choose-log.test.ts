import { expect, test } from '@jest/globals';
import { chooseLog } from './choose-log';
import { end, ended, fresh, running, waitsAgain } from './container-life.test.fixtures';

const waiting = (reason: string) => ({
  ...fresh(),
  state: { kind: 'waiting', reason, message: '' } as const,
});

test.each([
  ['one that runs', running(), false, 'this-run'],
  ['one that has ended', ended(1), false, 'this-run'],
  ['one in back-off', waitsAgain(1), false, 'this-run'],
  ['the run before, in back-off', waitsAgain(1), true, 'this-run'],
  ['the run before', { ...running(), last: end(1) }, true, 'run-before'],
] as const)('%s', (_what, life, previous, kind) => {
  expect(chooseLog({ ...life, pod: 'web' }, previous)).toEqual({ kind });
});

test.each([
  [running(), true, 'previous terminated container "c" in pod "web" not found'],
  [ended(1), true, 'previous terminated container "c" in pod "web" not found'],
  [fresh(), false, 'container "c" in pod "web" is waiting to start: ContainerCreating'],
  [waiting('PodInitializing'), false, 'container "c" in pod "web" is waiting to start: PodInitializing'],
  [waiting('ErrImagePull'), false, `container "c" in pod "web" is waiting to start: image can't be pulled`],
  [
    waiting('ImagePullBackOff'),
    false,
    'container "c" in pod "web" is waiting to start: trying and failing to pull image',
  ],
])('%j, previous %s: %s', (life, previous, text) => {
  expect(chooseLog({ ...life, pod: 'web' }, previous)).toEqual({ kind: 'refused', text });
});

import { expect, test } from '@jest/globals';
import { container, podWith } from './pod-worker.test.fixtures';
import { tokenMode } from './volume-files';

test.each<[string, Parameters<typeof podWith>[1], number]>([
  ['nobody is named', {}, 0o644],
  ['the pod runs as one user', { securityContext: { runAsUser: 1000 } }, 0o600],
  ['its only container does', { containers: [container({ securityContext: { runAsUser: 1000 } })] }, 0o600],
  [
    'one container runs as another',
    {
      securityContext: { runAsUser: 1000 },
      containers: [container({}), container({ name: 'd', securityContext: { runAsUser: 0 } })],
    },
    0o644,
  ],
  [
    'one container names nobody',
    { containers: [container({ securityContext: { runAsUser: 1000 } }), container({ name: 'd' })] },
    0o644,
  ],
  ['the volume belongs to a group', { securityContext: { fsGroup: 2000 } }, 0o640],
])('the token of a pod where %s', (_name, spec, mode) => {
  expect(tokenMode(podWith('web', spec), 0o644).toString(8)).toBe(mode.toString(8));
});

import { describe, expect, test } from '@jest/globals';
import { needsRenewal } from './pod-volumes';
import { container, podWith, startNode, type TestNode } from './pod-worker.test.fixtures';

const runs = (node: TestNode) => (): boolean => node.life('web').state.kind === 'running';
const read = (node: TestNode, path: string): string | undefined =>
  node.life('web').container?.read(path)?.toString();

describe('volumes', () => {
  test('hold up the pod while what they are made of is missing', async () => {
    await using node = startNode();
    node.workers.run(
      podWith('web', {
        volumes: [{ name: 'cfg', configMap: { name: 'app' } }],
        containers: [container({ volumeMounts: [{ name: 'cfg', mountPath: '/etc/app' }] })],
      }),
    );
    const missing =
      'Warning FailedMount MountVolume.SetUp failed for volume "cfg" : configmap "app" not found';
    await node.until(() => node.events.includes(missing));
    expect(node.status('web')).toMatchObject({
      phase: 'Pending',
      containerStatuses: [{ state: { waiting: { reason: 'ContainerCreating' } } }],
    });
    node.configMaps.set('app', { 'a.conf': 'one' });
    await node.clock.whenAwaited(500);
    node.clock.advance(500);
    await node.until(runs(node));
    expect(read(node, '/etc/app/a.conf')).toBe('one');
    expect(node.events.filter((it) => it === missing)).toHaveLength(1);
  });

  test('follow what they are made of', async () => {
    await using node = startNode();
    node.configMaps.set('app', { a: 'one', gone: 'x' });
    node.workers.run(
      podWith('web', {
        volumes: [{ name: 'cfg', configMap: { name: 'app' } }],
        containers: [container({ volumeMounts: [{ name: 'cfg', mountPath: '/etc/app' }] })],
      }),
    );
    await node.until(runs(node));
    node.configMaps.set('app', { a: 'two', b: 'new' });
    await node.clock.whenAwaited(60_000);
    node.clock.advance(60_000);
    await node.clock.whenAwaited(60_000);
    expect([read(node, '/etc/app/a'), read(node, '/etc/app/b'), read(node, '/etc/app/gone')]).toEqual([
      'two',
      'new',
      undefined,
    ]);
  });

  test('give a pod its service account', async () => {
    await using node = startNode();
    node.configMaps.set('kube-root-ca.crt', { 'ca.crt': 'PEM' });
    const mountPath = '/var/run/secrets/kubernetes.io/serviceaccount';
    node.workers.run(
      podWith('web', {
        serviceAccountName: 'builder',
        volumes: [
          {
            name: 'kube-api-access-abcde',
            projected: {
              sources: [
                { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
                { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
                {
                  downwardAPI: {
                    items: [{ path: 'namespace', fieldRef: { fieldPath: 'metadata.namespace' } }],
                  },
                },
              ],
            },
          },
        ],
        containers: [
          container({ volumeMounts: [{ name: 'kube-api-access-abcde', mountPath, readOnly: true }] }),
        ],
      }),
    );
    await node.until(runs(node));
    const files = ['token', 'ca.crt', 'namespace'].map((it) => read(node, `${mountPath}/${it}`));
    expect(files).toEqual(['token-1', 'PEM', 'default']);
    expect(node.tokens).toEqual([
      {
        audiences: [],
        expirationSeconds: 3607,
        namespace: 'default',
        serviceAccount: 'builder',
        pod: { name: 'web', uid: 'uid-web' },
      },
    ]);
    await node.clock.whenAwaited(60_000);
    node.clock.advance(2_900_000);
    await node.clock.whenAwaited(60_000);
    expect(read(node, `${mountPath}/token`)).toBe('token-2');
  });

  test('that are empty are shared, and outlive a restart', async () => {
    await using node = startNode();
    const volumeMounts = [{ name: 'scratch', mountPath: '/scratch' }];
    node.workers.run(
      podWith('web', {
        volumes: [{ name: 'scratch', emptyDir: {} }],
        initContainers: [
          container({ name: 'init', command: ['sh', '-c', 'echo made > /scratch/f'], volumeMounts }),
        ],
        containers: [container({ volumeMounts })],
      }),
    );
    await node.until(runs(node));
    expect(read(node, '/scratch/f')).toBe('made\n');
    node.life('web').container?.stop();
    await node.until(() => node.life('web').restartCount === 1 && runs(node)());
    expect(read(node, '/scratch/f')).toBe('made\n');
  });

  test('of the host are refused', async () => {
    await using node = startNode();
    node.workers.run(podWith('web', { volumes: [{ name: 'root', hostPath: { path: '/' } }] }));
    await node.until(() => node.events.length > 0);
    expect(node.events[0]).toMatch(
      /^Warning FailedMount MountVolume.SetUp failed for volume "root" : hostPath volumes are refused: /,
    );
    expect(node.life('web').state.kind).toBe('waiting');
  });
});

const HOUR_MS = 3_600_000;

test.each([
  ['an hour', HOUR_MS, 0, 0, false],
  ['an hour', HOUR_MS, 2_879_000, 0, false],
  ['an hour', HOUR_MS, 2_881_000, 0, true],
  ['an hour', HOUR_MS, 2_879_000, 2_000, true],
  ['ten minutes', 600_000, 481_000, 0, true],
  ['a month', 720 * HOUR_MS, 24 * HOUR_MS - 1_000, 0, false],
  ['a month', 720 * HOUR_MS, 24 * HOUR_MS + 1_000, 0, true],
])(
  'a token for %s (%d ms) is renewed after %d ms, with a jitter of %d ms: %s',
  (_name, life, age, jitter, renewed) => {
    const requestedAt = new Date(0);
    expect(needsRenewal({ requestedAt, expiresAt: new Date(life) }, new Date(age), jitter)).toBe(renewed);
  },
);

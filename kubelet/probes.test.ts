import { describe, expect, test } from '@jest/globals';
import { container, podWith, startNode, type TestNode } from './pod-worker.test.fixtures';
import { countOutcome, initialCount } from './probe-result';

const web = { name: 'web', image: 'midplane/web', ports: [{ name: 'http', containerPort: 8080 }] };
const runs = (node: TestNode) => (): boolean => node.life('web').state.kind === 'running';

test.each([
  ['Liveness', [false, false], true],
  ['Liveness', [false, false, false], false],
  ['Liveness', [false, false, true, false], true],
  ['Readiness', [true], true],
  ['Readiness', [true, false, false], true],
  ['Startup', [false], null],
] as const)('%s after %j is %s', (type, outcomes, result) => {
  const count = outcomes.reduce((sum, it) => countOutcome(sum, it, {}), initialCount(type));
  expect(count.result).toBe(result);
});

test('a success threshold counts successes in a row', () => {
  const outcomes = [true, false, true, true];
  const count = outcomes.reduce(
    (sum, it) => countOutcome(sum, it, { successThreshold: 2 }),
    initialCount('Readiness'),
  );
  expect(count.result).toBe(true);
});

describe('a container', () => {
  test.each([
    ['httpGet', { httpGet: { port: 'http', path: '/' } }],
    ['httpGet with a space', { httpGet: { port: 'http', path: 'a b' } }],
    ['tcpSocket', { tcpSocket: { port: 8080 } }],
    ['exec', { exec: { command: ['true'] } }],
  ])('is ready when its %s probe says so', async (_kind, readinessProbe) => {
    await using node = startNode();
    node.workers.run(podWith('web', { containers: [container({ ...web, readinessProbe })] }));
    await node.until(() => node.life('web').ready);
    expect(node.events.filter((it) => it.includes('Unhealthy'))).toEqual([]);
  });

  test.each([
    [{ httpGet: { port: 'http', path: '/canary' } }, 'HTTP probe failed with statuscode: 404'],
    [
      { httpGet: { port: 81 } },
      'Get "http://10.244.1.5:81/": dial tcp 10.244.1.5:81: connect: connection refused',
    ],
    [
      { httpGet: { port: 81, path: 'a b?c=d' } },
      'Get "http://10.244.1.5:81/a%20b?c=d": dial tcp 10.244.1.5:81: connect: connection refused',
    ],
    [{ tcpSocket: { port: 81 } }, 'dial tcp 10.244.1.5:81: connect: connection refused'],
    [{ exec: { command: ['sh', '-c', 'echo no; exit 1'] } }, 'no\n'],
  ])('%j that fails says %s', async (readinessProbe, words) => {
    await using node = startNode();
    node.workers.run(podWith('web', { containers: [container({ ...web, readinessProbe })] }));
    await node.until(() => node.events.includes(`Warning Unhealthy Readiness probe failed: ${words}`));
    expect(node.status('web')['conditions']).toContainEqual(
      expect.objectContaining({
        type: 'Ready',
        status: 'False',
        reason: 'ContainersNotReady',
        message: 'containers with unready status: [web]',
      }),
    );
  });

  test.each([
    ['healthz', '/healthz'],
    ['/', '/'],
    [undefined, '/'],
  ])('whose HTTP probe of path %j gets no answer says that of %s', async (path, asked) => {
    await using node = startNode();
    const mute = node.fabric.addHost({ name: 'mute', addresses: ['10.0.0.50/24'] });
    await mute.listen({ address: '10.0.0.50', port: 80 }, () => undefined);
    const httpGet = { host: '10.0.0.50', port: 80, ...(path === undefined ? {} : { path }) };
    node.workers.run(podWith('web', { containers: [container({ ...web, readinessProbe: { httpGet } })] }));
    await node.clock.whenAwaited(1000);
    node.clock.advance(1000);
    const why = 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)';
    await node.until(() => node.events.some((it) => it.includes('Unhealthy')));
    expect(node.events).toContain(
      `Warning Unhealthy Readiness probe failed: Get "http://10.0.0.50:80${asked}": ${why}`,
    );
  });

  test('is restarted when its liveness probe has failed three times', async () => {
    await using node = startNode();
    const livenessProbe = { exec: { command: ['cat', '/alive'] }, periodSeconds: 5 };
    node.workers.run(podWith('web', { containers: [container({ ...web, livenessProbe })] }));
    await node.until(runs(node));
    for (let time = 0; time < 2; time += 1) {
      await node.clock.whenAwaited(5000);
      node.clock.advance(5000);
    }
    await node.until(() => node.life('web').restartCount === 1);
    expect(node.events.filter((it) => /Unhealthy|Killing/.test(it)).slice(0, 4)).toEqual([
      ...Array(3).fill(
        "Warning Unhealthy Liveness probe failed: cat: can't open '/alive': No such file or directory\n",
      ),
      'Normal Killing Container web failed liveness probe, will be restarted',
    ]);
  });

  test('is asked for nothing else until its startup probe has succeeded', async () => {
    await using node = startNode();
    const exec = { command: ['cat', '/run/started'] };
    const readinessProbe = { exec: { command: ['true'] } };
    const startupProbe = { exec, periodSeconds: 5, failureThreshold: 10 };
    node.workers.run(podWith('web', { containers: [container({ ...web, startupProbe, readinessProbe })] }));
    await node.clock.whenAwaited(5000);
    expect(node.life('web')).toMatchObject({ started: false, ready: false });
    node.life('web').container?.files.write('/run/started', Buffer.from('yes'));
    node.clock.advance(5000);
    await node.until(() => node.life('web').ready);
    expect(node.life('web').started).toBe(true);
  });
});

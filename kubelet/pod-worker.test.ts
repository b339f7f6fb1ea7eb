import { describe, expect, test } from '@jest/globals';
import { container, podWith, startNode, type TestNode } from './pod-worker.test.fixtures';

const runs = (node: TestNode, pod: string) => (): boolean => node.life(pod).state.kind === 'running';
const waitsFor = (node: TestNode, pod: string, reason: string, name?: string) => (): boolean => {
  const { state } = node.life(pod, name);
  return state.kind === 'waiting' && state.reason === reason;
};

describe('a pod', () => {
  test('is pulled, created, started and Ready', async () => {
    await using node = startNode();
    node.workers.run(podWith('web', { containers: [container({ name: 'web', image: 'midplane/web:1' })] }));
    await node.until(() => node.life('web').ready);
    expect(node.events).toEqual([
      'Normal Pulling Pulling image "midplane/web:1"',
      expect.stringMatching(
        /^Normal Pulled Successfully pulled image "midplane\/web:1" in 0ms \(0ms including waiting\)\. Image size: \d+ bytes\.$/,
      ),
      'Normal Created Created container: web',
      'Normal Started Started container web',
    ]);
    expect(node.status('web')).toMatchObject({
      phase: 'Running',
      qosClass: 'BestEffort',
      podIP: '10.244.1.5',
      hostIP: '10.0.0.11',
      conditions: [
        { type: 'PodReadyToStartContainers', status: 'True' },
        { type: 'Initialized', status: 'True' },
        { type: 'Ready', status: 'True' },
        { type: 'ContainersReady', status: 'True' },
        { type: 'PodScheduled', status: 'True' },
      ],
      containerStatuses: [{ name: 'web', ready: true, started: true, restartCount: 0, lastState: {} }],
    });
  });

  test('whose container fails is restarted at once, then after 10 s, then after 20 s', async () => {
    await using node = startNode();
    node.workers.run(podWith('web', { containers: [container({ command: ['sh', '-c', 'exit 3'] })] }));
    await node.until(waitsFor(node, 'web', 'CrashLoopBackOff'));
    const backOff = 'restarting failed container=c pod=web_default(uid-web)';
    expect(node.status('web')['containerStatuses']).toMatchObject([
      {
        ready: false,
        restartCount: 1,
        state: { waiting: { reason: 'CrashLoopBackOff', message: `back-off 10s ${backOff}` } },
        lastState: { terminated: { exitCode: 3, reason: 'Error' } },
      },
    ]);
    expect(node.status('web')['phase']).toBe('Running');
    expect(node.events).toContain(
      'Warning BackOff Back-off restarting failed container c in pod web_default(uid-web)',
    );
    await node.clock.whenAwaited(10_000);
    node.clock.advance(10_000);
    await node.until(() => {
      const { state } = node.life('web');
      return state.kind === 'waiting' && state.message === `back-off 20s ${backOff}`;
    });
    expect(node.life('web').restartCount).toBe(2);
  });

  test('whose program does not exist says so in the words of the runtime', async () => {
    await using node = startNode();
    node.workers.run(podWith('web', { containers: [container({ command: ['nope'] })] }));
    await node.until(waitsFor(node, 'web', 'RunContainerError'));
    const words =
      /^failed to create containerd task: .* exec: "nope": executable file not found in \$PATH: unknown$/;
    expect(node.life('web')).toMatchObject({
      state: { message: expect.stringMatching(words) },
      last: { exitCode: 128, reason: 'StartError', startedAt: new Date(0) },
    });
    expect(node.events.at(-1)).toMatch(/^Warning Failed Error: failed to create containerd task: /);
  });

  test('whose image does not exist waits longer and longer', async () => {
    await using node = startNode();
    node.workers.run(podWith('web', { containers: [container({ image: 'missing' })] }));
    await node.until(waitsFor(node, 'web', 'ErrImagePull'));
    const words =
      'rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/library/missing:latest": failed to resolve reference "docker.io/library/missing:latest": docker.io/library/missing:latest: not found';
    expect(node.events).toEqual([
      'Normal Pulling Pulling image "missing"',
      `Warning Failed Failed to pull image "missing": ${words}`,
      'Warning Failed Error: ErrImagePull',
    ]);
    await node.clock.whenAwaited(1000);
    node.clock.advance(1000);
    await node.until(waitsFor(node, 'web', 'ImagePullBackOff'));
    expect(node.life('web').state).toMatchObject({
      message: `Back-off pulling image "missing": ErrImagePull: ${words}`,
    });
    expect(node.events.slice(3)).toEqual([
      'Normal BackOff Back-off pulling image "missing"',
      'Warning Failed Error: ImagePullBackOff',
    ]);
  });

  test('runs its init containers in order, and waits for one that fails', async () => {
    await using node = startNode();
    node.configMaps.set('gate', {});
    const initContainers = [
      container({ name: 'one', command: ['true'] }),
      container({ name: 'two', command: ['sh', '-c', 'exit 1'] }),
    ];
    node.workers.run(podWith('web', { initContainers }));
    await node.until(waitsFor(node, 'web', 'CrashLoopBackOff', 'two'));
    expect(node.status('web')).toMatchObject({
      phase: 'Pending',
      initContainerStatuses: [
        { name: 'one', ready: true, state: { terminated: { reason: 'Completed' } } },
        { name: 'two', ready: false, restartCount: 1 },
      ],
      containerStatuses: [{ state: { waiting: { reason: 'PodInitializing' } } }],
    });
    expect(node.status('web')['conditions']).toContainEqual(
      expect.objectContaining({
        type: 'Initialized',
        status: 'False',
        reason: 'ContainersNotInitialized',
        message: 'containers with incomplete status: [two]',
      }),
    );
  });

  test('has a debug container as soon as its spec has one', async () => {
    await using node = startNode();
    const pod = podWith('web', {});
    node.workers.run(pod);
    await node.until(runs(node, 'web'));
    const debugger1 = container({ name: 'debugger-1', targetContainerName: 'c' });
    node.workers.run({ ...pod, spec: { ...pod.spec, ephemeralContainers: [debugger1] } as typeof pod.spec });
    await node.until(() => node.events.includes('Normal Started Started container debugger-1'));
    expect(node.status('web')).toMatchObject({
      phase: 'Running',
      ephemeralContainerStatuses: [{ name: 'debugger-1', state: { running: {} }, ready: false }],
    });
  });

  test('that has been active for too long has failed', async () => {
    await using node = startNode();
    node.workers.run(podWith('job', { activeDeadlineSeconds: 60, restartPolicy: 'Never' }));
    await node.until(runs(node, 'job'));
    await node.clock.whenAwaited(60_000);
    node.clock.advance(60_000);
    await node.until(() => node.life('job').state.kind === 'terminated');
    const message = 'Pod was active on the node longer than the specified deadline';
    expect(node.status('job')).toMatchObject({ phase: 'Failed', reason: 'DeadlineExceeded', message });
    expect(node.events).toContain(`Normal DeadlineExceeded ${message}`);
  });

  test('leaves its last words in its status', async () => {
    await using node = startNode();
    const command = ['sh', '-c', 'echo farewell > /dev/termination-log; exit 2'];
    node.workers.run(podWith('job', { restartPolicy: 'Never', containers: [container({ command })] }));
    await node.until(() => node.life('job').state.kind === 'terminated');
    expect(node.status('job')).toMatchObject({
      phase: 'Failed',
      containerStatuses: [{ state: { terminated: { exitCode: 2, reason: 'Error', message: 'farewell\n' } } }],
    });
  });

  test('is stopped with its hook first, and reports how it ended', async () => {
    await using node = startNode();
    const preStop = { exec: { command: ['sh', '-c', 'echo bye > /proc/1/fd/1'] } };
    const command = ['sleep', 'inf'];
    const pod = podWith('box', { containers: [container({ command, lifecycle: { preStop } })] });
    node.workers.run(pod);
    await node.until(runs(node, 'box'));
    await node.workers.terminate(pod, 30_000);
    expect(node.events.at(-1)).toBe('Normal Killing Stopping container c');
    expect(
      node
        .life('box')
        .container?.log.select()
        .map((it) => it.bytes.toString()),
    ).toEqual(['bye\n']);
    expect(node.life('box').state).toMatchObject({ kind: 'terminated', exitCode: 143 });
    expect(node.status('box')).toMatchObject({
      phase: 'Failed',
      conditions: [{ type: 'PodReadyToStartContainers', status: 'False' }, {}, {}, {}, {}],
    });
  });

  test('that is deleted during its postStart hook keeps its preStop hook and its grace', async () => {
    await using node = startNode();
    const lifecycle = {
      postStart: { exec: { command: ['sleep', 'inf'] } },
      preStop: { sleep: { seconds: 10 } },
    };
    const pod = podWith('box', { containers: [container({ command: ['sleep', 'inf'], lifecycle })] });
    node.workers.run(pod);
    await node.until(runs(node, 'box'));
    const gone = node.workers.terminate(pod, 30_000);
    await node.clock.whenAwaited(10_000);
    node.clock.advance(10_000);
    await gone;
    expect(node.events.slice(-2)).toEqual([
      'Normal Started Started container c',
      'Normal Killing Stopping container c',
    ]);
    expect(node.life('box').state).toMatchObject({ kind: 'terminated', exitCode: 143 });
  });

  test('whose postStart hook fails is killed', async () => {
    await using node = startNode();
    const lifecycle = { postStart: { exec: { command: ['false'] } } };
    const containers = [container({ command: ['sleep', 'inf'], lifecycle })];
    node.workers.run(podWith('box', { restartPolicy: 'Never', containers }));
    await node.until(() => node.life('box').state.kind === 'terminated');
    expect(node.events.slice(-2)).toEqual([
      'Warning FailedPostStartHook PostStartHook failed',
      'Normal Killing FailedPostStartHook',
    ]);
    expect(node.life('box').state).toMatchObject({ kind: 'terminated', exitCode: 137 });
  });

  test('whose HTTP hooks are answered with an error goes on, for an answer is all that they wait for', async () => {
    await using node = startNode();
    const heard: string[] = [];
    const server = node.fabric.addHost({ name: 'server', addresses: ['10.0.0.50/24'] });
    await server.listen({ address: '10.0.0.50', port: 80 }, ({ socket }) => {
      socket.once('data', (bytes) => {
        heard.push(...bytes.toString().split('\r\n'));
        socket.end('HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n');
      });
    });
    const hook = (path: string) => ({ httpGet: { host: '10.0.0.50', port: 80, path } });
    const lifecycle = { postStart: hook('/begun'), preStop: hook('/ending') };
    const pod = podWith('box', { containers: [container({ command: ['sleep', 'inf'], lifecycle })] });
    node.workers.run(pod);
    await node.until(() => node.life('box').ready);
    await node.workers.terminate(pod, 30_000);
    expect(heard.filter((line) => /^(GET|User-Agent)/.test(line))).toEqual([
      'GET /begun HTTP/1.1',
      'User-Agent: kube-lifecycle/1.33',
      'GET /ending HTTP/1.1',
      'User-Agent: kube-lifecycle/1.33',
    ]);
    expect(node.events.slice(-2)).toEqual([
      'Normal Started Started container c',
      'Normal Killing Stopping container c',
    ]);
  });

  test('has its sidecar before and after the others', async () => {
    await using node = startNode();
    const side = container({ name: 'side', restartPolicy: 'Always', command: ['sleep', 'inf'] });
    const main = container({ command: ['true'] });
    node.workers.run(podWith('job', { restartPolicy: 'Never', initContainers: [side], containers: [main] }));
    await node.until(() => node.life('job', 'side').state.kind === 'terminated');
    expect(node.events.filter((it) => /Started|Killing/.test(it))).toEqual([
      'Normal Started Started container side',
      'Normal Started Started container c',
      'Normal Killing Stopping container side',
    ]);
    expect(node.status('job')['phase']).toBe('Succeeded');
  });
});

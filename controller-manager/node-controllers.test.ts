import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import type { KubeNode, KubeObject, Pod } from '../api/objects';
import { taintsOf } from '../api/tolerations';
import { controlPlane, mintKeys, TestCluster } from '../apiserver/cluster.test.fixtures';
import { microseconds, seconds } from '../client/api-time';
import type { Informer } from '../client/informer';
import { KubeClient } from '../client/kube-client';
import { ManualClock } from '../kubelet/manual-clock.test.fixtures';
import { ControllerContext } from './context';
import { defaultControllerSettings } from './controller-settings';
import { startNodeLifecycleController } from './node-lifecycle-controller';
import { startTaintEvictionController } from './taint-eviction-controller';

/** Both node controllers before a real apiserver, with a clock that the test moves; the test is the kubelets. */
const PERIOD_MS = 5_000;
const WITHIN_MS = 10_000;
const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';

interface ToldEvent extends KubeObject {
  readonly involvedObject: { readonly name: string };
  readonly reason: string;
  readonly message: string;
}

const clock = new ManualClock();
let cluster: TestCluster;
let client: KubeClient;
let context: ControllerContext;
let nodes: Informer<KubeNode>;
let pods: Informer<Pod>;
let events: Informer<ToldEvent>;
let close: () => Promise<void>;

beforeAll(async () => {
  const keys = await mintKeys();
  cluster = await TestCluster.start(keys);
  client = new KubeClient({
    from: cluster.workstation,
    server: { host: controlPlane.address, port: controlPlane.port },
    trust: { kind: 'verify', bundlePem: keys.ca.certPem, host: controlPlane.address },
    clientCertificate: keys.admin,
  });
  for (const name of ['node-1', 'node-2']) {
    await cluster.create('/api/v1/nodes', { metadata: { name } });
    await cluster.create(LEASES, { metadata: { name }, spec: lease() });
    await postStatus(name);
  }
  await addPod('short', [{ operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 20 }]);
  await addPod('long', []);
  context = new ControllerContext({ client, clock, log: pino({ level: 'silent' }) });
  nodes = context.informer('/api/v1/nodes');
  pods = context.informer('/api/v1/pods');
  events = context.informer('/api/v1/events');
  const running = [startNodeLifecycleController, startTaintEvictionController].map((start) =>
    start(context, defaultControllerSettings),
  );
  close = async () => {
    await context.close();
    await Promise.all(running.map((it) => it?.close()));
    await client.close();
    await cluster[Symbol.asyncDispose]();
  };
}, 30_000);

afterAll(() => close?.());

const lease = () => ({ holderIdentity: 'x', leaseDurationSeconds: 40, renewTime: microseconds(clock.now()) });

async function patch(path: string, body: object): Promise<void> {
  const answer = await client.request('PATCH', path, { body, contentType: 'application/merge-patch+json' });
  if (!answer.ok) throw new Error(answer.words);
}

function postStatus(name: string): Promise<void> {
  const at = seconds(clock.now());
  const condition = { type: 'Ready', status: 'True', lastHeartbeatTime: at, lastTransitionTime: at };
  return patch(`/api/v1/nodes/${name}/status`, { status: { conditions: [condition] } });
}

async function addPod(name: string, tolerations: readonly object[]): Promise<void> {
  const spec = { nodeName: 'node-1', tolerations, containers: [{ name: 'main', image: 'web:1' }] };
  await cluster.create('/api/v1/namespaces/default/pods', { metadata: { name }, spec });
  const conditions = [{ type: 'Ready', status: 'True' }];
  await patch(`/api/v1/namespaces/default/pods/${name}/status`, { status: { phase: 'Running', conditions } });
}

/** The kubelet of node-2 gives a sign of life, that of node-1 does not; then both controllers look again. */
async function goOn(ms: number): Promise<void> {
  const leases = context.informer<KubeObject & { spec: { renewTime: string } }>(LEASES);
  for (let passed = 0; passed < ms; passed += PERIOD_MS) {
    await clock.whenAwaited(PERIOD_MS);
    await patch(`${LEASES}/node-2`, { spec: lease() });
    const renewTime = microseconds(clock.now());
    await leases.until(
      () => leases.get('kube-node-lease', 'node-2')?.spec.renewTime === renewTime,
      WITHIN_MS,
    );
    clock.advance(PERIOD_MS);
  }
  await clock.whenAwaited(PERIOD_MS);
}

const conditionOf = (object: KubeNode | Pod | null) =>
  (object?.status?.conditions as { type: string; status: string }[] | undefined)?.find(
    ({ type }) => type === 'Ready',
  );
const readyWord = (name: string) => conditionOf(nodes.get('', name))?.status;
const taintWords = (name: string): string[] => {
  const node = nodes.get('', name);
  return node === null
    ? []
    : taintsOf(node)
        .map(({ key, effect }) => `${key}:${effect}`)
        .sort();
};

/** As soon as there is one for this reason: they are written behind what they tell of. */
async function eventsOf(name: string, awaited: string): Promise<string[]> {
  const all = () => events.list().filter(({ involvedObject }) => involvedObject.name === name);
  await events.until(() => all().some(({ reason }) => reason === awaited), WITHIN_MS);
  return all().map(({ reason, message }) => `${reason}: ${message}`);
}

describe('a node that is cut off', () => {
  test('is trusted for 50 seconds, and then nobody knows how it is', async () => {
    await goOn(50_000);
    expect(readyWord('node-1')).toBe('True');
    await goOn(PERIOD_MS);
    await nodes.until(() => readyWord('node-1') === 'Unknown', WITHIN_MS);
    expect(conditionOf(nodes.get('', 'node-1'))).toMatchObject({
      status: 'Unknown',
      reason: 'NodeStatusUnknown',
      message: 'Kubelet stopped posting node status.',
      lastTransitionTime: seconds(clock.now()),
    });
    expect(readyWord('node-2')).toBe('True');
  }, 30_000);

  test('is tainted, and its pods are said not to be ready', async () => {
    const both = ['node.kubernetes.io/unreachable:NoExecute', 'node.kubernetes.io/unreachable:NoSchedule'];
    await nodes.until(() => taintWords('node-1').length === 2, WITHIN_MS);
    expect(taintWords('node-1')).toEqual(both);
    expect(taintWords('node-2')).toEqual([]);
    await pods.until(() => conditionOf(pods.get('default', 'long'))?.status === 'False', WITHIN_MS);
    expect(conditionOf(pods.get('default', 'long'))?.status).toBe('False');
    expect(await eventsOf('node-1', 'NodeNotReady')).toContain(
      'NodeNotReady: Node node-1 status is now: NodeNotReady',
    );
    expect(await eventsOf('long', 'NodeNotReady')).toContain('NodeNotReady: Node is not ready');
  });

  test('loses pods when they tolerate it no longer, and keeps the others', async () => {
    const isGoing = (name: string): boolean =>
      pods.get('default', name)?.metadata.deletionTimestamp !== undefined;
    await goOn(15_000);
    expect([isGoing('short'), isGoing('long')]).toEqual([false, false]);
    await goOn(10_000);
    await pods.until(() => isGoing('short'), WITHIN_MS);
    expect([isGoing('short'), isGoing('long')]).toEqual([true, false]);
    expect(pods.get('default', 'short')?.status?.conditions).toContainEqual(
      expect.objectContaining({
        type: 'DisruptionTarget',
        reason: 'DeletionByTaintManager',
        message: 'Taint manager: deleting due to NoExecute taint',
      }),
    );
    expect(await eventsOf('short', 'TaintManagerEviction')).toContain(
      'TaintManagerEviction: Marking for deletion Pod default/short',
    );
  }, 30_000);

  test('is as before when its kubelet is back, and what was to be evicted stays', async () => {
    await postStatus('node-1');
    await nodes.until(() => readyWord('node-1') === 'True', WITHIN_MS);
    await goOn(PERIOD_MS);
    await nodes.until(() => taintWords('node-1').length === 0, WITHIN_MS);
    expect(taintWords('node-1')).toEqual([]);
    // Past the time until which the other one would have been borne.
    await patch(`${LEASES}/node-1`, { spec: lease() });
    clock.advance(300_000);
    await clock.whenAwaited(PERIOD_MS);
    expect(pods.get('default', 'long')?.metadata.deletionTimestamp).toBeUndefined();
    expect(await eventsOf('long', 'TaintManagerEviction')).toContain(
      'TaintManagerEviction: Cancelling deletion of Pod default/long',
    );
  }, 30_000);
});

test('where no node is heard of, nothing is driven out: the trouble may be here', async () => {
  clock.advance(51_000);
  await clock.whenAwaited(PERIOD_MS);
  await nodes.until(() => readyWord('node-1') === 'Unknown' && readyWord('node-2') === 'Unknown', WITHIN_MS);
  expect([readyWord('node-1'), readyWord('node-2')]).toEqual(['Unknown', 'Unknown']);
  await nodes.until(() => taintWords('node-2').length > 0, WITHIN_MS);
  clock.advance(60_000);
  await clock.whenAwaited(PERIOD_MS);
  for (const name of ['node-1', 'node-2']) {
    expect(taintWords(name)).toEqual(['node.kubernetes.io/unreachable:NoSchedule']);
  }
});

test('a cordoned node is tainted, and no longer when it is let go', async () => {
  const cordon = (unschedulable: boolean) => patch('/api/v1/nodes/node-2', { spec: { unschedulable } });
  const taint = 'node.kubernetes.io/unschedulable:NoSchedule';
  await cordon(true);
  await nodes.until(() => taintWords('node-2').includes(taint), WITHIN_MS);
  expect(taintWords('node-2')).toContain(taint);
  await cordon(false);
  await nodes.until(() => !taintWords('node-2').includes(taint), WITHIN_MS);
  expect(taintWords('node-2')).not.toContain(taint);
});

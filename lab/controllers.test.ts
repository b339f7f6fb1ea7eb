import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import type { Deployment, KubeObject, Pod, ReplicaSet, RoleObject } from '../api/objects';
import { Informer } from '../client/informer';
import { type Cluster, startCluster } from './cluster';
import { defenceSettings } from './defences';
import { mintLabPki } from './lab-pki';

/** The control loops and the scheduler in a whole lab: what was asked for comes about, and nothing is left of what went. */
const log = pino({ level: 'silent' });
const WITHIN_MS = 15_000;

let cluster: Cluster;
let deployments: Informer<Deployment>;
let sets: Informer<ReplicaSet>;
let pods: Informer<Pod>;
let namespaces: Informer<KubeObject>;

beforeAll(async () => {
  const settings = defenceSettings('none');
  if (settings === null) throw new Error('the defence none is always run');
  cluster = await startCluster({ pki: await mintLabPki(), settings, log, controllers: true });
  const client = cluster.admin;
  deployments = new Informer({ client, path: '/apis/apps/v1/deployments', log });
  sets = new Informer({ client, path: '/apis/apps/v1/replicasets', log });
  pods = new Informer({ client, path: '/api/v1/pods', log });
  namespaces = new Informer({ client, path: '/api/v1/namespaces', log });
  await Promise.all([deployments.synced, sets.synced, pods.synced, namespaces.synced]);
}, 30_000);

afterAll(async () => {
  await Promise.all([deployments, sets, pods, namespaces].map((it) => it?.close()));
  await cluster?.close();
});

async function request(
  method: string,
  path: string,
  body?: object,
  contentType?: string,
): Promise<KubeObject> {
  const answer = await cluster.admin.request(method, path, {
    ...(body === undefined ? {} : { body }),
    ...(contentType === undefined ? {} : { contentType }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.words}`);
  return answer.json() as KubeObject;
}

const merge = (path: string, body: object) => request('PATCH', path, body, 'application/merge-patch+json');

function deployment(name: string, replicas: number, image = 'midplane/web'): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'web', image }] } },
    },
  };
}

const at = '/apis/apps/v1/namespaces/default/deployments';

function podsOf(app: string): Pod[] {
  return pods.list().filter(({ metadata }) => metadata.labels?.['app'] === app);
}

/** kubectl's own rule for `rollout status` (k8s.io/kubectl pkg/polymorphichelpers/rollout_status.go). */
async function rolledOut(name: string, generation = 1): Promise<Deployment> {
  await deployments.until(() => {
    const now = deployments.get('default', name);
    if (now === null || (now.status?.observedGeneration ?? 0) < generation) return false;
    const { replicas = 0 } = now.spec;
    const { updatedReplicas = 0, availableReplicas = 0, replicas: all = 0 } = now.status ?? {};
    return updatedReplicas === replicas && all === replicas && availableReplicas === replicas;
  }, WITHIN_MS);
  const now = deployments.get('default', name);
  if (now === null) throw new Error(`no deployment ${name}`);
  return now;
}

describe('a Deployment', () => {
  test('rolls out, scales, and rolls on to another template without falling below what it promises', async () => {
    await request('POST', at, deployment('web-app', 3));
    expect((await rolledOut('web-app')).status).toMatchObject({
      replicas: 3,
      readyReplicas: 3,
      updatedReplicas: 3,
    });
    const nodes = podsOf('web-app').map(({ spec }) => spec.nodeName);
    expect(new Set(nodes)).toEqual(new Set(['node-1', 'node-2']));

    await merge(`${at}/web-app`, { spec: { replicas: 5 } });
    expect((await rolledOut('web-app', 2)).status?.availableReplicas).toBe(5);

    let fewest = Number.POSITIVE_INFINITY;
    let most = 0;
    const forget = deployments.listen((now) => {
      if (now?.metadata.name !== 'web-app') return;
      fewest = Math.min(fewest, now.status?.availableReplicas ?? 0);
      most = Math.max(most, now.status?.replicas ?? 0);
    });
    const template = { spec: { containers: [{ name: 'web', image: 'midplane/web:2' }] } };
    await merge(`${at}/web-app`, { spec: { template } });
    const after = await rolledOut('web-app', 3);
    forget();
    // 25 % of five: one may be missing, two may be too many.
    expect(fewest).toBeGreaterThanOrEqual(4);
    expect(most).toBeLessThanOrEqual(7);
    expect(after.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe('2');
    expect(podsOf('web-app').every(({ spec }) => spec.containers[0]?.image === 'midplane/web:2')).toBe(true);
    expect(sets.list().filter(({ metadata }) => metadata.name.startsWith('web-app-'))).toHaveLength(2);
    expect(after.status?.conditions?.map(({ type, status, reason }) => [type, status, reason])).toEqual([
      ['Available', 'True', 'MinimumReplicasAvailable'],
      ['Progressing', 'True', 'NewReplicaSetAvailable'],
    ]);
  }, 60_000);

  test('takes its ReplicaSets and pods with it', async () => {
    await request('POST', at, deployment('doomed', 2));
    await rolledOut('doomed');
    await request('DELETE', `${at}/doomed`);
    await pods.until(() => podsOf('doomed').length === 0, WITHIN_MS);
    await sets.until(
      () => sets.list().every(({ metadata }) => !metadata.name.startsWith('doomed-')),
      WITHIN_MS,
    );
    expect(podsOf('doomed')).toEqual([]);
    expect(sets.list().filter(({ metadata }) => metadata.name.startsWith('doomed-'))).toEqual([]);
  }, 60_000);

  test('goes last when it is deleted in the foreground', async () => {
    await request('POST', at, deployment('last', 2));
    await rolledOut('last');
    let podsWhenItWent = Number.NaN;
    const gone = new Promise<void>((resolve) => {
      const forget = deployments.listen((now, before) => {
        if (now !== null || before?.metadata.name !== 'last') return;
        podsWhenItWent = sets.list().filter(({ metadata }) => metadata.name.startsWith('last-')).length;
        forget();
        resolve();
      });
    });
    await request('DELETE', `${at}/last`, { propagationPolicy: 'Foreground' });
    await gone;
    expect(podsWhenItWent).toBe(0);
  }, 60_000);

  test('leaves its ReplicaSet behind when it is told to', async () => {
    await request('POST', at, deployment('parent', 1));
    await rolledOut('parent');
    await request('DELETE', `${at}/parent`, { propagationPolicy: 'Orphan' });
    await deployments.until(() => deployments.get('default', 'parent') === null, WITHIN_MS);
    const [orphan] = sets.list().filter(({ metadata }) => metadata.name.startsWith('parent-'));
    await sets.until(
      () => sets.get('default', orphan?.metadata.name ?? '')?.metadata.ownerReferences === undefined,
      WITHIN_MS,
    );
    expect(sets.get('default', orphan?.metadata.name ?? '')?.metadata.ownerReferences).toBeUndefined();
    expect(podsOf('parent')).toHaveLength(1);
  }, 60_000);
});

test('a pod that somebody deletes is replaced', async () => {
  await request('POST', at, deployment('steady', 1));
  await rolledOut('steady');
  const [first] = podsOf('steady');
  await request('DELETE', `/api/v1/namespaces/default/pods/${first?.metadata.name}`, {
    gracePeriodSeconds: 0,
  });
  const replaced = (): boolean =>
    podsOf('steady').some(
      ({ metadata, status }) => metadata.uid !== first?.metadata.uid && status?.phase === 'Running',
    );
  await pods.until(replaced, WITHIN_MS);
  expect(replaced()).toBe(true);
}, 30_000);

test.each([
  '/api/v1/namespaces/default/endpoints',
  '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices',
])(
  'what is behind a service is told again when somebody deletes it: %s',
  async (collection) => {
    const name = collection.includes('slices') ? 'sliced' : 'named';
    const behind = new Informer<KubeObject>({ client: cluster.admin, path: collection, log });
    const here = () => behind.list().find(({ metadata }) => metadata.name.startsWith(name));
    await request('POST', '/api/v1/namespaces/default/services', {
      metadata: { name },
      spec: { selector: { app: name }, ports: [{ port: 80 }] },
    });
    await behind.until(() => here() !== undefined, WITHIN_MS);
    const first = here();
    await request('DELETE', `${collection}/${first?.metadata.name}`);
    const again = (): boolean => here() !== undefined && here()?.metadata.uid !== first?.metadata.uid;
    await behind.until(again, WITHIN_MS);
    await behind.close();
    expect(again()).toBe(true);
  },
  40_000,
);

test('a pod that fits nowhere says why, and is scheduled when that changes', async () => {
  const spec = { nodeSelector: { disk: 'fast' }, containers: [{ name: 'web', image: 'midplane/web' }] };
  await request('POST', '/api/v1/namespaces/default/pods', { metadata: { name: 'choosy' }, spec });
  const condition = () =>
    (
      pods.get('default', 'choosy')?.status?.conditions as { type: string; message?: string }[] | undefined
    )?.find(({ type }) => type === 'PodScheduled');
  await pods.until(() => condition()?.message !== undefined, WITHIN_MS);
  expect(condition()?.message).toBe(
    "0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
  );
  await merge('/api/v1/nodes/node-2', { metadata: { labels: { disk: 'fast' } } });
  await pods.until(() => pods.get('default', 'choosy')?.spec.nodeName === 'node-2', WITHIN_MS);
  expect(pods.get('default', 'choosy')?.spec.nodeName).toBe('node-2');
  // Its own word about the pod is no reason to judge it again.
  const about = `fieldSelector=${encodeURIComponent('involvedObject.name=choosy')}`;
  const events = new Informer<KubeObject>({ client: cluster.admin, path: `/api/v1/events?${about}`, log });
  const times = (reason: string) => events.list().find((event) => event['reason'] === reason)?.['count'];
  await events.until(() => times('Scheduled') !== undefined, WITHIN_MS);
  await events.close();
  expect([times('FailedScheduling'), times('Scheduled')]).toEqual([1, 1]);
}, 30_000);

test('a role that says so by its label becomes part of view, and so of edit and admin', async () => {
  const path = '/apis/rbac.authorization.k8s.io/v1/clusterroles';
  const roles = new Informer<RoleObject>({ client: cluster.admin, path, log });
  const rule = { verbs: ['get'], apiGroups: ['lab.example'], resources: ['things'] };
  const labels = { 'rbac.authorization.k8s.io/aggregate-to-view': 'true' };
  await request('POST', path, { metadata: { name: 'things', labels }, rules: [rule] });
  const having = () =>
    ['view', 'edit', 'admin'].filter((name) =>
      roles.get('', name)?.rules?.some(({ apiGroups }) => apiGroups?.includes('lab.example')),
    );
  await roles.until(() => having().length === 3, WITHIN_MS);
  expect(having()).toEqual(['view', 'edit', 'admin']);
  await request('DELETE', `${path}/things`);
  await roles.until(() => having().length === 0, WITHIN_MS);
  expect(having()).toEqual([]);
  await roles.close();
}, 40_000);

test('a namespace has a service account and the authority’s certificate, and goes with all that is in it', async () => {
  await request('POST', '/api/v1/namespaces', { metadata: { name: 'team' } });
  const accounts = new Informer({
    client: cluster.admin,
    path: '/api/v1/namespaces/team/serviceaccounts',
    log,
  });
  await accounts.until(() => accounts.get('team', 'default') !== null, WITHIN_MS);
  expect(accounts.list().map(({ metadata }) => metadata.name)).toEqual(['default']);
  await accounts.close();
  await request('POST', '/apis/apps/v1/namespaces/team/deployments', deployment('inside', 1));
  await pods.until(() => podsOf('inside').some(({ status }) => status?.phase === 'Running'), WITHIN_MS);
  await request('DELETE', '/api/v1/namespaces/team');
  await namespaces.until(() => namespaces.get('', 'team') === null, WITHIN_MS);
  expect(namespaces.get('', 'team')).toBeNull();
  expect(podsOf('inside')).toEqual([]);
}, 60_000);

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exchange } from '../network/transport';
import type { KeyPair } from '../wire/pem';
import { type Answer, type Keys, mintKeys, nextChunk, TestCluster } from './cluster.test.fixtures';

/** What the certificate of a node opens, asked of a whole apiserver as kubeadm sets it up. */
const secrets = '/api/v1/namespaces/default/secrets';
const reviews = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
const restricted = [
  '--enable-admission-plugins=NodeRestriction',
  '--disable-admission-plugins=ServiceAccount',
];
const bindings = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';

let keys: Keys;
let node1: KeyPair;
let cluster: TestCluster;

beforeAll(async () => {
  keys = await mintKeys();
  node1 = await keys.ca.issue({
    commonName: 'system:node:node-1',
    organizations: ['system:nodes'],
    usages: ['clientAuth'],
  });
  cluster = await TestCluster.start(keys, restricted);
  await cluster.create(secrets, { metadata: { name: 'mine' } });
  await cluster.create(secrets, { metadata: { name: 'theirs' } });
  await cluster.create('/api/v1/namespaces/default/pods', podWith('mine', 'node-1'));
  await cluster.create('/api/v1/namespaces/default/pods', podWith('theirs', 'node-2'));
});

afterAll(() => cluster?.[Symbol.asyncDispose]());

function podWith(secretName: string, nodeName: string, serviceAccountName?: string): object {
  const containers = [{ name: 'main', image: 'web:1' }];
  return {
    metadata: { name: secretName },
    spec: {
      nodeName,
      containers,
      volumes: [{ name: 's', secret: { secretName } }],
      ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
    },
  };
}

const asNode = (method: string, path: string, body?: object) =>
  cluster.ask(method, path, { as: node1, ...(body === undefined ? {} : { body }) });

describe('a node', () => {
  test('reads what its pods use and is told why nothing else', async () => {
    expect((await asNode('GET', `${secrets}/mine`)).status).toBe(200);
    expect((await asNode('GET', `${secrets}?fieldSelector=metadata.name=mine`)).json.items).toHaveLength(1);
    expect((await asNode('GET', `${secrets}/theirs`)).json).toMatchObject({
      code: 403,
      message:
        'secrets "theirs" is forbidden: User "system:node:node-1" cannot get resource "secrets" in API group "" in the namespace "default": no relationship found between node \'node-1\' and this object',
      details: { name: 'theirs', kind: 'secrets' },
    });
  });

  test('sees its own pods and its own Node', async () => {
    const own = await asNode('GET', '/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-1');
    expect(own.json.items?.map(({ metadata }) => metadata.name)).toEqual(['mine']);
    expect((await asNode('GET', '/api/v1/pods')).json.message).toBe(
      'pods is forbidden: User "system:node:node-1" cannot list resource "pods" in API group "" at the cluster scope: can only list/watch pods with spec.nodeName field selector',
    );
    expect((await asNode('GET', '/api/v1/nodes')).json.message).toContain(
      ": node 'node-1' cannot read all nodes, only its own Node object",
    );
  });

  test.each([
    [{ rawSelector: 'spec.nodeName=node-1' }, true],
    [{ requirements: [{ key: 'spec.nodeName', operator: 'In', values: ['node-1'] }] }, true],
    [{ requirements: [{ key: 'spec.nodeName', operator: 'In', values: ['node-1', 'node-2'] }] }, false],
    [{ requirements: [{ key: 'spec.nodeName', operator: 'NotIn', values: ['node-1'] }] }, false],
    [{ requirements: [{ key: 'spec.nodeName', operator: 'Exists' }] }, false],
    [{ rawSelector: 'spec.nodeName=' }, false],
  ])('is asked about in a review with its selector: %j', async (fieldSelector, allowed) => {
    const spec = {
      user: 'system:node:node-1',
      groups: ['system:nodes'],
      resourceAttributes: { verb: 'list', resource: 'pods', version: 'v1', fieldSelector },
    };
    const answer = await cluster.ask('POST', reviews, { body: { spec } });
    expect(answer.json['status']).toMatchObject({ allowed });
  });
});

describe('whoever stole its credentials', () => {
  const merge = [['Content-Type', 'application/merge-patch+json']] as const;
  const pods = '/api/v1/namespaces/default/pods';
  const tokens = '/api/v1/namespaces/default/serviceaccounts/robot/token';
  const drawing = { metadata: { labels: { 'node-restriction.kubernetes.io/secure': 'true' } } };

  const attempts: [string, (on: TestCluster) => Promise<Answer>, number, string][] = [
    [
      'draws pods to it by a label',
      (on) => on.ask('PATCH', '/api/v1/nodes/node-1', { as: node1, headers: merge, body: drawing }),
      200,
      'nodes "node-1" is forbidden: is not allowed to modify labels: node-restriction.kubernetes.io/secure',
    ],
    [
      'says that another node is elsewhere',
      (on) =>
        on.ask('PATCH', '/api/v1/nodes/node-2/status', {
          as: node1,
          headers: merge,
          body: { status: { addresses: [{ type: 'InternalIP', address: '10.0.0.66' }] } },
        }),
      200,
      'nodes "node-2" is forbidden: node "node-1" is not allowed to modify node "node-2"',
    ],
    [
      'has its Node collected and registers anew (CVE-2025-5187)',
      (on) => {
        const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'gone', uid: 'u' };
        const body = { metadata: { ownerReferences: [owner] } };
        return on.ask('PATCH', '/api/v1/nodes/node-1', { as: node1, headers: merge, body });
      },
      200,
      'nodes "node-1" is forbidden: node "node-1" is not allowed to modify ownerReferences',
    ],
    [
      'evicts the pod of another node',
      (on) => {
        const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name: 'theirs' } };
        return on.ask('POST', `${pods}/theirs/eviction`, { as: node1, body });
      },
      201,
      'pods "theirs" is forbidden: node node-1 can only evict pods with spec.nodeName set to itself',
    ],
    [
      'ends the pod of another node',
      (on) => on.ask('DELETE', `${pods}/theirs`, { as: node1 }),
      200,
      'pods "theirs" is forbidden: node "node-1" can only delete pods with spec.nodeName set to itself',
    ],
    [
      'makes a pod that names a secret, to read that',
      (on) => on.ask('POST', pods, { as: node1, body: podWith('wanted', 'node-1') }),
      201,
      'pods "wanted" is forbidden: pod does not have "kubernetes.io/config.mirror" annotation, node "node-1" can only create mirror pods',
    ],
    [
      'gets a token that is bound to nothing',
      (on) => on.ask('POST', tokens, { as: node1, body: { spec: {} } }),
      201,
      'serviceaccounts "robot" is forbidden: node requested token not bound to a pod',
    ],
    [
      'renews the lease of another node',
      (on) => {
        const path = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
        return on.ask('POST', path, { as: node1, body: { metadata: { name: 'node-2' } } });
      },
      201,
      'leases.coordination.k8s.io "node-2" is forbidden: can only access node lease with the same name as the requesting node',
    ],
  ];

  test.each([true, false])('does this and that, unless NodeRestriction is on (%s)', async (on) => {
    await using attacked = await TestCluster.start(keys, on ? restricted : []);
    for (const name of ['node-1', 'node-2']) await attacked.create('/api/v1/nodes', { metadata: { name } });
    await attacked.create('/api/v1/namespaces/default/serviceaccounts', { metadata: { name: 'robot' } });
    await attacked.create(pods, podWith('mine', 'node-1', 'robot'));
    await attacked.create(pods, podWith('theirs', 'node-2'));
    for (const [what, attempt, status, message] of attempts) {
      const answer = await attempt(attacked);
      const seen = { what, status: answer.status, message: answer.json.message };
      expect(seen).toEqual(on ? { what, status: 403, message } : { what, status, message: undefined });
    }
  });
});

test('without the Node authorizer a node has what RBAC gives it, and by default that is nothing', async () => {
  await using open = await TestCluster.start(keys, ['--authorization-mode=RBAC']);
  await open.create(secrets, { metadata: { name: 'theirs' } });
  expect((await open.ask('GET', `${secrets}/theirs`, { as: node1 })).status).toBe(403);
  // As clusters had it before 1.8.
  await open.create(bindings, {
    metadata: { name: 'all-nodes' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:node' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:nodes' }],
  });
  expect((await open.ask('GET', `${secrets}/theirs`, { as: node1 })).status).toBe(200);
});

test('what a data directory kept counts after a restart', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'midplane-node-'));
  try {
    for (const start of [1, 2]) {
      await using kept = await TestCluster.start(keys, [`--data-dir=${directory}`]);
      if (start === 1) {
        await kept.create(secrets, { metadata: { name: 'mine' } });
        await kept.create('/api/v1/namespaces/default/pods', podWith('mine', 'node-1'));
      }
      expect((await kept.ask('GET', `${secrets}/mine`, { as: node1 })).status).toBe(200);
    }
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('what RBAC grants and takes back counts from the next request on, watches that are open go on', async () => {
  const watched = `${secrets}?watch=true&fieldSelector=metadata.name%3Dlater`;
  const ask = () => cluster.ask('GET', `${secrets}/mine`, { as: keys.jane });
  expect((await ask()).status).toBe(403);
  const binding = {
    metadata: { name: 'jane-reads' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'jane' }],
  };
  await cluster.create(bindings, binding);
  expect((await ask()).status).toBe(200);
  const watch = await exchange(await cluster.connect(keys.jane), {
    method: 'GET',
    path: watched,
    headers: [['Host', '10.0.0.10:6443']],
  });
  if (watch.kind !== 'response') throw new Error(JSON.stringify(watch));
  expect((await cluster.ask('DELETE', `${bindings}/jane-reads`)).status).toBe(200);
  expect((await ask()).status).toBe(403);
  expect((await cluster.ask('GET', watched, { as: keys.jane })).status).toBe(403);
  const event = nextChunk(watch.body);
  await cluster.create(secrets, { metadata: { name: 'later' } });
  expect(JSON.parse(await event)).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'later' } } });
  watch.body.destroy();
});

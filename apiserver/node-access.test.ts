import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exchange } from '../network/transport';
import type { KeyPair } from '../wire/pem';
import { type Keys, mintKeys, nextChunk, TestCluster } from './cluster.test.fixtures';

/** What the certificate of a node opens, asked of a whole apiserver as kubeadm sets it up. */
const secrets = '/api/v1/namespaces/default/secrets';
const reviews = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
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
  cluster = await TestCluster.start(keys, ['--disable-admission-plugins=ServiceAccount']);
  await cluster.create(secrets, { metadata: { name: 'mine' } });
  await cluster.create(secrets, { metadata: { name: 'theirs' } });
  await cluster.create('/api/v1/namespaces/default/pods', podWith('mine', 'node-1'));
  await cluster.create('/api/v1/namespaces/default/pods', podWith('theirs', 'node-2'));
});

afterAll(() => cluster?.[Symbol.asyncDispose]());

function podWith(secretName: string, nodeName: string): object {
  const containers = [{ name: 'main', image: 'web:1' }];
  return {
    metadata: { name: secretName },
    spec: { nodeName, containers, volumes: [{ name: 's', secret: { secretName } }] },
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

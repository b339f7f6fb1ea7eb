import { beforeAll, describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../api/objects';
import { type Keys, mintKeys, TestCluster } from './cluster.test.fixtures';

let keys: Keys;
beforeAll(async () => {
  keys = await mintKeys();
});

const configMaps = '/api/v1/namespaces/default/configmaps';
const pods = '/api/v1/namespaces/default/pods';
const namespaces = '/api/v1/namespaces';

function configMap(name: string, metadata: object = {}) {
  return { metadata: { name, ...metadata } };
}

function pod(name: string, spec: object = {}) {
  return { metadata: { name }, spec: { containers: [{ name: 'c', image: 'nginx' }], ...spec } };
}

describe('what holds an object', () => {
  test.each([
    [{ propagationPolicy: 'Foreground' }, ['x/y', 'foregroundDeletion']],
    [{ propagationPolicy: 'Orphan' }, ['x/y', 'orphan']],
    [{ orphanDependents: true }, ['x/y', 'orphan']],
    [{ propagationPolicy: 'Background' }, ['x/y']],
  ])('%j leaves the finalizers %j', async (body, finalizers) => {
    await using cluster = await TestCluster.start(keys);
    await cluster.create(configMaps, configMap('a', { finalizers: ['x/y'] }));
    const answer = await cluster.ask('DELETE', `${configMaps}/a`, { body });
    expect(answer.json).toMatchObject({
      kind: 'ConfigMap',
      metadata: { finalizers, deletionTimestamp: expect.any(String), deletionGracePeriodSeconds: 0 },
    });
  });

  test('a policy that the object carries already is kept unless another is asked for', async () => {
    await using cluster = await TestCluster.start(keys);
    await cluster.create(configMaps, configMap('a', { finalizers: ['orphan'] }));
    expect((await cluster.ask('DELETE', `${configMaps}/a`)).json).toMatchObject({ kind: 'ConfigMap' });
    await cluster.create(configMaps, configMap('b', { finalizers: ['orphan'] }));
    const background = { body: { propagationPolicy: 'Background' } };
    expect((await cluster.ask('DELETE', `${configMaps}/b`, background)).json).toMatchObject({
      kind: 'Status',
      details: { name: 'b', kind: 'configmaps' },
    });
  });

  test('finalizers can be taken off and not added while it is being deleted; the last one frees it', async () => {
    await using cluster = await TestCluster.start(keys);
    const created = await cluster.create(configMaps, configMap('a', { finalizers: ['x/y', 'x/z'] }));
    await cluster.ask('DELETE', `${configMaps}/a`);
    const put = (finalizers: string[]) =>
      cluster.ask('PUT', `${configMaps}/a`, { body: configMap('a', { finalizers }) });
    expect((await put(['x/y', 'x/new', 'x/a'])).json).toMatchObject({
      code: 422,
      message:
        'ConfigMap "a" is invalid: metadata.finalizers: Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers []string{"x/a", "x/new"}',
    });
    expect((await put(['x/z'])).status).toBe(200);
    const free = (await put([])).json;
    expect(free['metadata']).not.toHaveProperty('finalizers');
    expect(free).toMatchObject({
      metadata: { uid: (created as unknown as KubeObject).metadata.uid },
    });
    expect((await cluster.ask('GET', `${configMaps}/a`)).status).toBe(404);
  });
});

describe('a deletion', () => {
  test.each([
    [
      { propagationPolicy: 'Sideways' },
      'propagationPolicy: Unsupported value: "Sideways": supported values: "Foreground", "Background", "Orphan", "nil"',
    ],
    [
      { propagationPolicy: 'Orphan', orphanDependents: true },
      'propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set',
    ],
  ])('with %j is refused', async (body, message) => {
    await using cluster = await TestCluster.start(keys);
    await cluster.create(configMaps, configMap('a'));
    expect((await cluster.ask('DELETE', `${configMaps}/a`, { body })).json).toMatchObject({
      code: 422,
      message: `DeleteOptions.meta.k8s.io "" is invalid: ${message}`,
    });
  });

  test('that is only tried leaves everything as it was, wherever it says so', async () => {
    await using cluster = await TestCluster.start(keys);
    await cluster.create(configMaps, configMap('a'));
    expect((await cluster.ask('DELETE', `${configMaps}/a?dryRun=All`)).status).toBe(200);
    expect((await cluster.ask('DELETE', `${configMaps}/a`, { body: { dryRun: ['All'] } })).status).toBe(200);
    expect((await cluster.ask('DELETE', `${configMaps}?dryRun=All`)).status).toBe(200);
    expect((await cluster.ask('GET', `${configMaps}/a`)).json).toMatchObject({ metadata: { name: 'a' } });
    expect((await cluster.ask('GET', `${configMaps}/a`)).text).not.toContain('deletionTimestamp');
  });

  test('of many takes those that are selected', async () => {
    await using cluster = await TestCluster.start(keys);
    for (const [name, app] of Object.entries({ a: 'x', b: 'y', c: 'x' }))
      await cluster.create(configMaps, configMap(name, { labels: { app } }));
    const answer = await cluster.ask('DELETE', `${configMaps}?labelSelector=app%3Dx`);
    expect(answer.json.items?.map(({ metadata }) => metadata.name)).toEqual(['a', 'c']);
    const left = (await cluster.ask('GET', configMaps)).json.items;
    expect(left?.map(({ metadata }) => metadata.name)).toEqual(['b']);
  });
});

describe('the grace of a pod', () => {
  const body = (gracePeriodSeconds: number) => ({ body: { gracePeriodSeconds } });

  test('is its own on a node, can be shortened and not prolonged, and 0 ends it', async () => {
    await using cluster = await TestCluster.start(keys);
    await cluster.create(pods, pod('web', { nodeName: 'node-1', terminationGracePeriodSeconds: 20 }));
    const grace = async (asked?: number) => {
      const answer = await cluster.ask('DELETE', `${pods}/web`, asked === undefined ? {} : body(asked));
      return (answer.json as unknown as KubeObject).metadata.deletionGracePeriodSeconds;
    };
    expect([await grace(), await grace(60), await grace(5), await grace()]).toEqual([20, 20, 5, 5]);
    expect((await cluster.ask('DELETE', `${pods}/web`, body(0))).json).toMatchObject({ kind: 'Pod' });
    expect((await cluster.ask('GET', `${pods}/web`)).status).toBe(404);
  });

  test('is none when nothing runs, and one second for less than none', async () => {
    await using cluster = await TestCluster.start(keys);
    await cluster.create(pods, pod('unscheduled'));
    await cluster.ask('DELETE', `${pods}/unscheduled`);
    expect((await cluster.ask('GET', `${pods}/unscheduled`)).status).toBe(404);
    await cluster.create(pods, pod('web', { nodeName: 'node-1' }));
    expect((await cluster.ask('DELETE', `${pods}/web`, body(-5))).json).toMatchObject({
      metadata: { deletionGracePeriodSeconds: 1 },
    });
  });
});

describe('a namespace', () => {
  const lease = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases';

  /** A controller-manager that runs: the lease it renews. */
  async function controllerManager(cluster: TestCluster): Promise<void> {
    await cluster.create(lease, {
      metadata: { name: 'kube-controller-manager' },
      spec: {
        holderIdentity: 'test',
        leaseDurationSeconds: 3600,
        renewTime: new Date().toISOString().replace('Z', '000Z'),
      },
    });
  }

  test('of the system may not be deleted', async () => {
    await using cluster = await TestCluster.start(keys);
    expect((await cluster.ask('DELETE', `${namespaces}/default`)).json).toMatchObject({
      code: 403,
      message: 'namespaces "default" is forbidden: this namespace may not be deleted',
    });
  });

  test('without a controller is emptied at once, and goes with the last object that has finalizers', async () => {
    await using cluster = await TestCluster.start(keys);
    await cluster.create(namespaces, { metadata: { name: 'team' } });
    const inside = `${namespaces}/team/configmaps`;
    await cluster.create(inside, configMap('free'));
    await cluster.create(inside, configMap('held', { finalizers: ['x/y'] }));
    expect((await cluster.ask('DELETE', `${namespaces}/team`)).json).toMatchObject({
      kind: 'Namespace',
      status: { phase: 'Terminating' },
    });
    expect((await cluster.ask('GET', inside)).json.items).toHaveLength(1);
    expect((await cluster.ask('POST', inside, { body: configMap('new') })).json).toMatchObject({
      code: 403,
      details: { causes: [{ reason: 'NamespaceTerminating' }] },
    });
    expect((await cluster.ask('PUT', `${inside}/held`, { body: configMap('held') })).status).toBe(200);
    expect((await cluster.ask('GET', `${namespaces}/team`)).status).toBe(404);
  });

  test('with a controller waits for it: content stays, finalize lets go', async () => {
    await using cluster = await TestCluster.start(keys);
    await controllerManager(cluster);
    await cluster.create(namespaces, { metadata: { name: 'team' } });
    await cluster.create(`${namespaces}/team/configmaps`, configMap('a'));
    const deleted = (await cluster.ask('DELETE', `${namespaces}/team`)).json;
    expect(deleted).toMatchObject({ spec: { finalizers: ['kubernetes'] }, status: { phase: 'Terminating' } });
    expect((await cluster.ask('DELETE', `${namespaces}/team`)).json).toMatchObject({ kind: 'Namespace' });
    expect((await cluster.ask('GET', `${namespaces}/team/configmaps/a`)).status).toBe(200);
    // The object itself does not take the finalizer off, its subresource does.
    const without = { ...deleted, spec: { finalizers: [] } };
    expect((await cluster.ask('PUT', `${namespaces}/team`, { body: without })).json).toMatchObject({
      spec: { finalizers: ['kubernetes'] },
    });
    expect((await cluster.ask('GET', `${namespaces}/team/finalize`)).status).toBe(405);
    expect((await cluster.ask('PUT', `${namespaces}/team/finalize`, { body: without })).status).toBe(200);
    expect((await cluster.ask('GET', `${namespaces}/team`)).status).toBe(404);
  });
});

import { describe, expect, test } from '@jest/globals';
import { FakeApiserver } from './fake-apiserver.test.fixtures';
import { certificates, clientOf, type Lab, type LabOptions, pod, startLab } from './kubelet.test.fixtures';
import { ManualClock } from './manual-clock.test.fixtures';
import { defaultSettings } from './settings';

const CLOSED = {
  authentication: defaultSettings('config-file').authentication,
  authorization: defaultSettings('config-file').authorization,
};

function apiserverAt(host: string, bundlePem: string) {
  return { server: { host, port: 6443 }, trust: { kind: 'verify', bundlePem, host } as const };
}

async function startWith(apiserver: FakeApiserver, options: LabOptions = {}): Promise<Lab> {
  const { authority } = await certificates();
  const clientCertificate = await authority.issue({
    commonName: 'system:node:node-1',
    organizations: ['system:nodes'],
    usages: ['clientAuth'],
  });
  return startLab({
    settings: CLOSED,
    prepare: ({ controlPlane }) => apiserver.listen(controlPlane, authority),
    ...options,
    kubelet: {
      apiserver: { ...apiserverAt('10.0.0.10', authority.certPem), clientCertificate },
      ...options.kubelet,
    },
  });
}

describe('a node', () => {
  test('registers, says where it is and that it is ready, then asks for its pods', async () => {
    const apiserver = new FakeApiserver();
    await using _lab = await startWith(apiserver);
    await apiserver.whenAsked('GET /api/v1/pods?fieldSelector=spec.nodeName%3Dnode-1&allowWatchBookmarks');
    expect(apiserver.lines().filter((it) => !/\/leases|\/events|\/nodes\/node-1$/.test(it))).toEqual([
      'POST /api/v1/nodes',
      'PATCH /api/v1/nodes/node-1/status',
      'GET /api/v1/pods?fieldSelector=spec.nodeName%3Dnode-1',
      'GET /api/v1/pods?fieldSelector=spec.nodeName%3Dnode-1&allowWatchBookmarks=true&resourceVersion=100&watch=true',
    ]);
    const [created, status] = apiserver.asked;
    expect(created?.body).toMatchObject({ kind: 'Node', metadata: { name: 'node-1' } });
    expect(status?.contentType).toBe('application/merge-patch+json');
    expect(status?.body).toMatchObject({
      status: {
        addresses: [
          { type: 'InternalIP', address: '10.0.0.11' },
          { type: 'Hostname', address: 'node-1' },
        ],
        daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
        nodeInfo: { kubeletVersion: 'v1.33.1' },
      },
    });
    expect(status?.body).toMatchObject({
      status: {
        conditions: expect.arrayContaining([expect.objectContaining({ type: 'Ready', status: 'True' })]),
      },
    });
  });

  test('keeps its pods when it is answered something that is no list of pods', async () => {
    const apiserver = new FakeApiserver();
    apiserver.put(pod('a', {}));
    await using lab = await startWith(apiserver);
    await lab.kubelet.whenRunning('default', 'a');
    apiserver.failures.set('GET /api/v1/pods?', 200);
    apiserver.breakWatches();
    const lists = apiserver.lines().filter((it) => it.startsWith('GET /api/v1/pods?')).length;
    await apiserver.whenAsked('GET /api/v1/pods?', lists + 2);
    expect(lab.kubelet.container('default', 'a', 'c')?.state.kind).toBe('running');
  });

  test.each<[string, unknown, unknown]>([
    ['nothing', null, null],
    ['a text', 'welcome', 'welcome'],
    ['fields of other types', { status: { conditions: 5 } }, { status: { addresses: ['welcome', {}, 5] } }],
  ])('goes on with its signs of life when it is answered %s for its Node', async (_what, read, patched) => {
    const apiserver = new FakeApiserver();
    const clock = new ManualClock();
    apiserver.bodies.set('GET /api/v1/nodes/', read).set('PATCH /api/v1/nodes/', patched);
    await using _lab = await startWith(apiserver, {
      settings: { ...CLOSED, serverTLSBootstrap: true },
      kubelet: { clock, servingKeyPair: null },
    });
    const put = 'PUT /apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node-1';
    await clock.whenAwaited(10_000);
    for (let time = 1; time <= 31; time += 1) {
      clock.advance(10_000);
      await apiserver.whenAsked(put, time);
      await clock.whenAwaited(10_000);
    }
    expect(apiserver.lines().filter((line) => line.startsWith('PATCH /api/v1/nodes/')).length).toBe(2);
  });

  test('shows that it lives by a Lease that belongs to its Node', async () => {
    const apiserver = new FakeApiserver();
    apiserver.nodeUid = 'uid-of-node-1';
    const clock = new ManualClock('2026-11-28T10:00:00.250Z');
    await using _lab = await startWith(apiserver, { kubelet: { clock } });
    const lease = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
    await apiserver.whenAsked(`POST ${lease}`);
    expect(apiserver.asked.find((it) => it.line === `POST ${lease}`)?.body).toMatchObject({
      metadata: {
        name: 'node-1',
        ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: 'node-1', uid: 'uid-of-node-1' }],
      },
      spec: {
        holderIdentity: 'node-1',
        leaseDurationSeconds: 40,
        renewTime: '2026-11-28T10:00:00.250000Z',
      },
    });
    await clock.whenAwaited(10_000);
    clock.advance(10_000);
    await apiserver.whenAsked(`PUT ${lease}/node-1`, 1, '2026-11-28T10:00:10.250000Z');
  });

  test('says that it is well, where the apiserver was told that nobody knows', async () => {
    const apiserver = new FakeApiserver();
    const clock = new ManualClock();
    await using _lab = await startWith(apiserver, { kubelet: { clock } });
    const post = 'PATCH /api/v1/nodes/node-1/status';
    const lease = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
    await clock.whenAwaited(10_000);
    apiserver.nodeReady = 'True';
    clock.advance(10_000);
    await apiserver.whenAsked(`PUT ${lease}/node-1`);
    await clock.whenAwaited(10_000);
    expect(apiserver.lines().filter((line) => line === post)).toHaveLength(1);
    apiserver.nodeReady = 'Unknown';
    clock.advance(10_000);
    await apiserver.whenAsked(post, 2, '"type":"Ready","status":"True"');
  });

  test('says of its pods and of itself what happens', async () => {
    const apiserver = new FakeApiserver();
    apiserver.put(pod('a', { image: 'missing' }));
    const clock = new ManualClock();
    await using _lab = await startWith(apiserver, { kubelet: { clock } });
    const events = 'POST /api/v1/namespaces/default/events';
    await apiserver.whenAsked(events, 1, '"reason":"NodeReady"');
    await apiserver.whenAsked(events, 1, '"message":"Error: ErrImagePull"');
    const failed = apiserver.asked.find((it) => JSON.stringify(it.body).includes('Error: ErrImagePull'));
    expect(failed?.body).toMatchObject({
      metadata: { name: expect.stringMatching(/^a\.[0-9a-f]{16}$/), namespace: 'default' },
      involvedObject: { kind: 'Pod', name: 'a', uid: 'uid-a', fieldPath: 'spec.containers{c}' },
      type: 'Warning',
      reason: 'Failed',
      count: 1,
      source: { component: 'kubelet', host: 'node-1' },
      firstTimestamp: '2026-11-28T10:00:00Z',
    });
    for (const waitMs of [1000, 9000]) {
      await clock.whenAwaited(waitMs);
      clock.advance(waitMs);
    }
    await apiserver.whenAsked('PATCH /api/v1/namespaces/default/events/a.', 1, '"count":2');
  });

  test('that was here before goes on', async () => {
    const apiserver = new FakeApiserver();
    apiserver.failures.set('POST /api/v1/nodes', 409);
    await using lab = await startWith(apiserver);
    expect(lab.kubelet.at).toEqual({ address: '10.0.0.11', port: 10250 });
  });

  test('that is not accepted in time says why', async () => {
    const apiserver = new FakeApiserver();
    apiserver.failures.set('POST /api/v1/nodes', 403);
    await expect(startWith(apiserver, { kubelet: { readyWithinMs: 200 } })).rejects.toMatchObject({
      code: 'TIME_LIMIT',
      message: expect.stringContaining('node "node-1" was not registered within 0.2 s: registering node: '),
    });
  });

  test('that is told to stop before the apiserver answers stops at once, and leaves its ports', async () => {
    const stop = new AbortController();
    const reason = new Error('ended by SIGINT');
    const { serving, authority } = await certificates();
    const before = process.getActiveResourcesInfo().filter((it) => it === 'Timeout').length;
    const starting = startLab({
      kubelet: {
        apiserver: { ...apiserverAt('10.0.0.99', authority.certPem), clientCertificate: serving },
        signal: stop.signal,
      },
    });
    setImmediate(() => stop.abort(reason));
    await expect(starting).rejects.toBe(reason);
    expect(process.getActiveResourcesInfo().filter((it) => it === 'Timeout').length).toBe(before);
    await expect(startLab({ kubelet: { signal: stop.signal } })).rejects.toBe(reason);
  });

  test('runs its pods and reports that they run', async () => {
    const apiserver = new FakeApiserver();
    apiserver.put(pod('early', {}));
    await using lab = await startWith(apiserver);
    await lab.kubelet.whenRunning('default', 'early');
    apiserver.put(pod('late', { image: 'midplane/logger' }));
    await lab.kubelet.whenRunning('default', 'late');
    const patch = apiserver.asked.find(
      (it) => it.line === 'PATCH /api/v1/namespaces/default/pods/late/status',
    );
    expect(patch?.body).toMatchObject({
      metadata: { uid: 'uid-late' },
      status: {
        phase: 'Running',
        hostIP: '10.0.0.11',
        podIP: '10.244.1.6',
        podIPs: [{ ip: '10.244.1.6' }],
        containerStatuses: [
          { name: 'c', ready: true, restartCount: 0, image: 'midplane/logger', state: { running: {} } },
        ],
      },
    });
    expect(lab.kubelet.container('default', 'late', 'c')?.log.next).toBe(1);
  });

  test('stops a pod that is gone, and takes away one that is being deleted', async () => {
    const apiserver = new FakeApiserver();
    apiserver.put(pod('a', { image: 'midplane/web' }));
    apiserver.put(pod('b', {}));
    await using lab = await startWith(apiserver);
    await Promise.all([lab.kubelet.whenRunning('default', 'a'), lab.kubelet.whenRunning('default', 'b')]);
    const deleted = pod('b', {});
    apiserver.put({
      ...deleted,
      metadata: { ...deleted.metadata, deletionTimestamp: '2026-11-21T20:00:00Z' },
    });
    await apiserver.whenAsked('DELETE /api/v1/namespaces/default/pods/b');
    expect(apiserver.asked.at(-1)?.body).toMatchObject({
      gracePeriodSeconds: 0,
      preconditions: { uid: 'uid-b' },
    });
    expect(lab.kubelet.container('default', 'b', 'c')).toBeNull();
    const again = { ...pod('a', { image: 'midplane/web' }) };
    again.metadata = { ...again.metadata, uid: 'another' };
    apiserver.remove('a');
    apiserver.put(again);
    await apiserver.whenAsked('PATCH /api/v1/namespaces/default/pods/a/status', 1, '"uid":"another"');
    await lab.kubelet.whenRunning('default', 'a');
    expect(lab.fabric.host('a')?.addresses).toEqual(['10.244.1.7']);
  });

  test('comes back by itself, registers again and repeats what it said', async () => {
    const apiserver = new FakeApiserver();
    apiserver.put(pod('a', {}));
    await using lab = await startWith(apiserver);
    await lab.kubelet.whenRunning('default', 'a');
    await apiserver.whenAsked('GET /api/v1/pods?fieldSelector=spec.nodeName%3Dnode-1&allowWatchBookmarks');
    apiserver.breakWatches();
    apiserver.put(pod('b', {}));
    await lab.kubelet.whenRunning('default', 'b');
    await apiserver.whenAsked('POST /api/v1/nodes', 2);
    await apiserver.whenAsked('PATCH /api/v1/namespaces/default/pods/a/status', 2);
  });

  test('a pod that never runs is named with the reason', async () => {
    const apiserver = new FakeApiserver();
    apiserver.put(pod('bad', { image: 'nobody/nothing' }));
    await using lab = await startWith(apiserver);
    await expect(lab.kubelet.whenRunning('default', 'bad', { withinMs: 100 })).rejects.toMatchObject({
      code: 'TIME_LIMIT',
      message: expect.stringContaining(
        'pod "default/bad" was not running on node-1 within 0.1 s: container "c" is waiting: ErrImagePull',
      ),
    });
    await expect(lab.kubelet.whenRunning('default', 'no', { withinMs: 10 })).rejects.toThrow(
      'no such pod was assigned to the node',
    );
  });
});

describe('authorization by the apiserver', () => {
  test("asks once for each kind of request, and its words are the kubelet's", async () => {
    const { apiserver: certificate } = await certificates();
    const apiserver = new FakeApiserver();
    apiserver.put(pod('box', {}));
    apiserver.allowed = new Set(['get proxy']);
    await using lab = await startWith(apiserver);
    await lab.kubelet.whenRunning('default', 'box');
    const client = clientOf(lab, certificate);
    expect((await client.request('GET', '/containerLogs/default/box/c')).status).toBe(200);
    expect((await client.request('GET', '/containerLogs/default/box/c')).status).toBe(200);
    expect((await client.request('GET', '/pods')).status).toBe(200);
    const denied = await client.request('POST', '/run/default/box/c?cmd=id');
    expect([denied.status, denied.text]).toEqual([
      403,
      'Forbidden (user=kube-apiserver-kubelet-client, verb=create, resource=nodes, subresource(s)=[proxy])\n',
    ]);
    const reviews = apiserver.asked.filter((it) => it.line.includes('subjectaccessreviews'));
    expect(reviews.map((it) => (it.body as { spec: unknown }).spec)).toEqual(
      ['get proxy', 'get pods', 'create proxy'].map((it) => {
        const [verb, subresource] = it.split(' ');
        return {
          resourceAttributes: { verb, version: 'v1', resource: 'nodes', subresource, name: 'node-1' },
          user: 'kube-apiserver-kubelet-client',
          groups: ['kubeadm:cluster-admins', 'system:authenticated'],
          extra: {
            'authentication.kubernetes.io/credential-id': [
              expect.stringMatching(/^X509SHA256=[0-9a-f]{64}$/),
            ],
          },
        };
      }),
    );
  });

  test('an upgrade is refused before anything is started', async () => {
    const { apiserver: certificate } = await certificates();
    const apiserver = new FakeApiserver();
    apiserver.put(pod('box', {}));
    await using lab = await startWith(apiserver);
    await lab.kubelet.whenRunning('default', 'box');
    const answer = await clientOf(lab, certificate).upgrade('/exec/default/box/c?command=id&output=1', [
      ['Connection', 'Upgrade'],
      ['Upgrade', 'SPDY/3.1'],
      ['X-Stream-Protocol-Version', 'v4.channel.k8s.io'],
    ]);
    expect(answer).toMatchObject({ kind: 'response', status: 403 });
    expect(lab.kubelet.container('default', 'box', 'c')?.heard()).toHaveLength(0);
  });

  test('an apiserver that cannot be asked is a 500', async () => {
    const { apiserver: certificate } = await certificates();
    const apiserver = new FakeApiserver();
    await using lab = await startWith(apiserver);
    await apiserver.close();
    const answer = await clientOf(lab, certificate).request('GET', '/metrics');
    expect([answer.status, answer.text]).toEqual([
      500,
      'Authorization error (user=kube-apiserver-kubelet-client, verb=get, resource=nodes, subresource=metrics)',
    ]);
  });

  test('a bearer token is whoever the apiserver says, and a bad one is nobody', async () => {
    const apiserver = new FakeApiserver();
    apiserver.tokens.set('good', 'system:serviceaccount:monitoring:scraper');
    apiserver.allowed = new Set(['get metrics']);
    await using lab = await startWith(apiserver);
    const ask = async (path: string, token: string) => {
      const answer = await clientOf(lab).request('GET', path, [['Authorization', `Bearer ${token}`]]);
      return [answer.status, answer.text.slice(0, 40)];
    };
    expect((await ask('/metrics', 'good'))[0]).toBe(200);
    expect(await ask('/metrics', 'bad')).toEqual([401, 'Unauthorized']);
    expect(await ask('/pods', 'good')).toEqual([403, 'Forbidden (user=system:serviceaccount:mo']);
    expect((await clientOf(lab).request('GET', '/metrics')).status).toBe(401);
  });
});

import { beforeAll, describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../api/objects';
import { MidplaneError } from '../error';
import { exchange } from '../network/transport';
import { type Keys, mintKeys, TestCluster } from './cluster.test.fixtures';

let keys: Keys;
beforeAll(async () => {
  keys = await mintKeys();
});

const pod = (name: string, more: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...more },
  spec: { containers: [{ name: 'c', image: 'nginx' }] },
});
const pods = '/api/v1/namespaces/default/pods';
const mergePatch = [['Content-Type', 'application/merge-patch+json']] as const;

describe('who asks', () => {
  test('is decided by certificate, then told by 401 or 403', async () => {
    await using cluster = await TestCluster.start(keys);
    expect((await cluster.ask('GET', pods)).status).toBe(200);
    expect((await cluster.ask('GET', pods, { as: keys.jane })).json).toMatchObject({
      code: 403,
      reason: 'Forbidden',
      message:
        'pods is forbidden: User "jane" cannot list resource "pods" in API group "" in the namespace "default"',
    });
    expect((await cluster.ask('GET', pods, { as: null })).json.message).toContain(
      'User "system:anonymous" cannot list',
    );
    const stranger = await keys.otherCa.issue({
      commonName: 'admin',
      organizations: ['system:masters'],
      usages: ['clientAuth'],
    });
    const refused = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'Unauthorized',
      reason: 'Unauthorized',
      code: 401,
    };
    expect((await cluster.ask('GET', '/version', { as: stranger })).json).toEqual(refused);
    expect((await cluster.ask('GET', '/version', { as: keys.serving })).json).toEqual(refused);
    expect(
      (await cluster.ask('GET', '/version', { as: null, headers: [['Authorization', 'Bearer x']] })).json,
    ).toEqual(refused);
  });

  test('without credentials sees health and version, and nothing when anonymous is off', async () => {
    await using cluster = await TestCluster.start(keys);
    expect((await cluster.ask('GET', '/version', { as: null })).json).toMatchObject({
      gitVersion: 'v1.33.1',
    });
    expect((await cluster.ask('GET', '/livez', { as: null })).text).toBe('ok');
    expect((await cluster.ask('GET', '/api', { as: null })).status).toBe(403);
    await using closed = await TestCluster.start(keys, ['--anonymous-auth=false']);
    expect((await closed.ask('GET', '/livez', { as: null })).status).toBe(401);
    // AlwaysAllow would let a stranger do everything, so anonymous is turned off with it.
    await using open = await TestCluster.start(keys, ['--authorization-mode=AlwaysAllow']);
    expect((await open.ask('GET', pods, { as: null })).status).toBe(401);
    expect((await open.ask('GET', pods, { as: keys.jane })).status).toBe(200);
  });

  test('may do what bindings in storage say, from the moment they are there', async () => {
    await using cluster = await TestCluster.start(keys);
    await cluster.create('/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings', {
      metadata: { name: 'jane' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'Group', apiGroup: 'rbac.authorization.k8s.io', name: 'dev' }],
    });
    expect((await cluster.ask('GET', pods, { as: keys.jane })).status).toBe(200);
    expect((await cluster.ask('POST', pods, { as: keys.jane, body: pod('p') })).status).toBe(403);
    expect((await cluster.ask('GET', '/api/v1/namespaces/kube-system/pods', { as: keys.jane })).status).toBe(
      403,
    );
    // A path nobody serves is a 404 only for who may ask for it.
    expect((await cluster.ask('GET', '/apis/nope/v1/things', { as: keys.jane })).status).toBe(403);
    expect((await cluster.ask('GET', '/apis/nope/v1/things')).json).toMatchObject({
      code: 404,
      reason: 'NotFound',
    });
  });

  test('is told to reviews', async () => {
    await using cluster = await TestCluster.start(keys);
    const ask = async (resource: string, spec: object) =>
      (await cluster.create(`/apis/${resource}`, { spec }))['status'];
    const resourceAttributes = { verb: 'get', resource: 'nodes', subresource: 'proxy', name: 'node-1' };
    expect(
      await ask('authorization.k8s.io/v1/subjectaccessreviews', {
        resourceAttributes,
        user: 'x',
        groups: ['system:masters'],
      }),
    ).toEqual({ allowed: true });
    expect(
      await ask('authorization.k8s.io/v1/subjectaccessreviews', { resourceAttributes, user: 'x' }),
    ).toEqual({ allowed: false });
    expect(
      await ask('authorization.k8s.io/v1/selfsubjectaccessreviews', {
        nonResourceAttributes: { verb: 'get', path: '/metrics' },
      }),
    ).toEqual({ allowed: true });
    expect(await ask('authentication.k8s.io/v1/tokenreviews', { token: 'x' })).toEqual({
      user: {},
      error: 'invalid bearer token',
    });
  });
});

describe('objects', () => {
  test('are created with defaults, found, changed and deleted', async () => {
    await using cluster = await TestCluster.start(keys);
    const created = (await cluster.create(
      pods,
      pod('web', { labels: { app: 'web' } }),
    )) as unknown as KubeObject;
    expect(created).toMatchObject({
      metadata: { name: 'web', namespace: 'default', uid: expect.any(String), generation: 1 },
      spec: { restartPolicy: 'Always', securityContext: {}, dnsPolicy: 'ClusterFirst' },
      status: { phase: 'Pending' },
    });
    expect((await cluster.ask('GET', `${pods}/web`)).json).toEqual(created);
    expect((await cluster.ask('GET', `${pods}?labelSelector=app%3Dweb`)).json.items).toHaveLength(1);
    expect(
      (await cluster.ask('GET', `${pods}?fieldSelector=metadata.name%21%3Dweb`)).json.items,
    ).toHaveLength(0);

    const patched = await cluster.ask('PATCH', `${pods}/web`, {
      body: { metadata: { labels: { app: null, x: 'y' } } },
      headers: mergePatch,
    });
    expect(patched.json).toMatchObject({ metadata: { labels: { x: 'y' }, uid: created.metadata.uid } });
    const operations = [{ op: 'add', path: '/metadata/annotations', value: { a: 'b' } }];
    const annotated = await cluster.ask('PATCH', `${pods}/web`, {
      body: operations,
      headers: [['Content-Type', 'application/json-patch+json']],
    });
    expect(annotated.json).toMatchObject({ metadata: { annotations: { a: 'b' } } });

    expect((await cluster.ask('DELETE', `${pods}/web`)).json).toMatchObject({
      kind: 'Pod',
      metadata: { name: 'web' },
    });
    expect((await cluster.ask('GET', `${pods}/web`)).json).toMatchObject({
      code: 404,
      message: 'pods "web" not found',
    });
  });

  test('a status is written by its subresource only, and a spec only without it', async () => {
    await using cluster = await TestCluster.start(keys);
    const created = await cluster.create(pods, { ...pod('web'), status: { phase: 'Running' } });
    expect(created['status']).toMatchObject({ phase: 'Pending' });
    const main = await cluster.ask('PATCH', `${pods}/web`, {
      body: { status: { phase: 'Failed' } },
      headers: mergePatch,
    });
    expect(main.json['status']).toMatchObject({ phase: 'Pending' });
    const both = { spec: { nodeName: 'n' }, status: { phase: 'Running' } };
    const sub = await cluster.ask('PATCH', `${pods}/web/status`, { body: both, headers: mergePatch });
    expect(sub.json['status']).toMatchObject({ phase: 'Running' });
    expect(sub.json['spec']).not.toHaveProperty('nodeName');
  });

  test('a pod on a node is only marked, and goes when its kubelet says so', async () => {
    await using cluster = await TestCluster.start(keys);
    await cluster.addWorkload();
    const marked = await cluster.ask('DELETE', `${pods}/web`);
    expect(marked.json['metadata']).toMatchObject({
      deletionTimestamp: expect.any(String),
      deletionGracePeriodSeconds: 30,
    });
    expect((await cluster.ask('GET', `${pods}/web`)).status).toBe(200);
    await cluster.ask('DELETE', `${pods}/web`, { body: { gracePeriodSeconds: 0 } });
    expect((await cluster.ask('GET', `${pods}/web`)).status).toBe(404);
  });

  test('services get an address of their own', async () => {
    await using cluster = await TestCluster.start(keys);
    const path = '/api/v1/namespaces/default/services';
    const service = (name: string, spec: object = {}) => ({
      metadata: { name },
      spec: { ports: [{ port: 80 }], ...spec },
    });
    const created = await cluster.create(path, service('web'));
    expect(created['spec']).toMatchObject({
      clusterIP: expect.stringMatching(/^10\.(9[6-9]|10\d|11[01])\./),
      type: 'ClusterIP',
      ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }],
    });
    expect(
      (await cluster.ask('POST', path, { body: service('taken', { clusterIP: '10.96.0.1' }) })).json,
    ).toMatchObject({ code: 422 });
    expect((await cluster.create(path, service('headless', { clusterIP: 'None' })))['spec']).toMatchObject({
      clusterIP: 'None',
    });
    const moved = await cluster.ask('PATCH', `${path}/web`, {
      body: { spec: { clusterIP: '10.96.0.77' } },
      headers: mergePatch,
    });
    expect(moved.json.message).toBe(
      'Service "web" is invalid: spec.clusterIPs[0]: Invalid value: []string{"10.96.0.77"}: may not change once set',
    );
  });

  test('are refused in upstream words', async () => {
    await using cluster = await TestCluster.start(keys);
    await cluster.create(pods, pod('web'));
    const refusal = async (
      method: string,
      path: string,
      body?: unknown,
      headers = [['Content-Type', 'application/json']] as [string, string][],
    ) => {
      const { json } = await cluster.ask(method, path, { body, headers });
      return [json.code, json.reason, json.message];
    };
    expect(await refusal('POST', pods, pod('web'))).toEqual([
      409,
      'AlreadyExists',
      'pods "web" already exists',
    ]);
    expect(await refusal('POST', '/api/v1/namespaces/nope/pods', pod('x'))).toEqual([
      404,
      'NotFound',
      'namespaces "nope" not found',
    ]);
    expect(await refusal('POST', pods, pod('x', { namespace: 'other' }))).toEqual([
      400,
      'BadRequest',
      'the namespace of the provided object does not match the namespace sent on the request',
    ]);
    expect(await refusal('POST', pods, { metadata: { name: 'x' }, spec: {} })).toEqual([
      422,
      'Invalid',
      'Pod "x" is invalid: spec.containers: Required value',
    ]);
    expect((await refusal('POST', pods, pod('UPPER')))[2]).toContain(
      'metadata.name: Invalid value: "UPPER": a lowercase RFC 1123 subdomain',
    );
    expect(await refusal('PUT', `${pods}/web`, pod('other'))).toEqual([
      400,
      'BadRequest',
      'the name of the object (other) does not match the name on the URL (web)',
    ]);
    expect(await refusal('PUT', `${pods}/web`, pod('web', { resourceVersion: '1' }))).toEqual([
      409,
      'Conflict',
      'Operation cannot be fulfilled on pods "web": the object has been modified; please apply your changes to the latest version and try again',
    ]);
    expect(await refusal('PATCH', `${pods}/web`, {}, [['Content-Type', 'application/x-patch+json']])).toEqual(
      [
        415,
        'UnsupportedMediaType',
        'the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml',
      ],
    );
    expect((await refusal('POST', pods, pod('x'), [['Content-Type', 'application/cbor']]))[0]).toBe(415);
    expect((await refusal('POST', pods, '{"kind":'))[2]).toMatch(
      /^the object provided is unrecognized \(must be of type Pod\): .* \(\{"kind":\)$/,
    );
    expect(await refusal('POST', pods, { kind: 'Service', metadata: { name: 'x' } })).toMatchObject([
      400,
      'BadRequest',
      expect.stringContaining('cannot be handled as a Pod'),
    ]);
    expect(await refusal('DELETE', `${pods}/gone`)).toEqual([404, 'NotFound', 'pods "gone" not found']);
    expect(await refusal('DELETE', `${pods}/web`, { preconditions: { uid: 'other' } })).toMatchObject([
      409,
      'Conflict',
      expect.stringContaining('the UID in the precondition (other) does not match the UID in record'),
    ]);
    expect((await refusal('PUT', pods, pod('web')))[0]).toBe(405);
    expect((await refusal('GET', `${pods}?labelSelector=a%20b`))[0]).toBe(400);
    expect(await refusal('GET', `${pods}?resourceVersion=999999`)).toMatchObject([
      504,
      'Timeout',
      expect.stringContaining('Too large resource version: 999999'),
    ]);
  });

  test('of more than 3 MiB are not taken', async () => {
    await using cluster = await TestCluster.start(keys);
    const large = JSON.stringify({ metadata: { name: 'x' }, data: { key: 'x'.repeat(3 * 1024 * 1024) } });
    const connection = await cluster.connect();
    const answer = await exchange(connection, {
      method: 'POST',
      path: '/api/v1/namespaces/default/configmaps',
      headers: [
        ['Host', 'x'],
        ['Content-Length', String(large.length)],
        ['Content-Type', 'application/json'],
        ['Connection', 'close'],
      ],
    });
    if (answer.kind !== 'response') throw new Error('no response');
    expect(answer.status).toBe(413);
    answer.body.destroy();
  });

  test('of a dry run leave no trace', async () => {
    await using cluster = await TestCluster.start(keys);
    const answer = await cluster.ask('POST', `${pods}?dryRun=All`, { body: pod('web') });
    expect([answer.status, answer.json['kind']]).toEqual([201, 'Pod']);
    expect((await cluster.ask('GET', `${pods}/web`)).status).toBe(404);
  });

  test('are shown as Tables to who prefers them', async () => {
    await using cluster = await TestCluster.start(keys);
    await cluster.create(pods, pod('web'));
    const accept =
      'application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';
    const { json } = await cluster.ask('GET', pods, { headers: [['Accept', accept]] });
    expect(json).toMatchObject({
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      rows: [
        { cells: ['web', '0/1', 'Pending', '0', expect.any(String), '<none>', '<none>', '<none>', '<none>'] },
      ],
    });
  });
});

describe('a watch', () => {
  test('begins at once, shows what changes, and ends with the server in under a second', async () => {
    await using cluster = await TestCluster.start(keys);
    const answer = await exchange(await cluster.connect(), {
      method: 'GET',
      path: `${pods}?watch=true`,
      headers: [['Host', 'x']],
    });
    if (answer.kind !== 'response') throw new Error('no response');
    expect(answer.status).toBe(200);
    const lines = linesOf(answer.body);
    await cluster.create(pods, pod('web'));
    expect(await lines.next()).toMatchObject({
      type: 'ADDED',
      object: { kind: 'Pod', metadata: { name: 'web' } },
    });
    await cluster.ask('DELETE', `${pods}/web`);
    // Even a pod without grace is first marked, then removed.
    expect(await lines.next()).toMatchObject({
      type: 'MODIFIED',
      object: { metadata: { deletionGracePeriodSeconds: 0 } },
    });
    expect(await lines.next()).toMatchObject({ type: 'DELETED', object: { metadata: { name: 'web' } } });
    const began = performance.now();
    await cluster.apiserver.close();
    expect(await lines.next()).toBeNull();
    expect(performance.now() - began).toBeLessThan(1000);
  });

  test('with a time limit ends by itself, with a bookmark for who asked', async () => {
    await using cluster = await TestCluster.start(keys);
    const { text } = await cluster.ask('GET', `${pods}?watch=true&timeoutSeconds=1&allowWatchBookmarks=true`);
    expect(JSON.parse(text)).toMatchObject({
      type: 'BOOKMARK',
      object: { kind: 'Pod', metadata: { resourceVersion: expect.any(String) } },
    });
  });
});

/** Each line of a watch as JSON; null at its end. */
function linesOf(body: AsyncIterable<Buffer>): { next(): Promise<unknown> } {
  const chunks = body[Symbol.asyncIterator]();
  let held = '';
  return {
    next: async () => {
      while (!held.includes('\n')) {
        const chunk = await chunks.next().catch(() => ({ done: true as const, value: undefined }));
        if (chunk.done === true) return null;
        held += chunk.value.toString('utf8');
      }
      const [line = '', ...rest] = held.split('\n');
      held = rest.join('\n');
      return JSON.parse(line) as unknown;
    },
  };
}

describe('discovery', () => {
  test('lists what is served', async () => {
    await using cluster = await TestCluster.start(keys);
    const get = async (path: string) => (await cluster.ask('GET', path)).json;
    expect(await get('/api')).toMatchObject({ kind: 'APIVersions', versions: ['v1'] });
    const groups = (await get('/apis')) as unknown as { groups: { name: string }[] };
    expect(groups.groups.map(({ name }) => name)).toEqual([
      'apps',
      'authentication.k8s.io',
      'authorization.k8s.io',
      'certificates.k8s.io',
      'rbac.authorization.k8s.io',
      'coordination.k8s.io',
      'discovery.k8s.io',
      'metrics.k8s.io',
    ]);
    const core = (await get('/api/v1')) as unknown as { resources: { name: string; verbs: string[] }[] };
    const names = core.resources.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'pods',
        'pods/log',
        'pods/exec',
        'nodes/proxy',
        'services/proxy',
        'namespaces/status',
      ]),
    );
    expect(await get('/apis/coordination.k8s.io')).toMatchObject({
      kind: 'APIGroup',
      name: 'coordination.k8s.io',
    });
    expect(await get('/apis/nope/v1')).toMatchObject({ code: 404 });
  });
});

describe('starting', () => {
  const refusal = async (argv: string[], files: Record<string, string> = {}): Promise<unknown> => {
    try {
      await using _cluster = await TestCluster.start(keys, argv, files);
    } catch (error) {
      if (error instanceof MidplaneError) return [error.code, error.message, error.hint !== undefined];
      throw error;
    }
    throw new Error('it started');
  };

  test('is refused for files that cannot be used, each by its name', async () => {
    expect(await refusal(['--client-ca-file=gone.crt'])).toEqual([
      'FILE_UNREADABLE',
      'cannot read "gone.crt" of --client-ca-file: no such file: gone.crt',
      true,
    ]);
    expect(await refusal([], { 'ca.crt': 'nothing' })).toMatchObject([
      'PEM_INVALID',
      expect.stringContaining('ca.crt'),
      true,
    ]);
    expect(await refusal([], { 's.key': keys.admin.keyPem })).toMatchObject([
      'CERTIFICATE_UNUSABLE',
      expect.stringContaining('s.key'),
      true,
    ]);
    expect(await refusal(['--kubelet-certificate-authority=x.crt'], { 'x.crt': 'nothing' })).toMatchObject([
      'CONFIG_INVALID',
      expect.stringMatching(/^unable to load root certificates: .*x\.crt/),
      true,
    ]);
  });

  test('is refused for an address that this machine does not have', async () => {
    expect(await refusal(['--bind-address=10.9.9.9'])).toMatchObject([
      'LISTEN_FAILED',
      expect.stringContaining('10.9.9.9:6443'),
      true,
    ]);
  });

  test('without a certificate makes one of its own', async () => {
    await using cluster = await TestCluster.start(keys, ['--tls-cert-file=', '--tls-private-key-file=']);
    const client = await cluster.client().connect({ host: '10.0.0.10', port: 6443, scheme: 'https' });
    expect(client).toMatchObject({ kind: 'refusal', code: 'CERTIFICATE_REFUSED' });
  });

  test('puts the service kubernetes and the system namespaces in place', async () => {
    await using cluster = await TestCluster.start(keys);
    expect(
      (await cluster.ask('GET', '/api/v1/namespaces/default/services/kubernetes')).json['spec'],
    ).toMatchObject({ clusterIP: '10.96.0.1' });
    expect(
      (await cluster.ask('GET', '/api/v1/namespaces/default/endpoints/kubernetes')).json['subsets'],
    ).toEqual([
      { addresses: [{ ip: '10.0.0.10' }], ports: [{ name: 'https', port: 6443, protocol: 'TCP' }] },
    ]);
    const namespaces = (await cluster.ask('GET', '/api/v1/namespaces')).json.items ?? [];
    expect(namespaces.map(({ metadata }) => metadata.name)).toEqual([
      'default',
      'kube-node-lease',
      'kube-public',
      'kube-system',
    ]);
  });
});

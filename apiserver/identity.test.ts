import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { exchange } from '../network/transport';
import { type Answer, Backend, type Keys, kubeletAt, mintKeys, TestCluster } from './cluster.test.fixtures';

/** Who asks, as clients and the audit log see it, over real TLS. */
let keys: Keys;
const directory = mkdtempSync(join(tmpdir(), 'midplane-audit-'));

beforeAll(async () => {
  keys = await mintKeys();
});
afterAll(() => rmSync(directory, { recursive: true }));

const accounts = '/api/v1/namespaces/default/serviceaccounts';
const pods = '/api/v1/namespaces/default/pods';
const bearer = (token: string) => [['Authorization', `Bearer ${token}`]] as const;

async function tokenOf(cluster: TestCluster, spec: object = {}): Promise<string> {
  await cluster.create(accounts, { metadata: { name: 'robot' } });
  const answer = await cluster.create(`${accounts}/robot/token`, { spec });
  return (answer['status'] as { token: string }).token;
}

describe('a token of a service account', () => {
  test('logs its account in, and nobody any more when the account is gone', async () => {
    await using cluster = await TestCluster.start(keys);
    const token = await tokenOf(cluster);
    const ask = (): Promise<Answer> => cluster.ask('GET', pods, { as: null, headers: bearer(token) });
    expect((await ask()).json.message).toBe(
      'pods is forbidden: User "system:serviceaccount:default:robot" cannot list resource "pods" in API group "" in the namespace "default"',
    );
    await cluster.ask('DELETE', `${accounts}/robot`);
    expect(await ask()).toMatchObject({ status: 401, json: { message: 'Unauthorized' } });
  });

  test('is known to TokenReview for its audiences, and else with the reason', async () => {
    await using cluster = await TestCluster.start(keys);
    const token = await tokenOf(cluster, { audiences: ['vault'] });
    const review = async (spec: object) =>
      (await cluster.create('/apis/authentication.k8s.io/v1/tokenreviews', { spec }))['status'];
    expect(await review({ token, audiences: ['vault', 'x'] })).toMatchObject({
      authenticated: true,
      audiences: ['vault'],
      user: { username: 'system:serviceaccount:default:robot' },
    });
    expect(await review({ token })).toEqual({
      user: {},
      error:
        '[invalid bearer token, token audiences ["vault"] is invalid for the target audiences ["https://kubernetes.default.svc.cluster.local"]]',
    });
  });

  test('is shortened with a warning where the apiserver says so', async () => {
    await using cluster = await TestCluster.start(keys, ['--service-account-max-token-expiration=1h']);
    await cluster.create(accounts, { metadata: { name: 'robot' } });
    const body = { spec: { expirationSeconds: 7200 } };
    const answer = await cluster.ask('POST', `${accounts}/robot/token`, { body });
    expect(answer).toMatchObject({ status: 201, json: { spec: { expirationSeconds: 3600 } } });
    expect(answer.headers).toContainEqual([
      expect.stringMatching(/^warning$/i),
      '299 - "requested expiration of 7200 seconds shortened to 3600 seconds"',
    ]);
  });
});

test('discovery is not there where the issuer is none of OpenID Connect’s', async () => {
  await using cluster = await TestCluster.start(keys, ['--service-account-issuer=kubernetes/old']);
  for (const path of ['/.well-known/openid-configuration', '/openid/v1/jwks']) {
    expect((await cluster.ask('GET', path)).status).toBe(404);
  }
});

test('a client certificate that expires while its connection is open is refused at the next request', async () => {
  let now = new Date();
  await using cluster = await TestCluster.start(keys, [], {}, { now: () => now });
  const soon = await keys.ca.issue({
    commonName: 'jane',
    usages: ['clientAuth'],
    notAfter: new Date(now.getTime() + 600_000),
  });
  const { socket } = await cluster.connect(soon);
  const ask = async (path: string): Promise<string> => {
    socket.write(`GET ${path} HTTP/1.1\r\nHost: 10.0.0.10:6443\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return answer.toString().split('\r\n')[0] ?? '';
  };
  expect(await ask('/version')).toBe('HTTP/1.1 200 OK');
  now = new Date(now.getTime() + 660_000);
  // Anonymous is let in to /version, but a certificate that was shown and is not good is no nobody.
  expect(await ask('/version')).toBe('HTTP/1.1 401 Unauthorized');
  now = new Date(now.getTime() - 660_000);
  expect(await ask('/version')).toBe('HTTP/1.1 200 OK');
  socket.destroy();
});

test('a rules review says what its asker may, in all three forms of SelfSubjectReview who he is', async () => {
  await using cluster = await TestCluster.start(keys);
  const answer = await cluster.ask('POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
    as: keys.jane,
    body: { spec: { namespace: 'default' } },
  });
  expect(answer.json['status']).toMatchObject({
    incomplete: false,
    resourceRules: expect.arrayContaining([
      { verbs: ['create'], apiGroups: ['authentication.k8s.io'], resources: ['selfsubjectreviews'] },
    ]),
  });
  for (const version of ['v1', 'v1beta1', 'v1alpha1']) {
    const path = `/apis/authentication.k8s.io/${version}/selfsubjectreviews`;
    expect((await cluster.ask('POST', path, { as: keys.jane, body: {} })).json).toMatchObject({
      apiVersion: `authentication.k8s.io/${version}`,
      status: { userInfo: { username: 'jane' } },
    });
  }
});

test('the audit log tells who asked, as whom, for what, and what came of it', async () => {
  const path = join(directory, 'audit.log');
  const policy =
    'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- {level: RequestResponse, resources: [{group: "", resources: [configmaps]}]}\n- {level: None, userGroups: [system:masters]}\n- {level: Metadata}\n';
  let id: string | undefined;
  {
    await using cluster = await TestCluster.start(
      keys,
      [`--audit-log-path=${path}`, '--audit-policy-file=policy.yaml'],
      { 'policy.yaml': policy },
    );
    const created = await cluster.ask('POST', '/api/v1/namespaces/default/configmaps', {
      body: 'metadata: {name: c}\ndata: {a: "1"}\n',
      headers: [
        ['Content-Type', 'application/yaml'],
        ['Impersonate-User', 'root'],
        ['Impersonate-Group', 'system:masters'],
      ],
    });
    id = created.headers.find(([name]) => name.toLowerCase() === 'audit-id')?.[1];
    expect(created.status).toBe(201);
    await cluster.ask('GET', pods);
    await cluster.ask('GET', pods, { as: null, headers: bearer('wrong') });
  }
  const events = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { stage: string });
  expect(events.map(({ stage }) => stage)).toEqual([
    'RequestReceived',
    'ResponseComplete',
    'ResponseStarted',
  ]);
  expect(events[1]).toMatchObject({
    level: 'RequestResponse',
    auditID: id,
    verb: 'create',
    user: { username: 'admin' },
    impersonatedUser: { username: 'root', groups: ['system:masters', 'system:authenticated'] },
    sourceIPs: ['10.0.0.5'],
    objectRef: { resource: 'configmaps', namespace: 'default', name: 'c', apiVersion: 'v1' },
    responseStatus: { metadata: {}, code: 201 },
    requestObject: { metadata: { name: 'c' }, data: { a: '1' } },
    responseObject: { kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: '1' } },
    annotations: { 'authorization.k8s.io/decision': 'allow' },
  });
  expect(events[2]).toMatchObject({
    user: {},
    responseStatus: { code: 401, message: 'Authentication failed, attempted: bearer' },
  });
});

test('the audit log tells which token was issued, and each time that it is shown', async () => {
  const path = join(directory, 'tokens.log');
  {
    await using cluster = await TestCluster.start(keys, [`--audit-log-path=${path}`]);
    const token = await tokenOf(cluster);
    await cluster.ask('GET', pods, { as: null, headers: bearer(token) });
  }
  const events = readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as AuditedEvent)
    .filter(({ stage }) => stage === 'ResponseComplete');
  const issued = events.find(({ requestURI }) => requestURI.endsWith('/token'));
  const id = issued?.annotations?.['authentication.kubernetes.io/issued-credential-id'];
  expect(id).toMatch(/^JTI=[0-9a-f-]{36}$/);
  const used = events.find(({ requestURI, verb }) => requestURI === pods && verb === 'list');
  expect(used?.user).toMatchObject({
    username: 'system:serviceaccount:default:robot',
    extra: { 'authentication.kubernetes.io/credential-id': [id] },
  });
});

interface AuditedEvent {
  readonly stage: string;
  readonly verb: string;
  readonly requestURI: string;
  readonly user?: object;
  readonly annotations?: Readonly<Record<string, string>>;
}

test('the audit log tells how a connection that was upgraded began and ended', async () => {
  const path = join(directory, 'upgrades.log');
  {
    await using cluster = await TestCluster.start(keys, [`--audit-log-path=${path}`]);
    await cluster.addWorkload();
    await Backend.at(cluster.node, kubeletAt, keys.kubelet, {
      upgrade: (_request, socket) =>
        socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n'),
    });
    const answer = await exchange(await cluster.connect(), {
      method: 'POST',
      path: `${pods}/web/exec?command=ls&container=app&stdout=true`,
      headers: [
        ['Host', 'api.example:6443'],
        ['Connection', 'Upgrade'],
        ['Upgrade', 'SPDY/3.1'],
        ['Content-Length', '0'],
      ],
    });
    if (answer.kind !== 'upgraded') throw new Error(JSON.stringify(answer));
    for await (const _ of answer.socket);
  }
  const events = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"subresource":"exec"'))
    .map((line) => JSON.parse(line) as { stage: string; responseStatus?: { code: number } });
  expect(events.map(({ stage, responseStatus }) => [stage, responseStatus?.code])).toEqual([
    ['RequestReceived', undefined],
    ['ResponseStarted', 101],
    ['ResponseComplete', 101],
  ]);
});

test('what was counted can be read at /metrics', async () => {
  await using cluster = await TestCluster.start(keys);
  await cluster.ask('GET', pods, { as: keys.jane });
  const { text } = await cluster.ask('GET', '/metrics');
  expect(text).toContain(
    'apiserver_request_total{code="403",component="apiserver",dry_run="",group="",resource="pods",scope="namespace",subresource="",verb="LIST",version="v1"} 1',
  );
  expect(text).toMatch(/^apiserver_storage_objects\{resource="namespaces"\} 4$/m);
  expect(text).toMatch(/^kube_apiserver_pod_logs_backend_tls_failure_total 0$/m);
});

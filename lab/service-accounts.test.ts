import { createPublicKey, verify } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import type { KubeObject, Pod } from '../api/objects';
import { Informer } from '../client/informer';
import { Transport } from '../network/transport';
import { addresses, ports } from './addresses';
import { type Cluster, startCluster } from './cluster';
import { defenceSettings } from './defences';
import { mintLabPki } from './lab-pki';

/** Service accounts in a whole lab: what their tokens say, whom they convince, and how long. */
const log = pino({ level: 'silent' });
const WITHIN_MS = 15_000;

let cluster: Cluster;
let pods: Informer<Pod>;
let accounts: Informer<KubeObject>;

beforeAll(async () => {
  const settings = defenceSettings('none');
  if (settings === null) throw new Error('the defence none is always run');
  cluster = await startCluster({ pki: await mintLabPki(), settings, log, controllers: true });
  const client = cluster.admin;
  pods = new Informer({ client, path: '/api/v1/pods', log });
  accounts = new Informer({ client, path: '/api/v1/serviceaccounts', log });
  await Promise.all([pods.synced, accounts.synced]);
  await create('/api/v1/namespaces', { metadata: { name: 'monitoring' } });
  await create('/api/v1/namespaces/monitoring/serviceaccounts', { metadata: { name: 'scraper' } });
  await create('/apis/rbac.authorization.k8s.io/v1/clusterroles', {
    metadata: { name: 'scraper' },
    rules: [{ apiGroups: [''], resources: ['nodes/metrics'], verbs: ['get'] }],
  });
  await create('/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: 'scraper' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'scraper' },
    subjects: [{ kind: 'ServiceAccount', namespace: 'monitoring', name: 'scraper' }],
  });
}, 30_000);

afterAll(async () => {
  await Promise.all([pods, accounts].map((it) => it?.close()));
  await cluster?.close();
});

async function create(path: string, body: object): Promise<KubeObject> {
  const answer = await cluster.admin.request('POST', path, { body });
  if (!answer.ok) throw new Error(`POST ${path}: ${answer.words}`);
  return answer.json() as KubeObject;
}

async function scraperToken(spec: object = {}): Promise<string> {
  const path = '/api/v1/namespaces/monitoring/serviceaccounts/scraper/token';
  const { status } = (await create(path, { spec })) as KubeObject & { status: { token: string } };
  return status.token;
}

type Place = 'node-1' | 'node-2' | 'apiserver';
const places: Readonly<Record<Place, { readonly host: string; readonly port: number }>> = {
  'node-1': { host: addresses.node1, port: ports.kubelet },
  'node-2': { host: addresses.node2, port: ports.kubelet },
  apiserver: { host: addresses.controlPlane, port: ports.apiserver },
};

/** From the workstation, as whoever holds the token, without a certificate. */
async function ask(place: Place, method: string, path: string, token: string | null, body?: object) {
  const { host, port } = places[place];
  const transport = new Transport({ from: cluster.workstation, trust: () => ({ kind: 'verify-nobody' }) });
  const bytes = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
  const answer = await transport.roundTrip(
    { host, port, scheme: 'https' },
    {
      method,
      path,
      headers: [
        ['Host', `${host}:${port}`],
        ...(token === null ? [] : [['Authorization', `Bearer ${token}`] as const]),
        ...(bytes === undefined
          ? []
          : ([
              ['Content-Type', 'application/json'],
              ['Content-Length', String(bytes.length)],
            ] as const)),
      ],
      ...(bytes === undefined ? {} : { body: bytes }),
    },
  );
  if (answer.kind === 'refusal') throw new Error(answer.text);
  const headers = Object.fromEntries(answer.headers.map(([name, value]) => [name.toLowerCase(), value]));
  return { status: answer.status, headers, text: (await buffer(answer.body)).toString() };
}

const REVIEWS = '/apis/authentication.k8s.io/v1/selfsubjectreviews';
const REVIEW = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };

const robot = 'system:serviceaccount:monitoring:scraper';

describe('a scraper that may get nodes/metrics', () => {
  test('is let in by every kubelet, which asks the apiserver whose token it is and what he may', async () => {
    const token = await scraperToken();
    for (const node of ['node-1', 'node-2'] as const) {
      const { status, text } = await ask(node, 'GET', '/metrics', token);
      expect([status, text]).toEqual([200, expect.stringContaining('kubelet_running_pods ')]);
    }
  });

  test.each<[Place, string, string, number, string]>([
    ['node-1', 'GET', '/metrics/cadvisor', 200, ''],
    ['node-1', 'GET', '/metrics/resource', 200, ''],
    [
      'node-1',
      'GET',
      '/pods',
      403,
      `Forbidden (user=${robot}, verb=get, resource=nodes, subresource(s)=[pods proxy])\n`,
    ],
    [
      'node-1',
      'GET',
      '/stats/summary',
      403,
      `Forbidden (user=${robot}, verb=get, resource=nodes, subresource(s)=[stats])\n`,
    ],
    [
      'node-1',
      'POST',
      '/run/default/web/web?cmd=id',
      403,
      `Forbidden (user=${robot}, verb=create, resource=nodes, subresource(s)=[proxy])\n`,
    ],
    [
      'node-1',
      'GET',
      '/exec/default/web/web?command=id&output=1',
      403,
      `Forbidden (user=${robot}, verb=get, resource=nodes, subresource(s)=[proxy])\n`,
    ],
    // What a thief has of it: discovery, what everybody who is somebody may do, and no object.
    ['apiserver', 'GET', '/version', 200, ''],
    ['apiserver', 'GET', '/api/v1', 200, ''],
    ['apiserver', 'GET', '/openid/v1/jwks', 200, ''],
    ['apiserver', 'GET', '/api/v1/nodes', 403, ''],
    ['apiserver', 'GET', '/api/v1/nodes/node-1/proxy/metrics', 403, ''],
    ['apiserver', 'GET', '/api/v1/namespaces/monitoring/secrets', 403, ''],
    ['apiserver', 'GET', '/metrics', 403, ''],
  ])('opens with its token at %s: %s %s is %d', async (place, method, path, status, words) => {
    const answer = await ask(place, method, path, await scraperToken());
    expect([answer.status, words === '' ? '' : answer.text]).toEqual([status, words]);
  });

  test('shows a kubelet a token that would do at the apiserver as well, and one for others alone is no token there', async () => {
    const [own, others] = [await scraperToken(), await scraperToken({ audiences: ['vault'] })];
    const known = await ask('apiserver', 'POST', REVIEWS, own, REVIEW);
    expect(JSON.parse(known.text)).toMatchObject({ status: { userInfo: { username: robot } } });
    expect((await ask('apiserver', 'POST', REVIEWS, others, REVIEW)).status).toBe(401);
    expect(await ask('node-1', 'GET', '/metrics', others)).toMatchObject({
      status: 401,
      text: 'Unauthorized',
    });
  });
});

interface Claims {
  readonly iss: string;
  readonly sub: string;
  readonly aud: readonly string[];
  readonly exp: number;
  readonly iat: number;
  readonly jti: string;
  readonly 'kubernetes.io': Record<string, unknown>;
}

/** As any OpenID Connect library does it: discovery, the key that the header names, the signature. */
async function verified(token: string, asker: string): Promise<Claims> {
  const discovered = JSON.parse(
    (await ask('apiserver', 'GET', '/.well-known/openid-configuration', asker)).text,
  );
  const at = new URL(discovered.jwks_uri);
  expect([at.hostname, at.port]).toEqual([addresses.controlPlane, String(ports.apiserver)]);
  const { keys } = JSON.parse((await ask('apiserver', 'GET', at.pathname, asker)).text);
  const [head = '', payload = '', signature = ''] = token.split('.');
  const decode = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
  const { alg, kid } = decode(head) as { alg: string; kid: string };
  const jwk = keys.find((it: { kid: string }) => it.kid === kid);
  expect(jwk).toMatchObject({ use: 'sig', alg });
  expect(discovered.id_token_signing_alg_values_supported).toContain(alg);
  expect(alg).toBe('ES256');
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const signed = (text: string) =>
    verify(
      'sha256',
      Buffer.from(text),
      { key, dsaEncoding: 'ieee-p1363' },
      Buffer.from(signature, 'base64url'),
    );
  expect([signed(`${head}.${payload}`), signed(`${head}.${payload}x`)]).toEqual([true, false]);
  const claims = decode(payload) as Claims;
  expect(claims.iss).toBe(discovered.issuer);
  return claims;
}

describe('discovery', () => {
  test('is for service accounts and not for everybody', async () => {
    for (const path of ['/.well-known/openid-configuration', '/openid/v1/jwks']) {
      expect((await ask('apiserver', 'GET', path, null)).status).toBe(403);
    }
    const token = await scraperToken();
    const document = await ask('apiserver', 'GET', '/.well-known/openid-configuration', token);
    expect(document.headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'public, max-age=3600',
    });
    expect(JSON.parse(document.text)).toEqual({
      issuer: 'https://kubernetes.default.svc.cluster.local',
      jwks_uri: `https://${addresses.controlPlane}:${ports.apiserver}/openid/v1/jwks`,
      response_types_supported: ['id_token'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    });
    const keys = await ask('apiserver', 'GET', '/openid/v1/jwks', token);
    expect(keys.headers).toMatchObject({
      'content-type': 'application/jwk-set+json',
      'cache-control': 'public, max-age=3600',
    });
    expect(await verified(token, token)).toMatchObject({ sub: robot });
  });
});

describe('the authority in every namespace', () => {
  test('is put back, description and all, when somebody changes or removes it', async () => {
    await using maps = watching('/api/v1/configmaps');
    const published = (): boolean => {
      const map = maps.informer.get('monitoring', 'kube-root-ca.crt');
      const data = map?.['data'] as Readonly<Record<string, string>> | undefined;
      const described = map?.metadata.annotations?.['kubernetes.io/description'] ?? '';
      return data?.['ca.crt'] === cluster.pki.caPem && described.startsWith('Contains a CA bundle');
    };
    await maps.informer.until(published, WITHIN_MS);
    const path = '/api/v1/namespaces/monitoring/configmaps/kube-root-ca.crt';
    const bad = { data: { 'ca.crt': 'rogue' }, metadata: { annotations: null } };
    for (const spoil of [
      () => cluster.admin.request('PATCH', path, { body: bad, contentType: 'application/merge-patch+json' }),
      () => cluster.admin.request('DELETE', path),
    ]) {
      const spoiled = maps.informer.until(() => !published(), WITHIN_MS);
      expect((await spoil()).ok).toBe(true);
      await spoiled;
      await maps.informer.until(published, WITHIN_MS);
    }
  }, 30_000);
});

describe('a Secret for the token of an account', () => {
  const directory = '/api/v1/namespaces/monitoring';
  const secretOf = async (name: string): Promise<Secret | null> => {
    const answer = await cluster.admin.request('GET', `${directory}/secrets/${name}`);
    return answer.ok ? (answer.json() as Secret) : null;
  };

  test('is filled, opens what the account may, and goes with it', async () => {
    await using secrets = watching('/api/v1/secrets');
    await create(`${directory}/serviceaccounts`, { metadata: { name: 'old' } });
    await create(`${directory}/secrets`, {
      metadata: { name: 'old-token', annotations: { 'kubernetes.io/service-account.name': 'old' } },
      type: 'kubernetes.io/service-account-token',
    });
    const held = () =>
      secrets.informer.get('monitoring', 'old-token')?.['data'] as Secret['data'] | undefined;
    await secrets.informer.until(() => held()?.['token'] !== undefined, WITHIN_MS);
    const decode = (key: string): string => Buffer.from(held()?.[key] ?? '', 'base64').toString();
    expect([decode('namespace'), decode('ca.crt')]).toEqual(['monitoring', cluster.pki.caPem]);
    const token = decode('token');
    const known = await ask('apiserver', 'POST', REVIEWS, token, REVIEW);
    expect(JSON.parse(known.text)).toMatchObject({
      status: { userInfo: { username: 'system:serviceaccount:monitoring:old' } },
    });
    const labels = (await secretOf('old-token'))?.metadata.labels;
    expect(labels).toEqual({
      'kubernetes.io/legacy-token-last-used': expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
    });
    await cluster.admin.request('DELETE', `${directory}/serviceaccounts/old`);
    await secrets.informer.until(() => secrets.informer.get('monitoring', 'old-token') === null, WITHIN_MS);
    expect((await ask('apiserver', 'POST', REVIEWS, token, REVIEW)).status).toBe(401);
  }, 30_000);
});

interface Secret extends KubeObject {
  readonly data: Readonly<Record<string, string>>;
}

function watching(path: string) {
  const informer = new Informer<KubeObject>({ client: cluster.admin, path, log });
  return { informer, [Symbol.asyncDispose]: () => informer.close() };
}

describe('the token in a pod', () => {
  const directory = '/var/run/secrets/kubernetes.io/serviceaccount';

  async function runPod(name: string): Promise<Pod> {
    await accounts.until(() => accounts.get('monitoring', 'default') !== null, WITHIN_MS);
    await create('/api/v1/namespaces/monitoring/pods', {
      metadata: { name },
      spec: { containers: [{ name: 'c', image: 'midplane/shell' }] },
    });
    const running = (): boolean => pods.get('monitoring', name)?.status?.phase === 'Running';
    await pods.until(running, WITHIN_MS);
    const pod = pods.get('monitoring', name);
    if (pod === null) throw new Error(`${name} is gone`);
    return pod;
  }

  async function inPod(pod: string, ...command: string[]): Promise<string> {
    const outcome = await cluster.admin.exec({ namespace: 'monitoring', pod, container: 'c', command });
    if (!outcome.ok) throw new Error(`${outcome.words}: ${outcome.stderr}`);
    return outcome.stdout.toString();
  }

  test('names pod, node and account; is good for a year, and dies with the pod all the same', async () => {
    const pod = await runPod('job');
    const token = await inPod('job', 'cat', `${directory}/token`);
    const claims = await verified(token, token);
    expect(claims).toMatchObject({
      sub: 'system:serviceaccount:monitoring:default',
      aud: ['https://kubernetes.default.svc.cluster.local'],
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
      'kubernetes.io': {
        namespace: 'monitoring',
        pod: { name: 'job', uid: pod.metadata.uid },
        node: { name: pod.spec.nodeName, uid: expect.stringMatching(/^[0-9a-f-]{36}$/) },
        serviceaccount: { name: 'default', uid: accounts.get('monitoring', 'default')?.metadata.uid },
        warnafter: claims.iat + 3607,
      },
    });
    expect(claims.exp - claims.iat).toBe(365 * 24 * 3600);
    expect(JSON.parse((await ask('apiserver', 'POST', REVIEWS, token, REVIEW)).text)).toMatchObject({
      status: {
        userInfo: {
          username: 'system:serviceaccount:monitoring:default',
          groups: ['system:serviceaccounts', 'system:serviceaccounts:monitoring', 'system:authenticated'],
          extra: {
            'authentication.kubernetes.io/credential-id': [`JTI=${claims.jti}`],
            'authentication.kubernetes.io/node-name': [pod.spec.nodeName],
            'authentication.kubernetes.io/pod-name': ['job'],
            'authentication.kubernetes.io/pod-uid': [pod.metadata.uid],
          },
        },
      },
    });
    await cluster.admin.request('DELETE', '/api/v1/namespaces/monitoring/pods/job?gracePeriodSeconds=0');
    await pods.until(() => pods.get('monitoring', 'job') === null, WITHIN_MS);
    expect((await ask('apiserver', 'POST', REVIEWS, token, REVIEW)).status).toBe(401);
    const { status } = (await create('/apis/authentication.k8s.io/v1/tokenreviews', {
      spec: { token },
    })) as KubeObject & {
      status: object;
    };
    expect(status).toEqual({
      user: {},
      error: '[invalid bearer token, service account token has been invalidated]',
    });
    // Another pod of the same name is another pod.
    await runPod('job');
    expect((await ask('apiserver', 'POST', REVIEWS, token, REVIEW)).status).toBe(401);
  }, 30_000);

  test('lies beside the authority and the namespace, readable for the container’s user', async () => {
    await runPod('files');
    expect(await inPod('files', 'cat', `${directory}/namespace`)).toBe('monitoring');
    expect(await inPod('files', 'cat', `${directory}/ca.crt`)).toBe(cluster.pki.caPem);
    expect(await inPod('files', 'sh', '-c', `stat -L -c %a ${directory}/token ${directory}/ca.crt`)).toBe(
      '644\n644\n',
    );
    await expect(inPod('files', 'sh', '-c', `echo x > ${directory}/token`)).rejects.toThrow(
      /Read-only file system/,
    );
  }, 30_000);
});

import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTls } from '../network/secure-client';
import { createAuthority } from '../pki/authority';
import type { KeyPair } from '../wire/pem';
import { FakeApiserver } from './fake-apiserver.test.fixtures';
import {
  certificates,
  clientOf,
  type Headers,
  type Lab,
  NODE,
  openRemote,
  pod,
  startLab,
  untilSays,
} from './kubelet.test.fixtures';
import { parseKubeletConfiguration } from './kubelet-configuration';
import { applyKubeletFlags } from './kubelet-flags';
import { ManualClock } from './manual-clock.test.fixtures';
import type { KubeletSettings } from './settings';

/**
 * Who gets through the kubelet's own door, with each set of defaults: the apiserver is asked where the settings say so.
 * It allows its own client everything and the scraper nodes/metrics alone.
 */
const authority = '/etc/kubernetes/pki/ca.crt';
const doors = {
  /** No --config and no more flags: upstream's oldest defaults. */
  'flags alone': applyKubeletFlags([]),
  /** The lab's kubelet-open: the same with somebody to judge certificates by. */
  'flags and a client CA': applyKubeletFlags([`--client-ca-file=${authority}`]),
  'an empty configuration file': configured('{}'),
  'a configuration file as kubeadm writes it': configured(`x509: { clientCAFile: ${authority} }`),
  'fine-grained authorization off': configured(
    `x509: { clientCAFile: ${authority} }`,
    'featureGates: { KubeletFineGrainedAuthz: false }',
  ),
  'anonymous, and the apiserver decides': configured(
    `{ x509: { clientCAFile: ${authority} }, anonymous: { enabled: true } }`,
  ),
} as const;
type Door = keyof typeof doors;

function configured(authentication: string, more = ''): KubeletSettings {
  const head = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n';
  const block = authentication.startsWith('{') ? authentication : `{ ${authentication} }`;
  return parseKubeletConfiguration(`${head}authentication: ${block}\n${more}\n`, 'kubelet.yaml');
}

const visitors = [
  'nobody',
  'apiserver',
  'stranger',
  'foreign',
  'scraper',
  'bad token',
  'foreign, with the scraper’s token',
] as const;
type Visitor = (typeof visitors)[number];

const endpoints = [
  'GET /metrics',
  'GET /pods',
  'GET /healthz',
  'GET /exec/default/x/c?output=1',
  'POST /run/default/x/c?cmd=id',
  'GET /nope',
] as const;
type Endpoint = (typeof endpoints)[number];

/** What an endpoint says to whoever may come in. */
const inside: Readonly<Record<Endpoint, string>> = {
  'GET /metrics': '200',
  'GET /pods': '200',
  'GET /healthz': '200',
  'GET /exec/default/x/c?output=1': '404 pod does not exist',
  'POST /run/default/x/c?cmd=id': '404 pod does not exist',
  'GET /nope': '404 404 page not found\n',
};

const subresources: Readonly<Record<Endpoint, string>> = {
  'GET /metrics': 'metrics',
  'GET /pods': 'pods proxy',
  'GET /healthz': 'healthz proxy',
  'GET /exec/default/x/c?output=1': 'proxy',
  'POST /run/default/x/c?cmd=id': 'proxy',
  'GET /nope': '',
};

const names: Readonly<Record<Visitor, string>> = {
  nobody: 'system:anonymous',
  apiserver: 'kube-apiserver-kubelet-client',
  stranger: 'stranger',
  foreign: '',
  scraper: 'system:serviceaccount:monitoring:scraper',
  'bad token': '',
  'foreign, with the scraper’s token': 'system:serviceaccount:monitoring:scraper',
};

const unauthorized = '401 Unauthorized';

function expected(door: Door, visitor: Visitor, endpoint: Endpoint): string {
  // The mux is asked first: what is not there is nobody's secret.
  if (endpoint === 'GET /nope') return inside[endpoint];
  const { authentication, authorization, fineGrainedAuthorization } = doors[door];
  const certificates = authentication.x509.clientCAFile !== '';
  const tokens = authentication.webhook.enabled;
  const shown: Readonly<Record<Visitor, 'somebody' | 'nothing' | 'bad'>> = {
    nobody: 'nothing',
    apiserver: certificates ? 'somebody' : 'nothing',
    stranger: certificates ? 'somebody' : 'nothing',
    foreign: certificates ? 'bad' : 'nothing',
    scraper: tokens ? 'somebody' : 'nothing',
    'bad token': tokens ? 'bad' : 'nothing',
    'foreign, with the scraper’s token': tokens ? 'somebody' : certificates ? 'bad' : 'nothing',
  };
  const seen = shown[visitor];
  if (seen === 'bad' || (seen === 'nothing' && !authentication.anonymous.enabled)) return unauthorized;
  if (authorization.mode === 'AlwaysAllow') return inside[endpoint];
  const user = seen === 'nothing' ? 'system:anonymous' : names[visitor];
  if (user === names.apiserver || (user === names.scraper && endpoint === 'GET /metrics'))
    return inside[endpoint];
  const verb = endpoint.startsWith('POST') ? 'create' : 'get';
  const tried = fineGrainedAuthorization
    ? subresources[endpoint]
    : (subresources[endpoint].split(' ').at(-1) ?? '');
  return `403 Forbidden (user=${user}, verb=${verb}, resource=nodes, subresource(s)=[${tried}])\n`;
}

const apiserver = new FakeApiserver();
let pairs: Readonly<Record<'apiserver' | 'stranger' | 'foreign' | 'node', KeyPair>>;

beforeAll(async () => {
  const { authority: cluster, apiserver: own } = await certificates();
  const rogue = await createAuthority({ commonName: 'LAB rogue' });
  const [stranger, foreign, node] = await Promise.all([
    cluster.issue({ commonName: 'stranger', usages: ['clientAuth'] }),
    rogue.issue({ commonName: names.apiserver, usages: ['clientAuth'] }),
    cluster.issue({
      commonName: 'system:node:node-1',
      organizations: ['system:nodes'],
      usages: ['clientAuth'],
    }),
  ]);
  pairs = { apiserver: own, stranger, foreign, node };
  apiserver.tokens.set('good', names.scraper);
  apiserver.permits = ({ user, resourceAttributes: { subresource } }) =>
    user === names.apiserver || (user === names.scraper && subresource === 'metrics');
});

async function openDoor(settings: KubeletSettings): Promise<Lab> {
  const { authority: cluster } = await certificates();
  const host = '10.0.0.10';
  return startLab({
    settings,
    prepare: ({ controlPlane }) => apiserver.listen(controlPlane, cluster),
    kubelet: {
      apiserver: {
        server: { host, port: 6443 },
        trust: { kind: 'verify', bundlePem: cluster.certPem, host },
        clientCertificate: pairs.node,
      },
      clientCaPem: settings.authentication.x509.clientCAFile === '' ? null : cluster.certPem,
    },
  });
}

const bearer = (token: string): Headers => [['Authorization', `Bearer ${token}`]];

async function visit(lab: Lab, visitor: Visitor, endpoint: Endpoint): Promise<string> {
  const [method = '', path = ''] = endpoint.split(' ');
  const pair = visitor.startsWith('foreign') ? pairs.foreign : pairs[visitor as 'apiserver' | 'stranger'];
  const token = visitor === 'bad token' ? 'bad' : /scraper/.test(visitor) ? 'good' : null;
  const answer = await clientOf(lab, pair).request(method, path, token === null ? [] : bearer(token));
  return answer.status === 200 ? '200' : `${answer.status} ${answer.text}`;
}

describe.each(Object.keys(doors) as Door[])('with %s', (door) => {
  let lab: Lab;
  beforeAll(async () => {
    lab = await openDoor(doors[door]);
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  test.each(visitors.flatMap((visitor) => endpoints.map((endpoint) => [visitor, endpoint] as const)))(
    '%s: %s',
    async (visitor, endpoint) => {
      expect(await visit(lab, visitor, endpoint)).toBe(expected(door, visitor, endpoint));
    },
  );

  test('the read-only port is there, or is not', async () => {
    const asked = clientOf(lab, undefined, 10255).request('GET', '/pods');
    if (doors[door].readOnlyPort === 10255) expect((await asked).status).toBe(200);
    else await expect(asked).rejects.toThrow('connection refused');
  });
});

describe('the two sets of defaults', () => {
  test('differ in what upstream’s differ in, and in nothing else', () => {
    const [flags, file] = [doors['flags alone'], doors['an empty configuration file']];
    expect({
      anonymous: [flags.authentication.anonymous.enabled, file.authentication.anonymous.enabled],
      webhook: [flags.authentication.webhook.enabled, file.authentication.webhook.enabled],
      mode: [flags.authorization.mode, file.authorization.mode],
      readOnlyPort: [flags.readOnlyPort, file.readOnlyPort],
    }).toEqual({
      anonymous: [true, false],
      webhook: [false, true],
      mode: ['AlwaysAllow', 'Webhook'],
      readOnlyPort: [10255, 0],
    });
    const { readOnlyPort: _r, authentication: a, authorization: _z, ...others } = flags;
    const { readOnlyPort: _s, authentication: b, authorization: _y, ...same } = file;
    expect(others).toEqual(same);
    expect([a.webhook.cacheTtlMs, a.x509]).toEqual([b.webhook.cacheTtlMs, b.x509]);
  });
});

describe('a client certificate that expires while its connection is open', () => {
  const kept = doors['flags and a client CA'];

  /** A connection of its own, on which one request follows the other. */
  async function connect(lab: Lab, clientCertificate: KeyPair) {
    const dialled = await lab.controlPlane.dial({ host: NODE, port: 10250 });
    if (dialled.kind === 'refusal') throw new Error(dialled.text);
    const secure = await startTls(dialled, { trust: { kind: 'verify-nobody' }, clientCertificate });
    if (secure.kind === 'refusal') throw new Error(secure.text);
    return async (path: string): Promise<string> => {
      secure.socket.write(`GET ${path} HTTP/1.1\r\nHost: ${NODE}\r\n\r\n`);
      const [answer] = (await once(secure.socket, 'data')) as [Buffer];
      return answer.toString().split('\r\n')[0] ?? '';
    };
  }

  async function expiring(minutes: number): Promise<KeyPair> {
    const { authority: cluster } = await certificates();
    return cluster.issue({
      commonName: names.apiserver,
      usages: ['clientAuth'],
      notAfter: new Date(Date.now() + minutes * 60_000),
    });
  }

  test('is refused at the next request, on a connection that stays open', async () => {
    const clock = new ManualClock(new Date().toISOString());
    const { authority: cluster } = await certificates();
    await using lab = await startLab({
      settings: kept,
      kubelet: { clock, clientCaPem: cluster.certPem },
    });
    const [soon, later] = await Promise.all([expiring(10), expiring(60)]);
    const [first, second] = [await connect(lab, soon), await connect(lab, later)];
    expect([await first('/healthz'), await second('/healthz')]).toEqual([
      'HTTP/1.1 200 OK',
      'HTTP/1.1 200 OK',
    ]);
    clock.advance(11 * 60_000);
    // Not even anonymous, whom these settings let in: what is shown and is not good is an error.
    expect([await first('/healthz'), await second('/healthz')]).toEqual([
      'HTTP/1.1 401 Unauthorized',
      'HTTP/1.1 200 OK',
    ]);
    expect(await first('/nope')).toBe('HTTP/1.1 404 Not Found');
  });

  test('does not end what it was let in for', async () => {
    const clock = new ManualClock(new Date().toISOString());
    const { authority: cluster } = await certificates();
    await using lab = await startLab({
      settings: kept,
      kubelet: { clock, clientCaPem: cluster.certPem, staticPods: [pod('box', {})] },
    });
    await lab.kubelet.whenRunning('default', 'box');
    const client = clientOf(lab, await expiring(10));
    const path = '/exec/default/box/c?command=cat&input=1&output=1';
    const { streams } = await openRemote(client, path, ['error', 'stdin', 'stdout']);
    clock.advance(11 * 60_000);
    expect((await client.request('GET', '/healthz')).status).toBe(401);
    const heard = untilSays(streams['stdout'], 'still here');
    streams['stdin']?.end('still here\n');
    expect(await heard).toBe('still here\n');
  });
});

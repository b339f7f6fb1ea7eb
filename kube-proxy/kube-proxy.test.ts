import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import { type Keys, mintKeys, TestCluster } from '../apiserver/cluster.test.fixtures';
import type { Clock } from '../client/clock';
import { pause } from '../client/pause';
import type { FabricHost } from '../network/fabric';
import type { Connection } from '../network/network';
import { exchange, Transport } from '../network/transport';
import type { KeyPair } from '../wire/pem';
import type { ProxyBackend } from './backend';
import { fabricBackend } from './fabric-backend';
import { type KubeProxy, type KubeProxyOptions, startKubeProxy } from './kube-proxy';
import { endpoint, slice } from './services.test.fixtures';

const log = pino({ level: 'silent' });
let keys: Keys;
let credentials: KeyPair;
let cluster: TestCluster;
beforeAll(async () => {
  keys = await mintKeys();
  credentials = await keys.ca.issue({ commonName: 'system:kube-proxy', usages: ['clientAuth'] });
  cluster = await TestCluster.start(keys);
  await cluster.addWorkload();
});
afterAll(() => cluster[Symbol.asyncDispose]());

function start(more: Partial<KubeProxyOptions> = {}, as = credentials): Promise<KubeProxy> {
  return startKubeProxy({
    client: {
      from: cluster.node,
      server: { host: '10.0.0.10', port: 6443 },
      trust: { kind: 'verify', bundlePem: keys.ca.certPem, host: '10.0.0.10' },
      clientCertificate: as,
    },
    nodeName: 'node-1',
    backend: fabricBackend(cluster.node.nat),
    log,
    ...more,
    settings: { minSyncPeriodMs: 0, clusterCidrs: ['10.244.0.0/16'], ...more.settings },
  });
}

async function get(from: FabricHost, address: string, port: number, path: string) {
  const transport = new Transport({ from, trust: () => ({ kind: 'verify-nobody' }) });
  const connection = await transport.connect({ host: address, port, scheme: 'http' });
  if (connection.kind === 'refusal') return { status: 0, body: connection.text };
  const answer = await exchange(connection, { method: 'GET', path, headers: [['Host', address]] });
  if (answer.kind !== 'response') throw new Error(JSON.stringify(answer));
  const chunks: Buffer[] = [];
  for await (const chunk of answer.body as AsyncIterable<Buffer>) chunks.push(chunk);
  return { status: answer.status, body: Buffer.concat(chunks).toString() };
}

async function dials(from: FabricHost, host: string, port: number): Promise<string> {
  const dialled = await from.dial({ host, port }, { timeoutMs: 1 });
  if (dialled.kind === 'refusal') return dialled.text;
  dialled.socket.on('error', () => undefined).destroy();
  return 'connected';
}

/** Of a listener that nobody has anything to say to. */
function hangUp({ socket }: Connection): void {
  socket.on('error', () => undefined).end();
}

const services = '/api/v1/namespaces/default/services';
const slices = '/apis/discovery.k8s.io/v1/namespaces/default/endpointslices';

async function addService(name: string, spec: object, endpoints: readonly string[]): Promise<void> {
  await cluster.create(services, {
    metadata: { name },
    spec: { ports: [{ name: 'http', port: 80 }], ...spec },
  });
  const {
    addressType,
    ports,
    endpoints: behind,
  } = slice(
    name,
    endpoints.map((it) => endpoint(it)),
  );
  const metadata = { name, labels: { 'kubernetes.io/service-name': name } };
  await cluster.create(slices, { metadata, addressType, endpoints: behind, ports });
}

describe('a kube-proxy', () => {
  test('leads its node and the pods on it to the apiserver, as system:kube-proxy and no more than that', async () => {
    await using proxy = await start();
    await proxy.synced;
    expect(await dials(cluster.pod, '10.96.0.1', 443)).toBe('connected');
    expect(await dials(cluster.node, '10.96.0.1', 443)).toBe('connected');
    expect(await dials(cluster.pod, '10.96.0.1', 444)).toContain('connection refused');
    const secrets = await cluster.ask('GET', '/api/v1/secrets', { as: credentials });
    expect(secrets).toMatchObject({
      status: 403,
      json: { message: expect.stringContaining('User "system:kube-proxy"') },
    });
  });

  test('follows services and endpoints as they come, change and go', async () => {
    await using proxy = await start();
    await proxy.synced;
    await cluster.pod.listen({ address: '10.244.1.2', port: 8080 }, hangUp);
    await addService('web', { clusterIP: '10.96.0.20' }, ['10.244.1.2']);
    const has = (count: number) =>
      proxy.until((plan) => plan.find((it) => it.service === 'web')?.reachableEndpoints.length === count);
    await has(1);
    expect(await dials(cluster.node, '10.96.0.20', 80)).toBe('connected');
    await cluster.ask('PATCH', `${slices}/web`, {
      body: { endpoints: [] },
      headers: [['Content-Type', 'application/merge-patch+json']],
    });
    await has(0);
    expect(await dials(cluster.node, '10.96.0.20', 80)).toContain('connection refused');
    await cluster.ask('DELETE', `${services}/web`);
    await proxy.until((plan) => plan.every((it) => it.service !== 'web'));
    expect(await dials(cluster.node, '10.96.0.20', 80)).toContain('no route to host');
  });

  test('leaves alone what is headless or another proxy’s', async () => {
    await using proxy = await start();
    const other = { 'service.kubernetes.io/service-proxy-name': 'mesh' };
    await cluster.create(services, {
      metadata: { name: 'other', labels: other },
      spec: { ports: [{ port: 80 }], clusterIP: '10.96.0.30' },
    });
    await cluster.create(services, {
      metadata: { name: 'quiet' },
      spec: { ports: [{ port: 80 }], clusterIP: 'None' },
    });
    await addService('ours', { clusterIP: '10.96.0.31' }, []);
    await proxy.until((plan) => plan.some((it) => it.service === 'ours'));
    await proxy.until((plan) => plan.every((it) => it.service !== 'other' && it.service !== 'quiet'));
    expect(await dials(cluster.node, '10.96.0.30', 80)).toContain('no route to host');
  });

  test('takes node ports at the address that its Node has, and no other', async () => {
    await using proxy = await start();
    await addService('np', { type: 'NodePort', ports: [{ name: 'http', port: 80, nodePort: 30080 }] }, [
      '10.0.0.10',
    ]);
    await cluster.host.listen({ address: '10.0.0.10', port: 8080 }, hangUp);
    await proxy.until((plan) => plan.some((it) => it.service === 'np' && it.hasEndpoints));
    expect(await dials(cluster.workstation, '10.0.0.11', 30080)).toBe('connected');
    expect(await dials(cluster.pod, '10.244.1.1', 30080)).toContain('connection refused');
  });

  test('tells that it has started, by an event of its node', async () => {
    await using proxy = await start();
    await proxy.synced;
    await proxy.close();
    const { json } = await cluster.ask('GET', '/api/v1/namespaces/default/events');
    expect(json.items?.filter((it) => it['reason'] === 'Starting')).toContainEqual(
      expect.objectContaining({
        type: 'Normal',
        source: { component: 'kube-proxy', host: 'node-1' },
        involvedObject: expect.objectContaining({ kind: 'Node', name: 'node-1', uid: 'node-1' }),
      }),
    );
  });

  test('without the right to list it writes no rule at all, and is well all the same while it starts', async () => {
    const stranger = await keys.ca.issue({ commonName: 'stranger', usages: ['clientAuth'] });
    const applied: unknown[] = [];
    const backend: ProxyBackend = { apply: async (plan) => void applied.push(plan) };
    await using proxy = await start({ backend }, stranger);
    expect(await get(cluster.workstation, '10.0.0.11', 10256, '/healthz')).toMatchObject({ status: 200 });
    expect(applied).toEqual([]);
    const synced = proxy.synced.catch((error: Error) => error.message);
    await proxy.close();
    expect(await synced).toContain('was closed');
  });

  test('asks an apiserver that it does not believe for nothing', async () => {
    const applied: string[] = [];
    await using proxy = await startKubeProxy({
      client: {
        from: cluster.node,
        server: { host: '10.0.0.10', port: 6443 },
        trust: { kind: 'verify', bundlePem: keys.otherCa.certPem, host: '10.0.0.10' },
        clientCertificate: credentials,
      },
      nodeName: 'node-1',
      backend: { apply: async () => void applied.push('rules') },
      log,
    });
    const refused = new Promise<unknown>((resolve) => {
      const stop = cluster.fabric.timeline.subscribe((event) => {
        const text = event.kind === 'handshake-failed' ? String(event.data['text']) : '';
        if (!text.includes('x509')) return;
        stop();
        resolve(text);
      });
    });
    expect(proxy.healthzAt).toEqual({ address: '0.0.0.0', port: 10256 });
    expect(await refused).toContain('certificate signed by unknown authority');
    await proxy.close();
    expect(applied).toEqual([]);
  });
});

describe('its ports', () => {
  test('healthz, livez: JSON for everybody; metrics, proxyMode, configz: for the node itself', async () => {
    await using proxy = await start();
    await proxy.synced;
    const health = await get(cluster.workstation, '10.0.0.11', 10256, '/healthz');
    expect(health.body).toMatch(
      /^\{"lastUpdated": "\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,3})? \+0000 UTC m=\+\d+\.\d{9}","currentTime": "[^"]+", "nodeEligible": true\}$/,
    );
    expect(
      JSON.parse((await get(cluster.workstation, '10.0.0.11', 10256, '/livez')).body),
    ).not.toHaveProperty('nodeEligible');
    expect(await get(cluster.workstation, '10.0.0.11', 10256, '/metrics')).toMatchObject({ status: 404 });
    expect(await get(cluster.workstation, '10.0.0.11', 10249, '/metrics')).toMatchObject({ status: 0 });
    expect(await get(cluster.node, '127.0.0.1', 10249, '/proxyMode')).toEqual({
      status: 200,
      body: 'nftables',
    });
    const { body } = await get(cluster.node, '127.0.0.1', 10249, '/metrics');
    expect(body).toMatch(/^kubeproxy_proxy_healthz_total\{code="200"\} 1$/m);
    expect(body).toMatch(/^kubeproxy_sync_proxy_rules_duration_seconds_count [1-9]/m);
    const configz = JSON.parse((await get(cluster.node, '127.0.0.1', 10249, '/configz')).body);
    expect(configz).toMatchObject({
      'kubeproxy.config.k8s.io': { mode: 'nftables', clusterCIDR: '10.244.0.0/16' },
    });
  });

  test('say 503 when the rules have been behind for too long, and 200 again when they are not', async () => {
    let fails = false;
    let attempts = 0;
    let now = 0;
    const clock: Clock = { now: () => new Date(1_700_000_000_000 + now), pause };
    const backend: ProxyBackend = {
      apply: async () => {
        attempts += 1;
        if (fails) throw new Error('busy');
      },
    };
    await using proxy = await start({ backend, clock, settings: { syncPeriodMs: 5, metrics: null } });
    await proxy.synced;
    fails = true;
    const before = attempts;
    await addService('late', { clusterIP: '10.96.0.40' }, []);
    while (attempts < before + 5) await new Promise((resolve) => setImmediate(resolve));
    now = 60_000;
    const ask = (path: string) => get(cluster.workstation, '10.0.0.11', 10256, path);
    const stale = await ask('/livez');
    expect(stale.status).toBe(503);
    const { lastUpdated, currentTime } = JSON.parse(stale.body) as Record<string, string>;
    expect(lastUpdated).not.toBe(currentTime);
    fails = false;
    await proxy.until((plan) => plan.some((it) => it.service === 'late'));
    expect((await ask('/livez')).status).toBe(200);
  });

  test('healthz, and not livez, says 503 while the node is about to go', async () => {
    await using proxy = await start();
    await proxy.synced;
    const patch = (taints: readonly object[]) =>
      cluster.ask('PATCH', '/api/v1/nodes/node-1', {
        body: { spec: { taints } },
        headers: [['Content-Type', 'application/merge-patch+json']],
      });
    const becomes = async (status: number): Promise<void> => {
      for (;;) {
        const answer = await get(cluster.workstation, '10.0.0.11', 10256, '/healthz');
        if (answer.status === status) return;
      }
    };
    expect((await patch([{ key: 'ToBeDeletedByClusterAutoscaler', effect: 'NoSchedule' }])).status).toBe(200);
    await becomes(503);
    expect(await get(cluster.workstation, '10.0.0.11', 10256, '/livez')).toMatchObject({ status: 200 });
    await patch([]);
    await becomes(200);
  });

  test('of which one is taken, it does not start', async () => {
    await using _first = await start();
    await expect(start()).rejects.toMatchObject({ code: 'LISTEN_FAILED' });
  });
});

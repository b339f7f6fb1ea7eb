import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import type { Pod } from '../api/objects';
import { Informer } from '../client/informer';
import { type Cluster, startCluster } from './cluster';
import { defenceSettings } from './defences';
import { mintLabPki } from './lab-pki';

/** Services from inside a pod, and of a node: through the node's kube-proxy, by address and by name. */
const log = pino({ level: 'silent' });
const WITHIN_MS = 15_000;
const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

async function start(apiserverFlags: readonly string[] = []): Promise<Cluster> {
  const settings = defenceSettings('none');
  if (settings === null) throw new Error('the defence none is always run');
  return startCluster({ pki: await mintLabPki(), settings, log, controllers: true, apiserverFlags });
}

let cluster: Cluster;
let pods: Informer<Pod>;
beforeAll(async () => {
  cluster = await start();
  pods = new Informer<Pod>({ client: cluster.admin, path: '/api/v1/pods', log });
}, 30_000);
afterAll(async () => {
  await pods?.close();
  await cluster?.close();
});

async function create(path: string, body: object): Promise<void> {
  const answer = await cluster.admin.request('POST', path, { body });
  if (!answer.ok) throw new Error(`${path}: ${answer.words}`);
}

/** What a command of the pod `box` prints, and how it ends. */
async function inPod(script: string): Promise<{ out: string; err: string; code: number }> {
  const outcome = await cluster.admin.exec({
    namespace: 'default',
    pod: 'box',
    container: 'box',
    command: ['sh', '-c', script],
  });
  return { out: outcome.stdout.toString(), err: outcome.stderr.toString(), code: outcome.exitCode };
}

async function running(namespace: string, name: string): Promise<string> {
  const ip = (): string => {
    const { phase, podIP = '' } = pods.get(namespace, name)?.status ?? {};
    return phase === 'Running' ? podIP : '';
  };
  await pods.until(() => ip() !== '', WITHIN_MS);
  return ip();
}

/** Until both nodes lead the service to so many endpoints. */
async function programmed(service: string, endpoints: number): Promise<void> {
  await Promise.all(
    [...cluster.kubeProxies.values()].map((proxy) =>
      proxy.until((plan) => {
        const ports = plan.filter((it) => it.service === service);
        return ports.length > 0 && ports.every((it) => it.reachableEndpoints.length === endpoints);
      }),
    ),
  );
}

async function gone(service: string): Promise<void> {
  await Promise.all(
    [...cluster.kubeProxies.values()].map((proxy) =>
      proxy.until((plan) => plan.every((it) => it.service !== service)),
    ),
  );
}

const curl = (url: string, more = ''): string =>
  `curl -s -S ${more} --cacert ${ACCOUNT}/ca.crt -H "Authorization: Bearer $(cat ${ACCOUNT}/token)" ${url}`;

describe('the apiserver from inside a pod', () => {
  test('knows the pod by its token, and may be asked for what its account may see', async () => {
    const url = 'https://kubernetes.default.svc/api/v1/namespaces/default/pods';
    const before = await inPod(curl(url));
    expect(JSON.parse(before.out)).toMatchObject({
      code: 403,
      message:
        'pods is forbidden: User "system:serviceaccount:default:default" cannot list resource "pods" in API group "" in the namespace "default"',
    });
    await create('/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings', {
      metadata: { name: 'look' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
      subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'default' }],
    });
    const after = await inPod(curl(url));
    expect(after.code).toBe(0);
    const { kind, items } = JSON.parse(after.out) as { kind: string; items: readonly Pod[] };
    expect(kind).toBe('PodList');
    expect(items.map(({ metadata }) => metadata.name)).toEqual(expect.arrayContaining(['box', 'web']));
  });

  test.each([
    'kubernetes',
    'kubernetes.default',
    'kubernetes.default.svc',
    'kubernetes.default.svc.cluster.local',
    '10.96.0.1',
  ])('is believed as %s', async (host) => {
    expect(await inPod(curl(`https://${host}/version`, '-o /dev/null -w "%{http_code}"'))).toMatchObject({
      out: '200',
      code: 0,
    });
  });

  test('is not believed without the authority that is mounted, and reached all the same', async () => {
    const url = 'https://kubernetes.default.svc/version';
    expect(await inPod(`curl -s -S ${url}`)).toMatchObject({ code: 60 });
    expect(await inPod(`curl -s -k -o /dev/null -w "%{http_code}" ${url}`)).toMatchObject({ out: '200' });
  });

  test('answers the other programs by the same names, and only at its port', async () => {
    expect(await inPod('cat /etc/resolv.conf')).toMatchObject({
      out: 'search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n',
    });
    expect((await inPod('nslookup kubernetes')).out).toContain('Address: 10.96.0.1\n');
    expect(await inPod('nc -z -w 1 kubernetes.default 443')).toMatchObject({ code: 0 });
    expect(await inPod('nc -z -w 1 kubernetes.default 444')).toMatchObject({
      code: 1,
      err: expect.stringContaining('Connection refused'),
    });
    expect(await inPod('nslookup nobody.default')).toMatchObject({ code: 1 });
  });

  test('is led to from the node itself, whose address it then sees', async () => {
    const seen: unknown[] = [];
    const stop = cluster.fabric.timeline.subscribe((event) => seen.push(event.data));
    const node = cluster.fabric.host('node-1');
    const dialled = await node?.dial({ host: '10.96.0.1', port: 443 });
    stop();
    if (dialled?.kind !== 'connection') throw new Error(dialled?.text);
    dialled.socket.destroy();
    expect(seen).toContainEqual(
      expect.objectContaining({
        translatedTo: { address: '10.0.0.10', port: 6443 },
        deliveredTo: 'control-plane',
      }),
    );
  });

  test('serves a program in the pod that finds it as every operator does', async () => {
    await create('/api/v1/namespaces/default/pods', {
      metadata: { name: 'operator' },
      spec: {
        containers: [{ name: 'operator', image: 'midplane/in-cluster-client', args: ['--interval', '50ms'] }],
      },
    });
    await running('default', 'operator');
    const enough = new AbortController();
    let said = '';
    await cluster.admin.logs({
      namespace: 'default',
      pod: 'operator',
      container: 'operator',
      follow: true,
      signal: enough.signal,
      onData: (chunk) => {
        said += chunk.toString();
        if (/: 200: \d+ pods\n/.test(said)) enough.abort();
      },
    });
    expect(said).toMatch(
      /^GET https:\/\/10\.96\.0\.1:443\/api\/v1\/namespaces\/default\/pods: 200: [1-9]\d* pods$/m,
    );
  });
});

describe('a service with pods behind it', () => {
  test('is reached by name from another namespace’s point of view, at one pod or another', async () => {
    await create('/apis/apps/v1/namespaces/default/deployments', {
      metadata: { name: 'front' },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'front' } },
        template: {
          metadata: { labels: { app: 'front' } },
          spec: { containers: [{ name: 'web', image: 'midplane/web', ports: [{ containerPort: 8080 }] }] },
        },
      },
    });
    await create('/api/v1/namespaces/default/services', {
      metadata: { name: 'front' },
      spec: {
        type: 'NodePort',
        selector: { app: 'front' },
        ports: [{ port: 80, targetPort: 8080, nodePort: 30080 }],
      },
    });
    await programmed('front', 2);
    const names = new Set<string>();
    for (let round = 0; names.size < 2 && round < 100; round += 1) {
      const { out } = await inPod('curl -s http://front.default/');
      names.add(/front-\w+-\w+/.exec(out)?.[0] ?? out);
    }
    expect(names.size).toBe(2);
    // Whichever node is asked, and wherever the pod is.
    for (const node of ['10.0.0.11', '10.0.0.12']) {
      const dialled = await cluster.workstation.dial({ host: node, port: 30080 });
      expect(dialled.kind).toBe('connection');
      if (dialled.kind === 'connection') dialled.socket.destroy();
    }
    await cluster.admin.request('PATCH', '/apis/apps/v1/namespaces/default/deployments/front', {
      body: { spec: { replicas: 0 } },
      contentType: 'application/merge-patch+json',
    });
    await programmed('front', 0);
    expect(await inPod('curl -s -S http://front/')).toMatchObject({ code: 7 });
  }, 30_000);
});

/** A tenant's pod, and a service of the tenant's that claims these addresses. */
async function setTrap(port: number, externalIPs: readonly string[]): Promise<void> {
  await create('/api/v1/namespaces/tenant/services', {
    metadata: { name: 'trap' },
    spec: {
      selector: { app: 'trap' },
      ports: [{ port, targetPort: port === 80 ? 8080 : 8443 }],
      externalIPs,
    },
  });
  await programmed('trap', 1);
}

function heardByTrap(): string {
  return cluster.container({ namespace: 'tenant', pod: 'trap', container: 'web' }).heard().toString();
}

async function removeTrap(): Promise<void> {
  await cluster.admin.request('DELETE', '/api/v1/namespaces/tenant/services/trap');
  await gone('trap');
}

describe('externalIPs (CVE-2020-8554)', () => {
  beforeAll(async () => {
    await create('/api/v1/namespaces', { metadata: { name: 'tenant' } });
    const ports = [
      { name: 'http', containerPort: 8080 },
      { name: 'https', containerPort: 8443 },
    ];
    await create('/api/v1/namespaces/tenant/pods', {
      metadata: { name: 'trap', labels: { app: 'trap' } },
      spec: { nodeName: 'node-2', containers: [{ name: 'web', image: 'midplane/web', ports }] },
    });
    await running('tenant', 'trap');
  });

  test('lead what is meant for an address outside the cluster to a tenant’s pod', async () => {
    expect(await inPod('curl -s -S -m 2 http://203.0.113.7/')).toMatchObject({ code: 7 });
    await setTrap(80, ['203.0.113.7']);
    expect((await inPod('curl -s http://203.0.113.7/')).out).toContain('trap');
    await inPod('curl -s -d password=s3cret http://203.0.113.7/login');
    expect(heardByTrap()).toContain('password=s3cret');
    await removeTrap();
    expect(await inPod('curl -s -S -m 2 http://203.0.113.7/')).toMatchObject({ code: 7 });
  });

  test('lead what nodes and pods say to the apiserver’s own address there; only who verifies is safe', async () => {
    await setTrap(6443, ['10.0.0.10']);
    const url = 'https://10.0.0.10:6443/version';
    await inPod(`curl -s -k ${url}?from=pod`);
    expect(heardByTrap()).toContain('GET /version?from=pod ');
    expect(await inPod(curl(url))).toMatchObject({ code: 60 });
    // The service kubernetes is translated once, and not again by the trap.
    expect((await inPod(curl('https://kubernetes/version'))).out).toContain('gitVersion');
    const seen: unknown[] = [];
    const stop = cluster.fabric.timeline.subscribe((event) => seen.push(event.data));
    const dialled = await cluster.fabric.host('node-1')?.dial({ host: '10.0.0.10', port: 6443 });
    stop();
    if (dialled?.kind === 'connection') dialled.socket.destroy();
    expect(seen).toContainEqual(expect.objectContaining({ deliveredTo: 'tenant/trap' }));
    await removeTrap();
  });

  test('are refused with DenyServiceExternalIPs, and the traffic goes where it was meant to', async () => {
    await using other = await start(['--enable-admission-plugins=DenyServiceExternalIPs']);
    const answer = await other.admin.request('POST', '/api/v1/namespaces/default/services', {
      body: {
        metadata: { name: 'trap' },
        spec: {
          selector: { app: 'web' },
          ports: [{ port: 6443, targetPort: 8443 }],
          externalIPs: ['10.0.0.10'],
        },
      },
    });
    expect(answer).toMatchObject({
      status: 403,
      words:
        'Error from server (Forbidden): services "trap" is forbidden: Use of external IPs is denied by admission control',
    });
    const outcome = await other.admin.exec({
      namespace: 'default',
      pod: 'box',
      container: 'box',
      command: ['sh', '-c', curl('https://10.0.0.10:6443/version')],
    });
    expect(outcome.stdout.toString()).toContain('gitVersion');
  }, 30_000);
});

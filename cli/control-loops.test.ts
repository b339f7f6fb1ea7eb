import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import type { Pod } from '../api/objects';
import { Informer } from '../client/informer';
import { KubeClient, type KubeClientOptions } from '../client/kube-client';
import { formatKubeconfig } from '../client/kubeconfig';
import { hostNetwork } from '../network/host-network';
import { type Authority, createAuthority } from '../pki/authority';
import { type ComponentName, runComponent } from './components';
import { freePort } from './free-port.test.fixtures';

/** The programs beside the apiserver, on this machine's own sockets. */
let folder: string;
let authority: Authority;
let port: number;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'midplane-control-loops-'));
  authority = await createAuthority({ commonName: 'LAB test' });
  port = await freePort();
});
afterAll(() => rm(folder, { recursive: true }));

function begin(name: ComponentName, flags: readonly string[], until: string) {
  const stop = new AbortController();
  let found: (line: Readonly<Record<string, unknown>>) => void = () => undefined;
  const said = new Promise<Readonly<Record<string, unknown>>>((resolve) => {
    found = resolve;
  });
  const terminal = {
    write: () => undefined,
    warn: (text: string) => {
      const line = JSON.parse(text) as Readonly<Record<string, unknown>>;
      if (line['msg'] === until) found(line);
    },
    signal: stop.signal,
    colour: false,
    width: null,
    progress: false,
  };
  const running = runComponent(name, flags, terminal);
  const ready = Promise.race([
    said,
    running.then(() => {
      throw new Error(`${name} ended before it said "${until}"`);
    }),
  ]);
  const end = (): Promise<number> => {
    stop.abort();
    return running;
  };
  return { ready, end };
}

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

async function access(commonName: string, ...organizations: string[]) {
  const clientCertificate = await authority.issue({ commonName, organizations, usages: ['clientAuth'] });
  const trust = { kind: 'verify', bundlePem: authority.certPem, host: '127.0.0.1' } as const;
  return { server: { host: '127.0.0.1', port }, trust, clientCertificate };
}

const kubeconfig = async (user: string): Promise<string> =>
  file(`${user.replaceAll(':', '-')}.conf`, formatKubeconfig(await access(user), user));

async function startApiserver() {
  const serving = await authority.issue({
    commonName: 'kube-apiserver',
    ipAddresses: ['127.0.0.1'],
    usages: ['serverAuth'],
  });
  const flags = [
    `--secure-port=${port}`,
    '--authorization-mode=RBAC',
    '--disable-admission-plugins=ServiceAccount',
    `--client-ca-file=${await file('ca.crt', authority.certPem)}`,
    `--tls-cert-file=${await file('apiserver.crt', serving.certPem)}`,
    `--tls-private-key-file=${await file('apiserver.key', serving.keyPem)}`,
  ];
  const apiserver = begin('apiserver', flags, 'serving securely');
  await apiserver.ready;
  return apiserver;
}

function healthOf(at: string): Promise<{ status: number | undefined; text: string }> {
  return new Promise((resolve, reject) => {
    // The certificate is of the program's own making, and not what this is about.
    const sent = request(`https://${at}/healthz`, { rejectUnauthorized: false, agent: false }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => resolve({ status: answer.statusCode, text }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

const node = {
  apiVersion: 'v1',
  kind: 'Node',
  status: {
    allocatable: { cpu: '4', memory: '8Gi', pods: '110' },
    capacity: { cpu: '4', memory: '8Gi', pods: '110' },
    conditions: [{ type: 'Ready', status: 'True' }],
  },
};

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'web' } },
    template: {
      metadata: { labels: { app: 'web' } },
      spec: { containers: [{ name: 'web', image: 'midplane/web' }] },
    },
  },
};

/** Creates a node and a Deployment, and waits until both of its pods have that node. */
async function deployTwo(as: KubeClientOptions, nodeName: string): Promise<void> {
  const admin = new KubeClient(as);
  const made = await Promise.all([
    admin.request('POST', '/api/v1/nodes', { body: { ...node, metadata: { name: nodeName } } }),
    admin.request('POST', '/apis/apps/v1/namespaces/default/deployments', { body: deployment }),
  ]);
  expect(made.map(({ status, words }) => ({ status, words }))).toEqual([
    { status: 201, words: '' },
    { status: 201, words: '' },
  ]);
  const path = '/api/v1/namespaces/default/pods';
  const pods = new Informer<Pod>({ client: admin, path, log: pino({ level: 'silent' }) });
  const nodesOf = (): unknown[] => pods.list().flatMap(({ spec }) => spec.nodeName ?? []);
  await pods.until(() => nodesOf().length === 2, 12_000);
  expect(nodesOf()).toEqual([nodeName, nodeName]);
  await pods.close();
  await admin.close();
}

describe('the control loops as programs', () => {
  test("give a deployment's pods their node, tell that they are well, and hand their leases back", async () => {
    const apiserver = await startApiserver();
    const config = await kubeconfig('system:kube-controller-manager');
    const healthPort = await freePort();
    const manager = begin(
      'controller-manager',
      [`--kubeconfig=${config}`, `--secure-port=${healthPort}`],
      'controllers started',
    );
    const scheduler = begin(
      'scheduler',
      [`--kubeconfig=${await kubeconfig('system:kube-scheduler')}`, '--secure-port=0'],
      'scheduling',
    );
    const as = { from: hostNetwork(), ...(await access('admin', 'system:masters')) };
    const admin = new KubeClient(as);
    await Promise.all([manager.ready, scheduler.ready]);
    expect(await healthOf(`127.0.0.1:${healthPort}`)).toEqual({ status: 200, text: 'ok' });

    await deployTwo(as, 'node-1');

    expect(await Promise.all([manager.end(), scheduler.end()])).toEqual([0, 0]);
    for (const name of ['kube-controller-manager', 'kube-scheduler']) {
      const path = `/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/${name}`;
      const lease = (await admin.request('GET', path)).json();
      expect(lease).toMatchObject({ spec: { leaseDurationSeconds: 1 } });
      expect((lease as { spec: { holderIdentity?: string } }).spec.holderIdentity ?? '').toBe('');
    }
    await admin.close();
    expect(await apiserver.end()).toBe(0);
  }, 30_000);

  test('go on with an apiserver that comes back and has forgotten everything, its versions too', async () => {
    const config = await kubeconfig('system:kube-controller-manager');
    const before = await startApiserver();
    const manager = begin(
      'controller-manager',
      [`--kubeconfig=${config}`, '--secure-port=0'],
      'controllers started',
    );
    const scheduler = begin(
      'scheduler',
      [`--kubeconfig=${await kubeconfig('system:kube-scheduler')}`, '--secure-port=0'],
      'scheduling',
    );
    await Promise.all([manager.ready, scheduler.ready]);
    const as = { from: hostNetwork(), ...(await access('admin', 'system:masters')) };
    await deployTwo(as, 'before');
    expect(await before.end()).toBe(0);

    const after = await startApiserver();
    await deployTwo(as, 'after');
    expect(await Promise.all([manager.end(), scheduler.end(), after.end()])).toEqual([0, 0, 0]);
  }, 40_000);

  test('without leader election nobody waits for a lease, nor for an apiserver', async () => {
    const config = await kubeconfig('system:kube-controller-manager');
    const flags = [`--kubeconfig=${config}`, '--secure-port=0', '--leader-elect=false'];
    const manager = begin('controller-manager', flags, 'controllers started');
    await manager.ready;
    expect(await manager.end()).toBe(0);
  });
});

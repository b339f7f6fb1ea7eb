import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import type { Deployment, Pod } from '../api/objects';
import { Informer } from '../client/informer';
import { KubeClient, type KubeClientOptions } from '../client/kube-client';
import { formatKubeconfig } from '../client/kubeconfig';
import type { CertificateSigningRequest } from '../controller-manager/certificate-signing-request';
import { hostNetwork } from '../network/host-network';
import { type Authority, createAuthority } from '../pki/authority';
import { makeRequest } from '../pki/certificate-request.test.fixtures';
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

/** A test that fails leaves nothing behind for the next one. */
const begun: { stop: AbortController; running: Promise<unknown> }[] = [];
afterEach(async () => {
  for (const { stop, running } of begun.splice(0).reverse()) {
    stop.abort();
    await running.catch(() => undefined);
  }
});

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
  begun.push({ stop, running });
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
  return { ready, end, running };
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
  // A scheduler that has yet to list again may still know a node of before.
  const labels = { which: nodeName };
  const { template } = deployment.spec;
  const podSpec = { ...template.spec, nodeSelector: labels };
  const body = { ...deployment, spec: { ...deployment.spec, template: { ...template, spec: podSpec } } };
  const made = await Promise.all([
    admin.request('POST', '/api/v1/nodes', { body: { ...node, metadata: { name: nodeName, labels } } }),
    admin.request('POST', '/apis/apps/v1/namespaces/default/deployments', { body }),
  ]);
  expect(made.map(({ status, words }) => ({ status, words }))).toEqual([
    { status: 201, words: '' },
    { status: 201, words: '' },
  ]);
  const path = '/api/v1/namespaces/default/pods';
  const pods = new Informer<Pod>({ client: admin, path, log: pino({ level: 'silent' }) });
  // So may a controller-manager that has yet to list again: what it makes for a set of before is not looked at.
  const nodesOf = (): unknown[] =>
    pods
      .list()
      .filter(
        ({ spec }) =>
          (spec as { nodeSelector?: Record<string, string> }).nodeSelector?.['which'] === nodeName,
      )
      .flatMap(({ spec }) => spec.nodeName ?? []);
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

  test.each(['controller-manager', 'scheduler'] as const)(
    'the %s ends with an error when it cannot renew its lease',
    async (name) => {
      const config = await kubeconfig(`system:kube-${name}`);
      const apiserver = await startApiserver();
      const until = name === 'scheduler' ? 'scheduling' : 'controllers started';
      const loops = begin(name, [`--kubeconfig=${config}`, '--secure-port=0'], until);
      await loops.ready;
      expect(await apiserver.end()).toBe(0);
      await expect(loops.running).rejects.toMatchObject({
        code: 'LEASE_LOST',
        message: 'leaderelection lost',
      });
    },
    40_000,
  );

  test('a controller-manager that is killed and started again finishes what it began', async () => {
    const config = await kubeconfig('system:kube-controller-manager');
    const flags = [
      `--kubeconfig=${config}`,
      '--secure-port=0',
      `--cluster-signing-cert-file=${await file('signer.crt', authority.certPem)}`,
      `--cluster-signing-key-file=${await file('signer.key', authority.keyPem)}`,
    ];
    const apiserver = await startApiserver();
    const admin = new KubeClient({ from: hostNetwork(), ...(await access('admin', 'system:masters')) });
    const pods = new Informer<Pod>({
      client: admin,
      path: '/api/v1/namespaces/default/pods',
      log: pino({ level: 'silent' }),
    });
    const first = spawn(process.execPath, [join(__dirname, 'main.js'), 'controller-manager', ...flags], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const died = once(first, 'exit');
    for await (const chunk of first.stderr as AsyncIterable<Buffer>) {
      if (chunk.toString().includes('controllers started')) break;
    }
    const replicas = 300;
    const body = { ...deployment, spec: { ...deployment.spec, replicas } };
    await admin.request('POST', '/apis/apps/v1/namespaces/default/deployments', { body });
    await pods.until(() => pods.list().length > 0, 12_000);
    first.kill('SIGKILL');
    expect((await died)[1]).toBe('SIGKILL');
    const requests = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
    const csr = {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name: 'jane' },
      spec: {
        request: (await makeRequest()).base64,
        signerName: 'kubernetes.io/kube-apiserver-client',
        usages: ['client auth'],
      },
    };
    const made = (await admin.request('POST', requests, { body: csr })).json() as object;
    const status = { conditions: [{ type: 'Approved', status: 'True', reason: 'Test' }] };
    await admin.request('PUT', `${requests}/jane/approval`, { body: { ...made, status } });
    const before = pods.list().length;
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(replicas);

    const second = begin('controller-manager', flags, 'controllers started');
    await pods.until(() => pods.list().length >= replicas, 30_000);
    const signed = new Informer<CertificateSigningRequest>({
      client: admin,
      path: requests,
      log: pino({ level: 'silent' }),
    });
    const isIssued = (): boolean => signed.get('', 'jane')?.status?.certificate !== undefined;
    await signed.until(isIssued, 12_000);
    expect(isIssued()).toBe(true);
    const at = '/apis/apps/v1/namespaces/default';
    const deployments = new Informer<Deployment>({
      client: admin,
      path: `${at}/deployments`,
      log: pino({ level: 'silent' }),
    });
    const updated = () => deployments.get('default', 'web')?.status?.updatedReplicas;
    await deployments.until(() => updated() === replicas, 12_000);
    expect(updated()).toBe(replicas);
    expect(pods.list()).toHaveLength(replicas);
    const sets = (await admin.request('GET', `${at}/replicasets`)).json() as { items: unknown[] };
    expect(sets.items).toHaveLength(1);
    await Promise.all([pods, signed, deployments].map((it) => it.close()));
    expect(await second.end()).toBe(0);
    await admin.close();
    expect(await apiserver.end()).toBe(0);
  }, 90_000);

  test('without leader election nobody waits for a lease, nor for an apiserver', async () => {
    const config = await kubeconfig('system:kube-controller-manager');
    const flags = [`--kubeconfig=${config}`, '--secure-port=0', '--leader-elect=false'];
    const manager = begin('controller-manager', flags, 'controllers started');
    await manager.ready;
    expect(await manager.end()).toBe(0);
  });
});

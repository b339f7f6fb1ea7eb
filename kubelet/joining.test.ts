import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { formatKubeconfig } from '../client/kubeconfig';
import { Transport } from '../network/transport';
import { CertificateFiles } from './certificate-files';
import { type ControlPlane, type Csr, startControlPlane } from './joining.test.fixtures';
import { type Kubelet, type KubeletOptions, startKubelet } from './kubelet';
import { OPEN } from './kubelet.test.fixtures';
import { ManualClock } from './manual-clock.test.fixtures';
import { type NodeIdentity, openNodeIdentity } from './node-identity';
import { defaultSettings } from './settings';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Nodes that join with nothing but a token, as the programs do it, on a fabric and by a clock of their own. */
describe('a node that joins', () => {
  let folder: string;
  let clock: ManualClock;
  let cluster: ControlPlane;
  let said: string[];
  let listening: Set<() => void>;
  const opened: { close(): Promise<void> }[] = [];
  const log = pino(
    {},
    {
      write: (line: string) => {
        said.push(String((JSON.parse(line) as { msg: string }).msg));
        for (const look of [...listening]) look();
      },
    },
  );
  const whenSaid = (text: string): Promise<void> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!said.some((line) => line.includes(text))) return;
        listening.delete(look);
        resolve();
      };
      listening.add(look);
      look();
    });
  const isFor =
    (signer: string, besides: readonly Csr[] = []) =>
    (csr: Csr) =>
      csr.spec.signerName === `kubernetes.io/${signer}` &&
      !besides.some((it) => it.metadata.name === csr.metadata.name);
  const isClient = (...besides: Csr[]) => isFor('kube-apiserver-client-kubelet', besides);
  const isServing = (...besides: Csr[]) => isFor('kubelet-serving', besides);

  beforeEach(async () => {
    said = [];
    listening = new Set();
    folder = await mkdtemp(join(tmpdir(), 'midplane-joining-'));
    clock = new ManualClock();
    cluster = await startControlPlane({ now: () => clock.now() });
    await writeFile(join(folder, 'bootstrap.conf'), formatKubeconfig(cluster.bootstrapConfig, 'bootstrap'));
  });
  afterEach(async () => {
    for (const part of opened.splice(0).reverse()) await part.close();
    await cluster[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  const openIdentity = async (): Promise<NodeIdentity> => {
    const identity = await openNodeIdentity({
      from: cluster.node,
      nodeName: 'node-9',
      kubeconfig: join(folder, 'kubelet.conf'),
      bootstrapKubeconfig: join(folder, 'bootstrap.conf'),
      certDir: join(folder, 'pki'),
      rotate: true,
      clock,
      log,
      signal: new AbortController().signal,
    });
    opened.push(identity);
    return identity;
  };
  const start = async (over: Partial<KubeletOptions>, serverTLSBootstrap = false): Promise<Kubelet> => {
    const { access } = await openIdentity();
    const kubelet = await startKubelet({
      host: cluster.node,
      nodeName: 'node-9',
      config: { ...defaultSettings('config-file'), ...OPEN, serverTLSBootstrap },
      apiserver: access,
      sandbox: { attachPod: () => cluster.node },
      servingKeyPair: null,
      servingStore: new CertificateFiles(join(folder, 'pki'), 'kubelet-server'),
      clientCaPem: null,
      readyWithinMs: null,
      clock,
      log,
      ...over,
    });
    opened.push(kubelet);
    return kubelet;
  };
  const get = async (path: string): Promise<Record<string, unknown>> => {
    const answer = await cluster.admin.request('GET', path);
    if (!answer.ok) throw new Error(answer.words);
    return answer.json() as Record<string, unknown>;
  };
  /** Lets time pass, as quickly as others can do what is due, until it has happened. */
  const passingUntil = async <T>(event: Promise<T>): Promise<T> => {
    let happened = false;
    const end = event.finally(() => {
      happened = true;
    });
    while (!happened) {
      clock.advance(5_000);
      await cluster.csrs();
    }
    return end;
  };
  const LEASE = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/node-9';
  /** Resolves when somebody has made or renewed the lease after this. */
  const whenRenewed = (): Promise<void> =>
    new Promise((resolve) => {
      const path = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases?resourceVersion=';
      void get(LEASE.replace('/node-9', '')).then((list) => {
        const version = (list['metadata'] as { resourceVersion: string }).resourceVersion;
        const watch = cluster.admin.watch(`${path}${version}`, () => {
          watch.close();
          resolve();
        });
      });
    });
  /** What somebody hears who connects to the kubelet and looks at no date: the test's are not those of today. */
  const hear = async (): Promise<string> => {
    const transport = new Transport({
      from: cluster.fabric.host('control-plane') ?? cluster.node,
      trust: () => ({ kind: 'verify-nobody' }),
    });
    const answer = await transport.roundTrip(
      { host: '10.0.0.19', port: 10250, scheme: 'https' },
      { method: 'GET', path: '/healthz', headers: [['Host', '10.0.0.19:10250']] },
    );
    if (answer.kind === 'refusal') return answer.text;
    answer.body.destroy();
    return String(answer.status);
  };

  test('is registered, renews its lease, and its certificate while it runs', async () => {
    const starting = start({});
    const csr = await cluster.whenAsked(isClient());
    expect(csr.spec.username).toBe('system:bootstrap:abcdef');
    expect(said).toContain(
      'Use the bootstrap credentials to request a cert, and set kubeconfig to point to the certificate dir',
    );
    const made = whenRenewed();
    await cluster.sign(csr, DAY, clock.now());
    await starting;
    await made;
    expect(await get('/api/v1/nodes/node-9')).toMatchObject({
      status: {
        conditions: expect.arrayContaining([expect.objectContaining({ type: 'Ready', status: 'True' })]),
      },
    });
    expect((await readdir(join(folder, 'pki'))).sort()).toEqual([
      expect.stringMatching(/^kubelet-client-2026-11-28-10-00-00\.pem$/),
      'kubelet-client-current.pem',
    ]);

    await clock.whenAwaited(10_000);
    const first = await get(LEASE);
    const renewed = whenRenewed();
    clock.advance(10_000);
    await renewed;
    expect(await get(LEASE)).not.toEqual(first);

    clock.advance(0.95 * DAY);
    const renewal = await cluster.whenAsked(isClient(csr));
    expect(renewal.spec.username).toBe('system:node:node-9');
    await cluster.sign(renewal, DAY, clock.now());
    await whenSaid('Certificate rotation detected, shutting down client connections');
    // The watch of its pods was one of them.
    await whenSaid('apiserver not usable');
    clock.advance(0.5 * DAY);
    // The first certificate is over by now.
    const again = whenRenewed();
    await clock.whenAwaited(10_000);
    clock.advance(10_000);
    await again;
    const current = await readFile(join(folder, 'pki', 'kubelet-client-current.pem'), 'utf8');
    expect(current).toContain('-----BEGIN EC PRIVATE KEY-----');
    expect(await readdir(join(folder, 'pki'))).toHaveLength(3);
  });

  test('ends when its certificate is over and the apiserver gives it no other', async () => {
    const starting = start({});
    const csr = await cluster.whenAsked(isClient());
    await cluster.sign(csr, HOUR, clock.now());
    const kubelet = await starting;
    // Nobody signs the renewal, and the token is good no more.
    clock.advance(0.95 * HOUR);
    await cluster.deny(await cluster.whenAsked(isClient(csr)));
    await cluster.admin.request('DELETE', '/api/v1/namespaces/kube-system/secrets/bootstrap-token-abcdef');
    expect(await passingUntil(kubelet.failed)).toMatchObject({
      message: 'No valid client certificate is found and the server is responsive, exiting.',
    });
  });

  test('with serverTLSBootstrap has no serving certificate until somebody approves one', async () => {
    const starting = start({}, true);
    await cluster.sign(await cluster.whenAsked(isClient()), DAY, clock.now());
    await starting;
    const csr = await cluster.whenAsked(isServing());
    expect(csr.spec.username).toBe('system:node:node-9');
    expect(await hear()).toBe('remote error: tls: internal error');
    expect(said.at(-1)).toMatch(
      /^http: TLS handshake error from 10\.0\.0\.10:\d+: no serving certificate available for the kubelet$/,
    );
    await cluster.sign(csr, 10 * HOUR, clock.now());
    while ((await hear()) === 'remote error: tls: internal error') await new Promise(setImmediate);
    expect(await hear()).toBe('200');
    expect(await readdir(join(folder, 'pki'))).toContain('kubelet-server-current.pem');

    // Over, and nobody signed another in time.
    clock.advance(9.5 * HOUR);
    const renewal = await cluster.whenAsked(isServing(csr));
    expect(await hear()).toBe('200');
    clock.advance(HOUR);
    expect(await hear()).toBe('remote error: tls: internal error');
    await cluster.sign(await passingUntil(cluster.whenAsked(isServing(csr, renewal))), DAY, clock.now());
    while ((await hear()) === 'remote error: tls: internal error') await new Promise(setImmediate);
    expect(await hear()).toBe('200');
  });

  test('that moves asks for a certificate that says where it is now', async () => {
    let addresses = ['10.0.0.19'];
    const moving = new Proxy(cluster.node, {
      get: (node, name) => {
        if (name === 'addresses') return addresses;
        const value: unknown = Reflect.get(node, name, node);
        return typeof value === 'function' ? value.bind(node) : value;
      },
    });
    const starting = start({ host: moving }, true);
    await cluster.sign(await cluster.whenAsked(isClient()), DAY, clock.now());
    await starting;
    const csr = await cluster.whenAsked(isServing());
    await cluster.sign(csr, DAY, clock.now());
    while ((await hear()) !== '200') await new Promise(setImmediate);
    addresses = ['10.0.0.29'];
    const again = await passingUntil(cluster.whenAsked(isServing(csr)));
    expect(again.spec.request).not.toBe(csr.spec.request);
    expect(await get('/api/v1/nodes/node-9')).toMatchObject({
      status: { addresses: expect.arrayContaining([{ type: 'InternalIP', address: '10.0.0.29' }]) },
    });
    // Until there is another it serves with what it has.
    expect(await hear()).toBe('200');
  });

  test('goes on after a restart with what it has', async () => {
    const first = start({}, true);
    const asked = await cluster.whenAsked(isClient());
    await cluster.sign(asked, DAY, clock.now());
    const kubelet = await first;
    await cluster.sign(await cluster.whenAsked(isServing()), DAY, clock.now());
    while ((await hear()) === 'remote error: tls: internal error') await new Promise(setImmediate);
    await kubelet.close();
    for (const part of opened.splice(0).reverse()) await part.close();
    await start({}, true);
    expect(said).toContain('Current kubeconfig file contents are still valid, no bootstrap necessary');
    expect(await hear()).toBe('200');
    expect(await cluster.csrs()).toHaveLength(2);
  });
});

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { parseCertificate } from '../wire/certificate';
import type { KeyPair } from '../wire/pem';
import { pemBlocks } from '../wire/pem';
import { nodeSubject } from './bootstrap';
import { CertificateManager, rotationDeadline, satisfies } from './certificate-manager';
import { type CertificateStore, memoryStore } from './certificate-store';
import { clientOf } from './client-credential';
import { type ControlPlane, startControlPlane } from './joining.test.fixtures';
import { certificates, silent } from './kubelet.test.fixtures';
import { ManualClock } from './manual-clock.test.fixtures';
import { servingTemplate } from './serving-template';

const HOUR = 3_600_000;

test.each([
  [0, 0.7],
  [0.5, 0.8],
  [1, 0.9],
])('a certificate is renewed between 70 and 90 % of its life: %d', (random, part) => {
  expect(rotationDeadline(1_000, 11_000, random)).toBeCloseTo(1_000 + 10_000 * part);
});

test('a certificate that says more than was asked for is good, one that says less is not', async () => {
  const { serving } = await certificates();
  const leaf = parseCertificate(pemBlocks(serving.certPem)[0]?.der ?? Buffer.alloc(0));
  if (leaf.kind !== 'certificate') throw new Error(leaf.text);
  expect(satisfies(leaf, { commonName: 'node-1' })).toBe(true);
  expect(satisfies(leaf, { commonName: 'node-1', ipAddresses: ['10.0.0.11'] })).toBe(true);
  expect(satisfies(leaf, { commonName: 'node-1', ipAddresses: ['10.0.0.12'] })).toBe(false);
  expect(satisfies(leaf, { commonName: 'node-1', dnsNames: ['node-1'] })).toBe(false);
  expect(satisfies(leaf, { commonName: 'node-1', organizations: ['system:nodes'] })).toBe(false);
  expect(satisfies(leaf, { commonName: 'node-2' })).toBe(false);
});

describe('a certificate that is kept up to date', () => {
  let cluster: ControlPlane;
  let clock: ManualClock;
  const opened: CertificateManager[] = [];
  beforeEach(async () => {
    clock = new ManualClock();
    cluster = await startControlPlane({ now: () => clock.now() });
  });
  afterEach(async () => {
    for (const manager of opened.splice(0)) await manager.close();
    await cluster[Symbol.asyncDispose]();
  });

  /** Who asked: with the token, or as the node itself. */
  const started = async (
    over: Partial<Parameters<typeof CertificateManager.open>[0]> = {},
    store: CertificateStore = memoryStore(),
  ): Promise<CertificateManager> => {
    const { server, trust } = cluster.bootstrapConfig;
    const manager = await CertificateManager.open({
      name: 'test',
      signerName: 'kubernetes.io/kube-apiserver-client-kubelet',
      usage: 'client auth',
      template: () => nodeSubject('node-9'),
      store,
      connect: (current) =>
        clientOf(
          cluster.node,
          current === null ? cluster.bootstrapConfig : { server, trust, clientCertificate: current },
        ),
      clock,
      log: silent,
      random: () => 0.5,
      ...over,
    });
    opened.push(manager);
    manager.start();
    return manager;
  };
  const changed = (manager: CertificateManager): Promise<KeyPair | null> =>
    new Promise((resolve) => {
      const undo = manager.onChange(() => {
        undo();
        resolve(manager.current());
      });
    });

  test('is asked for with the token, and renewed as the node, at 80 % of its life', async () => {
    const manager = await started();
    expect(manager.current()).toBeNull();
    const first = changed(manager);
    const csr = await cluster.whenAsked();
    expect(csr.metadata.name).toMatch(/^csr-/);
    expect(csr.spec.username).toBe('system:bootstrap:abcdef');
    await cluster.sign(csr, 10 * HOUR, clock.now());
    const pair = await first;
    expect(pair).toEqual(manager.current());

    await clock.whenAwaited(1_000);
    clock.advance(1_000);
    await clock.whenAwaited(8 * HOUR - 1_000);
    clock.advance(8 * HOUR - 1_000);
    const second = changed(manager);
    const renewal = await cluster.whenAsked((it) => it.metadata.name !== csr.metadata.name);
    expect(renewal.spec.username).toBe('system:node:node-9');
    expect(manager.current()).toEqual(pair);
    await cluster.sign(renewal, 10 * HOUR, clock.now());
    expect((await second)?.keyPem).not.toBe(pair?.keyPem);
  });

  test('is nothing any more once it is over, and asked for with the token again', async () => {
    const manager = await started();
    const first = changed(manager);
    const csr = await cluster.whenAsked();
    await cluster.sign(csr, 10 * HOUR, clock.now());
    await first;
    await clock.whenAwaited(1_000);
    // A node that slept through all of it.
    clock.advance(11 * HOUR);
    expect(manager.current()).toBeNull();
    const renewal = await cluster.whenAsked((it) => it.metadata.name !== csr.metadata.name);
    expect(renewal.spec.username).toBe('system:bootstrap:abcdef');
  });

  test('is asked for again after 2, 4, 8 and 16 seconds when it is denied', async () => {
    await started();
    const seen = new Set<string>();
    for (const seconds of [2, 4, 8, 16]) {
      const csr = await cluster.whenAsked((it) => !seen.has(it.metadata.name));
      seen.add(csr.metadata.name);
      await cluster.deny(csr);
      await clock.whenAwaited(seconds * 1_000 * 1.05);
      clock.advance(seconds * 1_000 * 1.05);
    }
    const csr = await cluster.whenAsked((it) => !seen.has(it.metadata.name));
    await cluster.deny(csr);
    await clock.whenAwaited(32_000);
  });

  test('is not waited for longer than a quarter of an hour', async () => {
    await started();
    const csr = await cluster.whenAsked();
    await clock.whenAwaited(15 * 60_000);
    clock.advance(15 * 60_000);
    await clock.whenAwaited(2_100);
    clock.advance(2_100);
    await cluster.whenAsked((it) => it.metadata.name !== csr.metadata.name);
  });

  test('that came with the kubeconfig is replaced at once', async () => {
    const pair = await cluster.authority.issue({
      commonName: 'system:node:node-9',
      organizations: ['system:nodes'],
      usages: ['clientAuth'],
      notBefore: new Date(clock.now().getTime() - HOUR),
      notAfter: new Date(clock.now().getTime() + HOUR),
    });
    const store = memoryStore();
    const manager = await started({ bootstrapPair: pair }, store);
    expect(manager.current()).toEqual(pair);
    expect(await store.current()).toEqual(pair);
    const first = changed(manager);
    const csr = await cluster.whenAsked();
    expect(csr.spec.username).toBe('system:node:node-9');
    await cluster.sign(csr, HOUR, clock.now());
    await first;
    expect(await store.current()).toEqual(manager.current());
  });

  test('that is kept is used, and not asked for', async () => {
    const pair = await cluster.authority.issue({
      ...nodeSubject('node-9'),
      usages: ['clientAuth'],
      notBefore: clock.now(),
      notAfter: new Date(clock.now().getTime() + 10 * HOUR),
    });
    const manager = await started({}, memoryStore(pair));
    await clock.whenAwaited(8 * HOUR);
    expect(manager.current()).toEqual(pair);
    expect(await cluster.csrs()).toEqual([]);
  });

  test('for addresses waits for them, and is asked for again when there are more', async () => {
    let addresses: { type: 'InternalIP'; address: string }[] = [];
    const as = await cluster.authority.issue({
      ...nodeSubject('node-9'),
      usages: ['clientAuth'],
      notBefore: clock.now(),
      notAfter: new Date(clock.now().getTime() + 10 * HOUR),
    });
    const { server, trust } = cluster.bootstrapConfig;
    const manager = await started({
      signerName: 'kubernetes.io/kubelet-serving',
      usage: 'server auth',
      template: () => servingTemplate('node-9', addresses),
      connect: () => clientOf(cluster.node, { server, trust, clientCertificate: as }),
    });
    manager.templateMayHaveChanged();
    expect(await cluster.csrs()).toEqual([]);
    addresses = [{ type: 'InternalIP', address: '10.0.0.19' }];
    manager.templateMayHaveChanged();
    const csr = await cluster.whenAsked();
    expect(csr.spec).toMatchObject({
      signerName: 'kubernetes.io/kubelet-serving',
      usages: ['digital signature', 'server auth'],
      username: 'system:node:node-9',
    });
    await clock.whenAwaited(15 * 60_000);
    // While it is waited for: nobody wants that one any more.
    addresses = [...addresses, { type: 'InternalIP', address: '10.0.0.20' }];
    manager.templateMayHaveChanged();
    await clock.whenAwaited(2_100);
    clock.advance(2_100);
    const both = await cluster.whenAsked((it) => it.metadata.name !== csr.metadata.name);
    const first = changed(manager);
    await cluster.sign(both, 10 * HOUR, clock.now());
    await first;
    await clock.whenAwaited(1_000);
    clock.advance(1_000);
    // Certificates count whole seconds.
    await clock.whenAwaited(8 * HOUR - 1_100);
    // Fewer are no reason, others are.
    addresses = [{ type: 'InternalIP', address: '10.0.0.20' }];
    manager.templateMayHaveChanged();
    expect(await cluster.csrs()).toHaveLength(2);
    addresses = [{ type: 'InternalIP', address: '10.0.0.21' }];
    manager.templateMayHaveChanged();
    const names = [csr, both].map((it) => it.metadata.name);
    await cluster.whenAsked((it) => !names.includes(it.metadata.name));
  });

  test('says whether the apiserver is there', async () => {
    const manager = await started({
      connect: () => clientOf(cluster.node, { ...cluster.bootstrapConfig, token: 'abcdef.aaaaaaaaaaaaaaaa' }),
    });
    await clock.whenAwaited(2_100);
    expect(manager.serverHealthy).toBe(true);
    const away = await started({
      connect: () =>
        clientOf(cluster.node, { ...cluster.bootstrapConfig, server: { host: '10.0.0.10', port: 6444 } }),
    });
    clock.advance(1);
    await clock.whenAwaited(2_100);
    expect(away.serverHealthy).toBe(false);
  });
});

import type { Duplex } from 'node:stream';
import { afterEach, expect, test } from '@jest/globals';
import pino from 'pino';
import type { KubeNode } from '../api/objects';
import type { Clock } from '../client/clock';
import { Informer } from '../client/informer';
import { pause } from '../client/pause';
import { startKubelet } from '../kubelet/kubelet';
import { parseKubeletConfiguration } from '../kubelet/kubelet-configuration';
import type { FabricHost } from '../network/fabric';
import type { Listener } from '../network/network';
import { addresses, ports } from './addresses';
import { type Cluster, startCluster } from './cluster';
import { defenceSettings } from './defences';
import { mintLabPki } from './lab-pki';

/** A node that loses its apiserver is given up after a while, and comes back by itself: a minute of it, in three seconds. */
const log = pino({ level: 'silent' });
const TWENTYFOLD = 20;
const hurried: Clock = { now: () => new Date(), pause: (ms, signal) => pause(ms / TWENTYFOLD, signal) };
const GRACE_MS = 2_000;
const WITHIN_MS = 15_000;

const opened: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const part of opened.splice(0).reverse()) await part.close();
}, 20_000);

/** The only way from the new node to the apiserver. */
class Link {
  readonly #host: FabricHost;
  readonly #open = new Set<Duplex>();
  #listener: Listener | null = null;

  constructor(host: FabricHost) {
    this.#host = host;
  }

  async join(): Promise<void> {
    this.#listener = await this.#host.listen(
      { address: addresses.standby, port: ports.apiserver },
      (inward) => {
        void this.#carry(inward.socket);
      },
    );
  }

  async cut(): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    await this.#listener?.close();
  }

  async #carry(inward: Duplex): Promise<void> {
    const outward = await this.#host.dial({ host: addresses.controlPlane, port: ports.apiserver });
    if (outward.kind === 'refusal') {
      inward.destroy();
      return;
    }
    for (const socket of [inward, outward.socket]) {
      this.#open.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => this.#open.delete(socket));
    }
    inward.pipe(outward.socket).pipe(inward);
  }
}

async function startLab(): Promise<Cluster> {
  const settings = defenceSettings('none');
  if (settings === null) throw new Error('the defence none is always run');
  const cluster = await startCluster({
    pki: await mintLabPki(),
    settings,
    log,
    controllers: true,
    controllerSettings: {
      nodeMonitorPeriodMs: 200,
      nodeGrace: { runningMs: GRACE_MS, startingMs: GRACE_MS },
    },
  });
  opened.push(cluster);
  return cluster;
}

test('a node that is cut off from its apiserver is unknown and tainted, and comes back by itself', async () => {
  const cluster = await startLab();
  const link = new Link(cluster.standby);
  await link.join();
  opened.push({ close: () => link.cut() });
  const kubelet = await startKubelet({
    host: cluster.newNode,
    nodeName: 'node-3',
    config: parseKubeletConfiguration(
      JSON.stringify({
        apiVersion: 'kubelet.config.k8s.io/v1beta1',
        kind: 'KubeletConfiguration',
        enableServer: false,
        authentication: { x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' } },
      }),
      'KubeletConfiguration',
    ),
    apiserver: {
      server: { host: addresses.standby, port: ports.apiserver },
      trust: { kind: 'verify', bundlePem: cluster.pki.caPem, host: addresses.controlPlane },
      clientCertificate: await cluster.credentials.kubelet('node-3'),
    },
    sandbox: { attachPod: async () => cluster.newNode },
    servingKeyPair: null,
    clientCaPem: cluster.pki.caPem,
    log,
    clock: hurried,
  });
  opened.push(kubelet);
  const nodes = new Informer<KubeNode>({ client: cluster.admin, path: '/api/v1/nodes', log });
  opened.push(nodes);
  const ready = (): string | undefined =>
    nodes.get('', 'node-3')?.status?.conditions?.find(({ type }) => type === 'Ready')?.status;
  const taints = (): string[] =>
    ((nodes.get('', 'node-3')?.spec as { taints?: { key: string; effect: string }[] })?.taints ?? [])
      .map(({ key, effect }) => `${key}:${effect}`)
      .sort();

  await nodes.until(() => ready() === 'True' && taints().length === 0, WITHIN_MS);
  expect([ready(), taints()]).toEqual(['True', []]);

  await link.cut();
  // NoExecute follows at the rate of evictions, and not at all where every node is silent.
  const unreachable = 'node.kubernetes.io/unreachable:NoSchedule';
  await nodes.until(() => ready() === 'Unknown' && taints().includes(unreachable), WITHIN_MS);
  expect([ready(), taints()]).toEqual(['Unknown', expect.arrayContaining([unreachable])]);

  await link.join();
  await nodes.until(() => ready() === 'True' && taints().length === 0, WITHIN_MS);
  expect([ready(), taints()]).toEqual(['True', []]);
}, 60_000);

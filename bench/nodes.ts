import { fork } from 'node:child_process';
import { once } from 'node:events';
import pino from 'pino';
import { parseApiserverFlags } from '../apiserver/flags';
import { startApiserver } from '../apiserver/server';
import { systemClock } from '../client/clock';
import { KubeClient } from '../client/kube-client';
import { kubeadmControllers, startControllerManager } from '../controller-manager/controller-manager';
import { signerNames } from '../controller-manager/signer-rules';
import { CLIENT_SIGNER, nodeSubject } from '../kubelet/bootstrap';
import { CertificateManager } from '../kubelet/certificate-manager';
import { memoryStore } from '../kubelet/certificate-store';
import { type Kubelet, startKubelet } from '../kubelet/kubelet';
import { clientOf } from '../kubelet/node-identity';
import { defaultSettings } from '../kubelet/settings';
import { createObjects } from '../lab/create-workloads';
import { bootstrapTokenSecret } from '../lab/joining-objects';
import { kubeadmObjects } from '../lab/kubeadm-objects';
import { hostNetwork } from '../network/host-network';
import { createAuthority } from '../pki/authority';
import { selfSignedKubeletServing } from '../pki/kubelet-serving';

/**
 * Many nodes that join at once: an apiserver and a controller-manager in one process, all the kubelets in another, over
 * TLS on the loopback. Each node has a bootstrap token to begin with, and then a key, a certificate and a TLS port of its own.
 */
export interface JoinedNodes extends Usage {
  readonly seconds: number;
}

/** Of both processes, when all nodes are Ready. */
interface Usage {
  readonly residentMiB: number;
  /** Since the joining began. */
  readonly processorSeconds: number;
}

export async function benchNodes(nodes: number): Promise<JoinedNodes> {
  await using controlPlane = new Part();
  await using kubelets = new Part();
  const cluster = await controlPlane.ask<Cluster>({ kind: 'run-control-plane' });
  const before = await controlPlane.ask<Usage>({ kind: 'tell-usage' });
  const joined = await kubelets.ask<JoinedNodes>({ kind: 'join-nodes', nodes, cluster });
  const after = await controlPlane.ask<Usage>({ kind: 'tell-usage' });
  return {
    seconds: joined.seconds,
    residentMiB: joined.residentMiB + after.residentMiB,
    processorSeconds: joined.processorSeconds + after.processorSeconds - before.processorSeconds,
  };
}

interface Cluster {
  readonly port: number;
  readonly caPem: string;
}

type Order =
  | { readonly kind: 'run-control-plane' }
  | { readonly kind: 'join-nodes'; readonly nodes: number; readonly cluster: Cluster }
  | { readonly kind: 'tell-usage' };

/** A process that does what it is told, one thing at a time, and ends when it is let go. */
class Part implements AsyncDisposable {
  readonly #child = fork(__filename, [], { execArgv: ['--expose-gc'] });
  readonly #ended = once(this.#child, 'exit');

  async ask<Answer>(order: Order): Promise<Answer> {
    this.#child.send(order);
    const [answer] = await Promise.race([
      once(this.#child, 'message'),
      this.#ended.then(([code]) => {
        throw new Error(`${order.kind} ended with ${code}`);
      }),
    ]);
    return answer as Answer;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.connected) this.#child.disconnect();
    await this.#ended;
  }
}

const token = { id: 'abcdef', secret: '0123456789abcdef' };
const log = pino({ level: 'silent' });
const loopback = '127.0.0.1';

/** Until the parent lets go of this process. */
async function runControlPlane(): Promise<Cluster> {
  const authority = await createAuthority({ commonName: 'LAB bench' });
  const client = (commonName: string, ...organizations: string[]) =>
    authority.issue({ commonName, organizations, usages: ['clientAuth'] });
  const serving = await authority.issue({
    commonName: 'kube-apiserver',
    ipAddresses: [loopback],
    usages: ['serverAuth'],
  });
  const files: Record<string, string> = {
    'ca.crt': authority.certPem,
    'tls.crt': serving.certPem,
    'tls.key': serving.keyPem,
  };
  const from = hostNetwork({ name: 'control-plane', addresses: [loopback] });
  const apiserver = await startApiserver({
    // Whatever port is free.
    host: { ...from, listen: (at, accept) => from.listen({ ...at, port: 0 }, accept) },
    flags: parseApiserverFlags([
      `--bind-address=${loopback}`,
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      '--disable-admission-plugins=ServiceAccount',
      '--enable-bootstrap-token-auth',
      '--client-ca-file=ca.crt',
      '--tls-cert-file=tls.crt',
      '--tls-private-key-file=tls.key',
    ]),
    readFile: async (path) => files[path] ?? '',
    log,
  });
  const server = { host: loopback, port: apiserver.at.port };
  const trust = { kind: 'verify', bundlePem: authority.certPem, host: loopback } as const;
  const admin = new KubeClient({
    from,
    server,
    trust,
    clientCertificate: await client('admin', 'system:masters'),
  });
  await createObjects(admin, kubeadmObjects());
  await admin.request('POST', '/api/v1/namespaces/kube-system/secrets', {
    body: bootstrapTokenSecret(token, null),
  });
  const manager = startControllerManager({
    client: { from, server, trust, clientCertificate: await client('system:kube-controller-manager') },
    controllers: kubeadmControllers,
    settings: {
      signingAuthorities: Object.fromEntries(signerNames.map((name) => [name, async () => authority])),
    },
    log,
  });

  process.once('disconnect', () => {
    void manager
      .close()
      .then(() => admin.close())
      .then(() => apiserver.close());
  });
  return { port: apiserver.at.port, caPem: authority.certPem };
}

async function joinNodes(nodes: number, { port, caPem }: Cluster): Promise<JoinedNodes> {
  const server = { host: loopback, port };
  const trust = { kind: 'verify', bundlePem: caPem, host: loopback } as const;
  const before = process.cpuUsage();
  const began = performance.now();
  const kubelets = await Promise.all(
    Array.from({ length: nodes }, (_, index) => joinOne(`node-${index + 1}`, { server, trust })),
  );
  const seconds = (performance.now() - began) / 1000;
  process.once('disconnect', () => {
    for (const kubelet of kubelets) void kubelet.close();
  });
  return { seconds, ...usage(before) };
}

function usage(since?: NodeJS.CpuUsage): Usage {
  const { user, system } = process.cpuUsage(since);
  global.gc?.();
  return {
    processorSeconds: (user + system) / 1e6,
    residentMiB: process.memoryUsage().rss / 1024 / 1024,
  };
}

/** Resolves when the apiserver has the node and knows it to be Ready. */
async function joinOne(
  nodeName: string,
  cluster: Pick<Parameters<typeof clientOf>[1], 'server' | 'trust'>,
): Promise<Pick<Kubelet, 'close'>> {
  const host = hostNetwork({ name: nodeName, addresses: [loopback] });
  const credential = await CertificateManager.open({
    name: CLIENT_SIGNER,
    signerName: CLIENT_SIGNER,
    usage: 'client auth',
    template: () => nodeSubject(nodeName),
    store: memoryStore(),
    connect: (current) =>
      clientOf(
        host,
        current === null
          ? { ...cluster, token: `${token.id}.${token.secret}` }
          : { ...cluster, clientCertificate: current },
      ),
    clock: systemClock,
    log,
  });
  credential.start();
  const kubelet = await startKubelet({
    host,
    nodeName,
    config: { ...defaultSettings('config-file', loopback), port: 0, healthzPort: 0 },
    apiserver: { ...cluster, clientCertificate: credential },
    sandbox: { attachPod: () => host },
    servingKeyPair: await selfSignedKubeletServing(nodeName),
    clientCaPem: null,
    readyWithinMs: null,
    log,
  });
  return {
    close: async () => {
      await kubelet.close();
      await credential.close();
    },
  };
}

async function obey(order: Order): Promise<Cluster | JoinedNodes | Usage> {
  switch (order.kind) {
    case 'run-control-plane':
      return runControlPlane();
    case 'join-nodes':
      return joinNodes(order.nodes, order.cluster);
    case 'tell-usage':
      return usage();
  }
}

if (require.main === module) {
  process.on('message', (order: Order) => {
    void obey(order).then((answer) => process.send?.(answer));
  });
}

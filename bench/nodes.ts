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
 * Many nodes that join at once: an apiserver, a controller-manager and all the kubelets in one process, over TLS on the
 * loopback. Each node has a bootstrap token to begin with, and then a key, a certificate and a TLS port of its own.
 */
export interface JoinedNodes {
  readonly seconds: number;
  /** Of the whole process, when all are Ready. */
  readonly residentMiB: number;
}

/** In a process of its own, so that its memory is its own. */
export async function benchNodes(nodes: number): Promise<JoinedNodes> {
  const child = fork(__filename, [], { execArgv: ['--expose-gc'] });
  child.send(nodes);
  const [joined] = await Promise.race([
    once(child, 'message'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the nodes ended with ${code}`);
    }),
  ]);
  const ended = once(child, 'exit');
  child.disconnect();
  await ended;
  return joined as JoinedNodes;
}

const token = { id: 'abcdef', secret: '0123456789abcdef' };
const log = pino({ level: 'silent' });
const loopback = '127.0.0.1';

async function joinAll(nodes: number): Promise<JoinedNodes> {
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

  const began = performance.now();
  const kubelets = await Promise.all(
    Array.from({ length: nodes }, (_, index) => joinOne(`node-${index + 1}`, { server, trust })),
  );
  const seconds = (performance.now() - began) / 1000;
  global.gc?.();
  const residentMiB = process.memoryUsage().rss / 1024 / 1024;
  await Promise.all(kubelets.map((it) => it.close()));
  await manager.close();
  await admin.close();
  await apiserver.close();
  return { seconds, residentMiB };
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

if (require.main === module) {
  process.once('message', (nodes: number) => {
    void joinAll(nodes).then((joined) => process.send?.(joined));
  });
}

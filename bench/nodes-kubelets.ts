import pino from 'pino';
import { systemClock } from '../client/clock';
import { CLIENT_SIGNER, nodeSubject } from '../kubelet/bootstrap';
import { CertificateManager } from '../kubelet/certificate-manager';
import { memoryStore } from '../kubelet/certificate-store';
import { clientOf } from '../kubelet/client-credential';
import { type Kubelet, startKubelet } from '../kubelet/kubelet';
import { defaultSettings } from '../kubelet/settings';
import { hostNetwork } from '../network/host-network';
import { selfSignedKubeletServing } from '../pki/kubelet-serving';
import type { Cluster } from './nodes-control-plane';
import { type Usage, usage } from './nodes-usage';

/** The process of all the kubelets: told how many and where, it answers when the last of them is Ready. */
export interface Joined extends Usage {
  readonly seconds: number;
}

const log = pino({ level: 'silent' });
const loopback = '127.0.0.1';

async function joinNodes(nodes: number, { port, caPem, bootstrapToken }: Cluster): Promise<Joined> {
  const server = { host: loopback, port };
  const trust = { kind: 'verify', bundlePem: caPem, host: loopback } as const;
  const before = process.cpuUsage();
  const began = performance.now();
  const kubelets = await Promise.all(
    Array.from({ length: nodes }, (_, index) =>
      joinOne(`node-${index + 1}`, { server, trust }, bootstrapToken),
    ),
  );
  const seconds = (performance.now() - began) / 1000;
  process.once('disconnect', () => {
    for (const kubelet of kubelets) void kubelet.close();
  });
  return { seconds, ...usage(before) };
}

/** Resolves when the apiserver has the node and knows it to be Ready. */
async function joinOne(
  nodeName: string,
  cluster: Pick<Parameters<typeof clientOf>[1], 'server' | 'trust'>,
  token: string,
): Promise<Pick<Kubelet, 'close'>> {
  const host = hostNetwork({ name: nodeName, addresses: [loopback] });
  const credential = await CertificateManager.open({
    name: CLIENT_SIGNER,
    signerName: CLIENT_SIGNER,
    usage: 'client auth',
    template: () => nodeSubject(nodeName),
    store: memoryStore(),
    connect: (current) =>
      clientOf(host, current === null ? { ...cluster, token } : { ...cluster, clientCertificate: current }),
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

process.once('message', ({ nodes, cluster }: { nodes: number; cluster: Cluster }) => {
  void joinNodes(nodes, cluster).then((joined) => process.send?.(joined));
});

import pino from 'pino';
import { parseApiserverFlags } from '../apiserver/flags';
import { startApiserver } from '../apiserver/server';
import { KubeClient } from '../client/kube-client';
import { kubeadmControllers, startControllerManager } from '../controller-manager/controller-manager';
import { signerNames } from '../controller-manager/signer-rules';
import { createObjects } from '../lab/create-workloads';
import { bootstrapTokenSecret } from '../lab/joining-objects';
import { kubeadmObjects } from '../lab/kubeadm-objects';
import { hostNetwork } from '../network/host-network';
import { createAuthority } from '../pki/authority';
import { usage } from './nodes-usage';

/** The process of an apiserver and its controllers, for as long as the parent holds on to it. */
export interface Cluster {
  readonly port: number;
  readonly caPem: string;
  readonly bootstrapToken: string;
}

const token = { id: 'abcdef', secret: '0123456789abcdef' };
const log = pino({ level: 'silent' });
const loopback = '127.0.0.1';

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
  process.on('message', () => process.send?.(usage()));
  return {
    port: apiserver.at.port,
    caPem: authority.certPem,
    bootstrapToken: `${token.id}.${token.secret}`,
  };
}

void runControlPlane().then((cluster) => process.send?.(cluster));

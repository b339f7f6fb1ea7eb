import { createPublicKey } from 'node:crypto';
import type { KubeObject } from '../api/objects';
import { parseApiserverFlags } from '../apiserver/flags';
import { startApiserver } from '../apiserver/server';
import { KubeClient } from '../client/kube-client';
import type { ClientConfig } from '../client/kubeconfig';
import { Fabric, type FabricHost } from '../network/fabric';
import { type Authority, createAuthority } from '../pki/authority';
import { parseCertificateRequest } from '../wire/certificate-request';
import { detachedJws } from '../wire/detached-jws';
import { ipText } from '../wire/ip-address';
import { pemBlocks } from '../wire/pem';
import { silent } from './kubelet.test.fixtures';

/** A control plane that somebody may join: a real apiserver, a bootstrap token, and a person who decides on requests. */

export const TOKEN = 'abcdef.0123456789abcdef';
export const SERVER = { host: '10.0.0.10', port: 6443 };
export const CSRS = '/apis/certificates.k8s.io/v1/certificatesigningrequests';

/** Whatever clock a test goes by. */
const ALWAYS = { notBefore: new Date('2020-01-01'), notAfter: new Date('2049-01-01') };

export interface Csr extends KubeObject {
  readonly spec: {
    readonly request: string;
    readonly signerName: string;
    readonly usages: readonly string[];
    readonly username: string;
  };
  readonly status: { conditions?: object[]; certificate?: string };
}

export interface ControlPlane extends AsyncDisposable {
  readonly fabric: Fabric;
  readonly node: FabricHost;
  readonly authority: Authority;
  readonly admin: KubeClient;
  /** What a kubeconfig with the token says. */
  readonly bootstrapConfig: ClientConfig;
  csrs(): Promise<readonly Csr[]>;
  /** Resolves with the first request that fits, once there is one. */
  whenAsked(fits?: (csr: Csr) => boolean): Promise<Csr>;
  /** As the controller-manager's signer would, whoever asked. */
  sign(csr: Csr, lifetimeMs?: number, now?: Date): Promise<void>;
  deny(csr: Csr): Promise<void>;
  publishClusterInfo(over?: {
    readonly caPem?: string;
    readonly data?: Record<string, string>;
  }): Promise<void>;
}

export async function startControlPlane(options: { now?: () => Date } = {}): Promise<ControlPlane> {
  const authority = await createAuthority({ commonName: 'LAB joining test', ...ALWAYS });
  const fabric = new Fabric();
  const controlPlane = fabric.addHost({ name: 'control-plane', addresses: ['10.0.0.10/24'] });
  const node = fabric.addHost({ name: 'node-9', addresses: ['10.0.0.19/24'] });
  const serving = await authority.issue({
    commonName: 'kube-apiserver',
    ipAddresses: ['10.0.0.10'],
    usages: ['serverAuth'],
    ...ALWAYS,
  });
  const files: Record<string, string> = {
    'ca.crt': authority.certPem,
    'tls.crt': serving.certPem,
    'tls.key': serving.keyPem,
  };
  const apiserver = await startApiserver({
    host: controlPlane,
    flags: parseApiserverFlags([
      '--bind-address=10.0.0.10',
      '--secure-port=6443',
      '--authorization-mode=Node,RBAC',
      '--client-ca-file=ca.crt',
      '--tls-cert-file=tls.crt',
      '--tls-private-key-file=tls.key',
      '--enable-bootstrap-token-auth',
      '--disable-admission-plugins=ServiceAccount',
    ]),
    readFile: async (path) => files[path] ?? '',
    log: silent,
    ...options,
  });
  const trust = { kind: 'verify', bundlePem: authority.certPem, host: SERVER.host } as const;
  const admin = new KubeClient({
    from: controlPlane,
    server: SERVER,
    trust,
    clientCertificate: await authority.issue({
      commonName: 'admin',
      organizations: ['system:masters'],
      usages: ['clientAuth'],
      ...ALWAYS,
    }),
  });
  const send = async (method: string, path: string, body: object): Promise<void> => {
    const answer = await admin.request(method, path, { body });
    if (!answer.ok) throw new Error(answer.words);
  };
  await allowJoining(send);
  const csrs = async (): Promise<readonly Csr[]> => {
    const answer = await admin.request('GET', CSRS);
    return (answer.json() as { items: Csr[] }).items;
  };
  const decide = (csr: Csr, part: string, status: object): Promise<void> =>
    send('PUT', `${CSRS}/${csr.metadata.name}/${part}`, { ...csr, status });
  return {
    fabric,
    node,
    authority,
    admin,
    bootstrapConfig: { server: SERVER, trust, token: TOKEN },
    csrs,
    whenAsked: (fits = () => true) =>
      new Promise((resolve) => {
        const watch = admin.watch(CSRS, (type, object) => {
          const csr = object as unknown as Csr;
          if (type !== 'ADDED' || !fits(csr)) return;
          watch.close();
          resolve(csr);
        });
      }),
    deny: (csr) => decide(csr, 'approval', { conditions: [{ ...condition('Denied'), reason: 'NotYou' }] }),
    sign: async (csr, lifetimeMs = 86_400_000, now = new Date()) => {
      await decide(csr, 'approval', { conditions: [condition('Approved')] });
      const approved = (await admin.request('GET', `${CSRS}/${csr.metadata.name}`)).json() as Csr;
      const certificate = await certified(authority, csr, lifetimeMs, now);
      await decide(approved, 'status', {
        ...approved.status,
        certificate: Buffer.from(certificate).toString('base64'),
      });
    },
    publishClusterInfo: ({ caPem = authority.certPem, data } = {}) => {
      const kubeconfig = clusterInfoKubeconfig(caPem);
      const jws = detachedJws(kubeconfig, { id: 'abcdef', secret: '0123456789abcdef' });
      return send('POST', '/api/v1/namespaces/kube-public/configmaps', {
        metadata: { name: 'cluster-info' },
        data: data ?? { kubeconfig, 'jws-kubeconfig-abcdef': jws },
      });
    },
    [Symbol.asyncDispose]: async () => {
      await admin.close();
      await apiserver.close();
      await fabric.close();
    },
  };
}

export function clusterInfoKubeconfig(caPem: string): string {
  const cluster = {
    'certificate-authority-data': Buffer.from(caPem).toString('base64'),
    server: 'https://10.0.0.10:6443',
  };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: '', cluster }],
    contexts: null,
    users: null,
    'current-context': '',
    preferences: {},
  });
}

function condition(type: string): object {
  return { type, status: 'True', reason: 'ByHand', message: 'somebody decided' };
}

async function certified(authority: Authority, csr: Csr, lifetimeMs: number, now: Date): Promise<string> {
  const [block] = pemBlocks(Buffer.from(csr.spec.request, 'base64').toString());
  const request = parseCertificateRequest(block?.der ?? Buffer.alloc(0));
  if (request.kind !== 'certificate-request') throw new Error(request.text);
  const names = request.extensions.subjectAltName?.names ?? [];
  const { commonName, organizations } = request.subject;
  return authority.certify(createPublicKey({ key: request.rawPublicKey, format: 'der', type: 'spki' }), {
    commonName,
    organizations,
    dnsNames: names.flatMap((it) => (it.kind === 'dns' ? [it.value] : [])),
    ipAddresses: names.flatMap((it) => (it.kind === 'ip' ? [ipText(it.octets)] : [])),
    usages: [csr.spec.usages.includes('server auth') ? 'serverAuth' : 'clientAuth'],
    notBefore: now,
    notAfter: new Date(now.getTime() + lifetimeMs),
  });
}

/** What kubeadm init leaves behind, as far as it concerns a node that joins. */
async function allowJoining(
  send: (method: string, path: string, body: object) => Promise<void>,
): Promise<void> {
  const rbac = '/apis/rbac.authorization.k8s.io/v1';
  const group = 'system:bootstrappers:kubeadm:default-node-token';
  const apiGroup = 'rbac.authorization.k8s.io';
  const encoded = (data: Record<string, string>) =>
    Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
    );
  await send('POST', '/api/v1/namespaces/kube-system/secrets', {
    metadata: { name: 'bootstrap-token-abcdef' },
    type: 'bootstrap.kubernetes.io/token',
    data: encoded({
      'token-id': 'abcdef',
      'token-secret': '0123456789abcdef',
      'usage-bootstrap-authentication': 'true',
      'usage-bootstrap-signing': 'true',
      'auth-extra-groups': group,
    }),
  });
  await send('POST', `${rbac}/clusterrolebindings`, {
    metadata: { name: 'kubeadm:kubelet-bootstrap' },
    roleRef: { apiGroup, kind: 'ClusterRole', name: 'system:node-bootstrapper' },
    subjects: [{ apiGroup, kind: 'Group', name: group }],
  });
  await send('POST', `${rbac}/namespaces/kube-public/roles`, {
    metadata: { name: 'kubeadm:bootstrap-signer-clusterinfo' },
    rules: [{ apiGroups: [''], resources: ['configmaps'], resourceNames: ['cluster-info'], verbs: ['get'] }],
  });
  await send('POST', `${rbac}/namespaces/kube-public/rolebindings`, {
    metadata: { name: 'kubeadm:bootstrap-signer-clusterinfo' },
    roleRef: { apiGroup, kind: 'Role', name: 'kubeadm:bootstrap-signer-clusterinfo' },
    subjects: [{ apiGroup, kind: 'User', name: 'system:anonymous' }],
  });
}

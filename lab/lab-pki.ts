import { type Authority, createAuthority } from '../pki/authority';
import { generateKey, privateKeyPem } from '../pki/key-algorithm';
import { selfSignedKubeletServing } from '../pki/kubelet-serving';
import { generateSshKey, type SshKey } from '../pki/ssh-key';
import { type Randomness, systemRandomness } from '../randomness';
import type { KeyPair } from '../wire/pem';
import { addresses } from './addresses';

/**
 * Every key of one lab, minted at its start and gone with it. As with kubeadm, one authority signs everything:
 * the apiserver, the kubelets (clients and servers) and the people.
 */
export interface LabPki {
  readonly authority: Authority;
  readonly caPem: string;
  /** The apiserver's own serving certificate. */
  readonly apiserver: KeyPair;
  /** What the apiserver shows to kubelets that ask: --kubelet-client-certificate. */
  readonly apiserverKubeletClient: KeyPair;
  /** A cluster administrator, O=system:masters. */
  readonly admin: KeyPair;
  /** The controller-manager and the scheduler as clients. */
  readonly controllerManager: KeyPair;
  readonly scheduler: KeyPair;
  /** Every node's service proxy as a client: one user for all of them. */
  readonly kubeProxy: KeyPair;
  /** What signs the tokens of service accounts: --service-account-signing-key-file. */
  readonly serviceAccountKeyPem: string;
  readonly kubeletClients: Readonly<Record<NodeName, KeyPair>>;
  /** Signed by the cluster's authority for the node's name and address, as serverTLSBootstrap brings them. */
  readonly kubeletServing: Readonly<Record<NodeName, KeyPair>>;
  /** What a kubelet makes for itself when nobody gives it a certificate: its host name only, signed by nobody known. */
  readonly kubeletSelfSigned: Readonly<Record<NodeName, KeyPair>>;
  /** The https backends' own certificate: workloads bring what they like, nobody checks it. */
  readonly workload: KeyPair;
  /** For SSH tunnels: what the apiserver logs in to nodes with, and the host keys of the nodes. */
  readonly ssh: { readonly client: SshKey; readonly hosts: Readonly<Record<NodeName, SshKey>> };
}

export type NodeName = 'node-1' | 'node-2';

export const nodeNames: readonly NodeName[] = ['node-1', 'node-2'];

export const nodeAddress: Readonly<Record<NodeName, string>> = {
  'node-1': addresses.node1,
  'node-2': addresses.node2,
};

/** The machines whose addresses stand in certificates. */
export interface CertifiedAddresses {
  readonly controlPlane: string;
  readonly nodes: Readonly<Record<NodeName, string>>;
}

/** `at` by default: the addresses of the embedded lab. */
export async function mintLabPki({
  at = { controlPlane: addresses.controlPlane, nodes: nodeAddress },
  random = systemRandomness,
}: {
  readonly at?: CertifiedAddresses;
  readonly random?: Randomness;
} = {}): Promise<LabPki> {
  const authority = await createAuthority({ commonName: 'LAB kubernetes', random: random.for('authority') });
  const selfSigned = (hostname: string): Promise<KeyPair> =>
    selfSignedKubeletServing(hostname, { random: random.for(`self-signed ${hostname}`) });
  const sshKey = (owner: string): Promise<SshKey> => generateSshKey('ec-p256', random.for(`ssh ${owner}`));
  const client = (commonName: string, ...organizations: string[]): Promise<KeyPair> =>
    authority.issue({ commonName, organizations, usages: ['clientAuth'] });
  const serving = (node: NodeName): Promise<KeyPair> =>
    authority.issue({
      commonName: `system:node:${node}`,
      organizations: ['system:nodes'],
      dnsNames: [node],
      ipAddresses: [at.nodes[node]],
      usages: ['serverAuth'],
    });
  const [
    apiserver,
    apiserverKubeletClient,
    admin,
    controllerManager,
    scheduler,
    kubeProxy,
    kubeletClients,
    kubeletServing,
    kubeletSelfSigned,
    workload,
    sshClient,
    sshHosts,
  ] = await Promise.all([
    authority.issue({
      commonName: 'kube-apiserver',
      dnsNames: [
        'control-plane',
        'kubernetes',
        'kubernetes.default',
        'kubernetes.default.svc',
        'kubernetes.default.svc.cluster.local',
        'localhost',
      ],
      ipAddresses: [at.controlPlane, '10.96.0.1', '127.0.0.1'],
      usages: ['serverAuth'],
    }),
    client('kube-apiserver-kubelet-client', 'kubeadm:cluster-admins'),
    client('kubernetes-admin', 'system:masters'),
    client('system:kube-controller-manager'),
    client('system:kube-scheduler'),
    client('system:kube-proxy'),
    perNode((node) => client(`system:node:${node}`, 'system:nodes')),
    perNode(serving),
    perNode(selfSigned),
    selfSigned('web.default.svc'),
    sshKey('apiserver'),
    perNode(sshKey),
  ]);
  const serviceAccountKey = await generateKey('ec-p256', random.for('service accounts'));
  return {
    authority,
    caPem: authority.certPem,
    apiserver,
    apiserverKubeletClient,
    admin,
    controllerManager,
    scheduler,
    kubeProxy,
    serviceAccountKeyPem: privateKeyPem(serviceAccountKey.privateKey),
    kubeletClients,
    kubeletServing,
    kubeletSelfSigned,
    workload,
    ssh: { client: sshClient, hosts: sshHosts },
  };
}

async function perNode<Made>(make: (node: NodeName) => Promise<Made>): Promise<Record<NodeName, Made>> {
  const [first, second] = await Promise.all([make('node-1'), make('node-2')]);
  return { 'node-1': first, 'node-2': second };
}

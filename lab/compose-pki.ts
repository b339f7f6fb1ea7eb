import { randomBytes } from 'node:crypto';
import { formatKubeconfig } from '../client/kubeconfig';
import type { KeyPair } from '../wire/pem';
import { ports } from './addresses';
import { composeAddresses } from './compose-settings';
import { handedCertificate, handedTechniques } from './handed-certificates';
import { type KonnectivityPki, konnectivityFiles, mintKonnectivityPki } from './konnectivity';
import { formatLabDescriptor, type PlaceOfAttacker } from './lab-descriptor';
import { type LabPki, mintLabPki, type NodeName, nodeNames } from './lab-pki';
import { sshFiles } from './lab-tunnels';

/**
 * Every file that the containers of one lab are given, by the folder of its reader. Nobody reads two folders: what the
 * attacker does not get here it has to take. The authority's key is in none of them; it is gone when this returns.
 */
export interface ComposePki {
  readonly folders: Readonly<Record<PkiFolder, Readonly<Record<string, string>>>>;
  /** For the user's own kubectl, on the machine that the containers run on. */
  readonly hostKubeconfig: string;
}

export type PkiFolder =
  | 'apiserver'
  | NodeName
  | 'kube-proxy'
  | 'controller-manager'
  | 'scheduler'
  | 'attacker'
  | `sshd-${NodeName}`
  | 'konnectivity-server'
  | 'konnectivity-agent'
  | 'workstation';

export const pkiFolders: readonly PkiFolder[] = [
  'apiserver',
  'node-1',
  'node-2',
  'kube-proxy',
  'controller-manager',
  'scheduler',
  'attacker',
  'sshd-node-1',
  'sshd-node-2',
  'konnectivity-server',
  'konnectivity-agent',
  'workstation',
];

/** Says which set a folder belongs to, and that it is complete: written last. */
export const setMarker = 'set';

export async function mintComposePki(): Promise<ComposePki> {
  const { controlPlane, konnectivityServer, nodes, published } = composeAddresses;
  const pki = await mintLabPki({ at: { controlPlane, nodes } });
  const { authority } = pki;
  const konnectivity = await mintKonnectivityPki(authority, authority, konnectivityServer);
  const agent = await authority.issue({ commonName: 'konnectivity-agent', usages: ['clientAuth'] });
  const token = randomBytes(24).toString('hex');
  const set = `${randomBytes(8).toString('hex')}\n`;
  const hostKubeconfig = adminKubeconfig(pki, { host: published.address, port: published.port });
  return {
    folders: {
      apiserver: {
        'pki/ca.crt': pki.caPem,
        ...pair('pki/apiserver', pki.apiserver),
        ...pair('pki/apiserver-kubelet-client', pki.apiserverKubeletClient),
        'pki/sa.key': pki.serviceAccountKeyPem,
        // What its flags name once it is told to use a tunnel.
        ...mountedAt(KUBERNETES, {
          ...sshFiles(pki, nodes),
          ...konnectivityFiles(konnectivity, konnectivityServer),
        }),
        [setMarker]: set,
      },
      'node-1': { ...nodeFiles(pki, 'node-1'), [setMarker]: set },
      'node-2': { ...nodeFiles(pki, 'node-2'), [setMarker]: set },
      // One user for the proxies of all nodes.
      'kube-proxy': {
        'kube-proxy.conf': componentKubeconfig(pki, pki.kubeProxy, 'system:kube-proxy'),
        'kube-proxy.yaml': `${JSON.stringify(kubeProxyConfiguration)}\n`,
        [setMarker]: set,
      },
      'controller-manager': {
        'controller-manager.conf': componentKubeconfig(
          pki,
          pki.controllerManager,
          'system:kube-controller-manager',
        ),
        'pki/ca.crt': pki.caPem,
        [setMarker]: set,
      },
      scheduler: {
        'scheduler.conf': componentKubeconfig(pki, pki.scheduler, 'system:kube-scheduler'),
        [setMarker]: set,
      },
      attacker: { 'control-token': `${token}\n`, [setMarker]: set },
      'sshd-node-1': { ...sshdFiles(pki, 'node-1'), [setMarker]: set },
      'sshd-node-2': { ...sshdFiles(pki, 'node-2'), [setMarker]: set },
      'konnectivity-server': {
        'ca.crt': pki.caPem,
        ...pair('server', konnectivity.server),
        [setMarker]: set,
      },
      'konnectivity-agent': { 'ca.crt': pki.caPem, ...pair('agent', agent), [setMarker]: set },
      workstation: {
        'lab.json': descriptor(composeAddresses.attacker.address, 'route'),
        // With the profile arp, the same lab by way of another attacker.
        'arp.json': descriptor(composeAddresses.arpAttacker.address, 'arp'),
        'admin.conf': adminKubeconfig(pki, { host: controlPlane, port: ports.apiserver }),
        'host.conf': hostKubeconfig,
        'control-token': `${token}\n`,
        ...(await handedFiles(pki, konnectivity)),
        [setMarker]: set,
      },
    },
    hostKubeconfig,
  };
}

function descriptor(attacker: string, position: PlaceOfAttacker): string {
  const node1 = composeAddresses.nodes['node-1'];
  return formatLabDescriptor({
    kubeconfig: 'admin.conf',
    attacker: {
      host: attacker,
      port: composeAddresses.attacker.port,
      tokenFile: 'control-token',
      position,
    },
    handed: 'handed',
    settings: '/etc/midplane/settings',
    // The pods of a node are on the node's own network.
    addresses: { node1, webPod: node1 },
  });
}

/** Where the apiserver has its folder. */
const KUBERNETES = '/etc/kubernetes/';

function mountedAt(folder: string, files: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(files).map(([path, content]) => [path.replace(folder, ''), content]),
  );
}

function sshdFiles({ ssh }: LabPki, node: NodeName): Record<string, string> {
  const host = ssh.hosts[node];
  return {
    host_key: host.privateKeyPem,
    'host_key.pub': `${host.publicKey}\n`,
    authorized_keys: `${ssh.client.publicKey}\n`,
  };
}

function nodeFiles(pki: LabPki, node: NodeName): Record<string, string> {
  const configuration = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    authentication: { x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' } },
  };
  return {
    'kubelet.yaml': `${JSON.stringify(configuration)}\n`,
    'kubelet.conf': componentKubeconfig(pki, pki.kubeletClients[node], `system:node:${node}`),
    'pki/ca.crt': pki.caPem,
    ...pair('pki/kubelet', pki.kubeletServing[node]),
  };
}

/** The pods have the addresses of their nodes here, so nothing is known of a cluster CIDR. */
const kubeProxyConfiguration = {
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
  clientConnection: { kubeconfig: '/etc/kubernetes/kube-proxy.conf' },
  mode: 'nftables',
  // By itself the program listens on the loopback only; load balancers ask from outside.
  healthzBindAddress: '0.0.0.0:10256',
};

function componentKubeconfig(pki: LabPki, clientCertificate: KeyPair, user: string): string {
  const { controlPlane: host } = composeAddresses;
  const trust = { kind: 'verify', bundlePem: pki.caPem, host } as const;
  return formatKubeconfig({ server: { host, port: ports.apiserver }, trust, clientCertificate }, user);
}

function adminKubeconfig(pki: LabPki, server: { host: string; port: number }): string {
  const trust = { kind: 'verify', bundlePem: pki.caPem, host: server.host } as const;
  return formatKubeconfig({ server, trust, clientCertificate: pki.admin }, 'midplane');
}

/** `<technique>-<host>.crt|.key`: for the techniques that need more than a place on the network. */
async function handedFiles(pki: LabPki, { server }: KonnectivityPki): Promise<Record<string, string>> {
  const { konnectivityServer, nodes } = composeAddresses;
  const endpoints = [
    ...nodeNames.map((node) => ({ node, host: nodes[node], genuine: pki.kubeletServing[node] })),
    { node: 'node-1' as const, host: konnectivityServer, genuine: server },
  ];
  const files: Record<string, string> = {};
  for (const { node, host, genuine } of endpoints) {
    const otherNode = nodeNames.find((it) => it !== node) ?? node;
    for (const technique of handedTechniques) {
      const handed = await handedCertificate(technique, {
        authority: pki.authority,
        node,
        host,
        otherNode,
        otherHost: nodes[otherNode],
        genuine,
      });
      if (handed !== null) Object.assign(files, pair(`handed/${technique}-${host}`, handed));
    }
  }
  return files;
}

function pair(name: string, { certPem, keyPem }: KeyPair): Record<string, string> {
  return { [`${name}.crt`]: certPem, [`${name}.key`]: keyPem };
}

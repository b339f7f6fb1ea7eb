/** Where everything of the embedded lab is. The same addresses every time: texts that quote them stay comparable. */
export const addresses = {
  workstation: '10.0.0.5',
  controlPlane: '10.0.0.10',
  node1: '10.0.0.11',
  node2: '10.0.0.12',
  /** Where node-2 is when it came back with another address. */
  node2Later: '10.0.0.22',
  /** A machine that is to become a node. */
  node3: '10.0.0.13',
  /** A second control-plane machine: what runs on the first one has no network to cross to its apiserver. */
  standby: '10.0.0.20',
  /** Konnectivity's proxy server, where a defence has one. */
  konnectivityServer: '10.0.0.30',
  attacker: '10.0.0.66',
} as const;

/** The first pod address of node-1: the kubelet gives them in order, and `web` is started first. */
export const webPodAddress = '10.244.1.2';

/** Where all pods are: --cluster-cidr. */
export const clusterCidr = '10.244.0.0/16';

export const podCidrs = { 'node-1': '10.244.1.0/24', 'node-2': '10.244.2.0/24' } as const;

export const ports = {
  apiserver: 6443,
  kubelet: 10250,
  /** Of the proxy server: for the apiserver, and for agents. */
  konnectivityServer: 8090,
  konnectivityAgents: 8091,
  ssh: 22,
  /** The host-network agent of a node: plain and over TLS (node-exporter's port, and one beside it). */
  nodeAgent: 9100,
  nodeAgentTls: 9443,
  web: 8080,
  webTls: 8443,
} as const;

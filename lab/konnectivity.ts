import type { Logger } from 'pino';
import type { KubeObject } from '../api/objects';
import { KubeClient } from '../client/kube-client';
import { MidplaneError } from '../error';
import type { Fabric, FabricHost } from '../network/fabric';
import type { Host } from '../network/network';
import { timeLimit } from '../network/time-limit';
import type { Authority } from '../pki/authority';
import { integerBelow, type Randomness } from '../randomness';
import { type KonnectivityAgent, startKonnectivityAgent } from '../tunnel/konnectivity-agent';
import { agentTokenCheck } from '../tunnel/konnectivity-agent-token';
import type { ProxyStrategy } from '../tunnel/konnectivity-backends';
import { type KonnectivityServer, startKonnectivityServer } from '../tunnel/konnectivity-server';
import type { KeyPair } from '../wire/pem';
import { addresses, ports } from './addresses';
import { verifiedApiserver } from './control-plane';
import { createObjects } from './create-workloads';
import { egressSelectorFile } from './defences';
import type { LabPki } from './lab-pki';

/**
 * The lab's Konnectivity: a proxy server on a machine of its own in the control plane's network, so that the apiserver
 * has a wire to it, and one agent, on node-2, so that it has a wire to node-1 and its pods. As with kubeadm the
 * cluster's authority signs for everybody. Settings after kubernetes-sigs/apiserver-network-proxy, examples/kubernetes.
 */
export interface KonnectivityPki {
  readonly server: KeyPair;
  /** --server-ca-cert: whose certificates open the frontend. */
  readonly frontendCaPem: string;
  /** What the apiserver shows to the proxy server. */
  readonly apiserver: KeyPair;
  /** The proxy server as a client of the apiserver, which it asks about tokens. */
  readonly reviewer: KeyPair;
}

/** `frontend`: whose certificates open the port for the apiserver. Default: the cluster's, as with kubeadm. */
export async function mintKonnectivityPki(
  authority: Authority,
  frontend: Authority = authority,
  at: string = addresses.konnectivityServer,
): Promise<KonnectivityPki> {
  const [server, apiserver, reviewer] = await Promise.all([
    authority.issue({
      commonName: 'konnectivity-server',
      ipAddresses: [at],
      usages: ['serverAuth'],
    }),
    frontend.issue({ commonName: 'kube-apiserver-konnectivity-client', usages: ['clientAuth'] }),
    authority.issue({ commonName: REVIEWER, usages: ['clientAuth'] }),
  ]);
  return { server, frontendCaPem: frontend.certPem, apiserver, reviewer };
}

const FOLDER = '/etc/kubernetes/konnectivity';

/** What the apiserver reads, by path. */
export function konnectivityFiles(
  { apiserver }: KonnectivityPki,
  at: string = addresses.konnectivityServer,
): Readonly<Record<string, string>> {
  return {
    [egressSelectorFile]: `apiVersion: apiserver.k8s.io/v1beta1
kind: EgressSelectorConfiguration
egressSelections:
- name: cluster
  connection:
    proxyProtocol: HTTPConnect
    transport:
      tcp:
        url: https://${at}:${ports.konnectivityServer}
        tlsConfig:
          caBundle: /etc/kubernetes/pki/ca.crt
          clientCert: ${FOLDER}/apiserver.crt
          clientKey: ${FOLDER}/apiserver.key
`,
    [`${FOLDER}/apiserver.crt`]: apiserver.certPem,
    [`${FOLDER}/apiserver.key`]: apiserver.keyPem,
  };
}

const REVIEWER = 'system:konnectivity-server';
export const AGENT_AUDIENCE = 'system:konnectivity-server';
export const agentAccount = { namespace: 'kube-system', name: 'konnectivity-agent' } as const;
export const LAB_AGENT = 'konnectivity-agent-node-2';

export interface Konnectivity {
  readonly pki: KonnectivityPki;
  readonly server: KonnectivityServer;
  readonly agent: KonnectivityAgent;
  close(): Promise<void>;
}

export interface KonnectivityOptions {
  readonly fabric: Fabric;
  readonly node: FabricHost;
  readonly admin: KubeClient;
  readonly pki: LabPki;
  readonly own: KonnectivityPki;
  readonly log: Logger;
  /** Which of several agents carries a connection. */
  readonly random: Randomness;
}

/** Default strategies of the lab: what claims an address gets it, everything else whoever is there. */
const STRATEGIES: readonly ProxyStrategy[] = ['destHost', 'default'];
const CONNECTED_WITHIN_MS = 20_000;

export async function startKonnectivity(options: KonnectivityOptions): Promise<Konnectivity> {
  const { fabric, node, admin, pki, own, log, random } = options;
  await createObjects(admin, objects);
  const machine = fabric.addHost({
    name: 'konnectivity-server',
    addresses: [`${addresses.konnectivityServer}/24`],
  });
  const reviewer = new KubeClient({
    from: machine,
    ...verifiedApiserver(pki),
    clientCertificate: own.reviewer,
  });
  const at = (port: number) => ({ address: addresses.konnectivityServer, port });
  const server = await startKonnectivityServer({
    host: machine,
    frontend: {
      at: at(ports.konnectivityServer),
      tls: { keyPair: own.server, clientCaPem: own.frontendCaPem },
    },
    agents: {
      at: at(ports.konnectivityAgents),
      tls: { keyPair: own.server, clientCaPem: null },
      token: agentTokenCheck({
        client: reviewer,
        namespace: agentAccount.namespace,
        serviceAccount: agentAccount.name,
        audience: AGENT_AUDIENCE,
      }),
    },
    strategies: STRATEGIES,
    serverId: 'konnectivity-server',
    serverCount: 1,
    choose: (count) => integerBelow(count, random),
    log: log.child({ component: 'konnectivity-server' }),
  });
  const agent = startLabAgent(options, {
    host: node,
    agentId: LAB_AGENT,
    identifiers: `ipv4=${node.addresses[0] ?? ''}`,
    token: () => agentToken(admin),
  });
  const close = async (): Promise<void> => {
    await agent.close();
    await server.close();
    await reviewer.close();
  };
  try {
    await server.whenConnected(LAB_AGENT, timeLimit(CONNECTED_WITHIN_MS));
    return { pki: own, server, agent, close };
  } catch (cause) {
    await close();
    throw new MidplaneError('LAB_START_FAILED', `agent "${LAB_AGENT}" did not connect to its proxy server`, {
      cause,
      hint: 'run with --verbose for the logs of the components',
    });
  }
}

/** An agent, the lab's or somebody's who has what it takes to be one. */
export function startLabAgent(
  { pki, log }: Pick<KonnectivityOptions, 'pki' | 'log'>,
  own: {
    readonly host: Host;
    readonly agentId: string;
    readonly identifiers: string;
    readonly token: () => Promise<string>;
  },
): KonnectivityAgent {
  return startKonnectivityAgent({
    ...own,
    server: { host: addresses.konnectivityServer, port: ports.konnectivityAgents },
    caPem: pki.caPem,
    clientCertificate: null,
    syncIntervalMs: 200,
    syncIntervalCapMs: 2_000,
    log: log.child({ component: 'konnectivity-agent', agent: own.agentId }),
  });
}

/** What a kubelet would project into the agent's pod, for this audience and no other. */
export async function agentToken(admin: Pick<KubeClient, 'request'>): Promise<string> {
  const { namespace, name } = agentAccount;
  const body = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    spec: { audiences: [AGENT_AUDIENCE] },
  };
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
  const answer = await admin.request('POST', path, { body });
  const token = (answer.json() as { status?: { token?: string } } | null)?.status?.token;
  if (token !== undefined) return token;
  throw new Error(`no token for "${namespace}/${name}": ${answer.words}`);
}

const apiGroup = 'rbac.authorization.k8s.io';

const objects: readonly { readonly path: string; readonly object: KubeObject }[] = [
  {
    path: `/api/v1/namespaces/${agentAccount.namespace}/serviceaccounts`,
    object: { apiVersion: 'v1', kind: 'ServiceAccount', metadata: agentAccount },
  },
  {
    path: `/apis/${apiGroup}/v1/clusterrolebindings`,
    object: {
      apiVersion: `${apiGroup}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name: REVIEWER },
      roleRef: { apiGroup, kind: 'ClusterRole', name: 'system:auth-delegator' },
      subjects: [{ apiGroup, kind: 'User', name: REVIEWER }],
    } as KubeObject,
  },
];

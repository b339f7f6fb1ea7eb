import type { Logger } from 'pino';
import type { Pod } from '../api/objects';
import { parseApiserverFlags } from '../apiserver/flags';
import { type Apiserver, startApiserver } from '../apiserver/server';
import { KubeClient } from '../client/kube-client';
import type { ClientConfig } from '../client/kubeconfig';
import { kubeadmControllers, startControllerManager } from '../controller-manager/controller-manager';
import type { ControllerSettings } from '../controller-manager/controller-settings';
import { signerNames } from '../controller-manager/signer-rules';
import { MidplaneError } from '../error';
import { fabricBackend } from '../kube-proxy/fabric-backend';
import { type KubeProxy, startKubeProxy } from '../kube-proxy/kube-proxy';
import { type Kubelet, type SimulatedContainer, startKubelet } from '../kubelet/kubelet';
import { parseKubeletConfiguration } from '../kubelet/kubelet-configuration';
import { Fabric, type FabricHost } from '../network/fabric';
import type { Trust } from '../network/secure';
import type { Timeline } from '../network/timeline';
import { readSigningKey } from '../pki/jwt';
import { startScheduler } from '../scheduler/scheduler';
import { emulatedKubernetes } from '../version';
import type { KeyPair } from '../wire/pem';
import { addresses, clusterCidr, podCidrs, ports, webPodAddress } from './addresses';
import { createObjects, createWorkloads } from './create-workloads';
import type { DefenceSettings } from './defences';
import { keepRunning } from './keep-running';
import type { PlacedObject } from './kubeadm-objects';
import { LabCredentials } from './lab-credentials';
import { type LabPki, type NodeName, nodeAddress, nodeNames } from './lab-pki';
import type { ContainerName } from './paths';
import { PodAddresses } from './pod-addresses';
import { servingApprovalRights } from './serving-approval';
import { clusterObjects } from './workloads';

/**
 * The embedded lab: one apiserver, two kubelets with their pods, a workstation and the attacker's machine on a fabric.
 * The components are the programs that also run by themselves; they know each other only over TLS.
 */
export interface Cluster extends AsyncDisposable {
  readonly fabric: Fabric;
  readonly controlPlane: FabricHost;
  readonly attackerHost: FabricHost;
  readonly nodes: Readonly<Record<NodeName, FabricHost>>;
  readonly workstation: FabricHost;
  /** A second control-plane machine, where loops stand by. */
  readonly standby: FabricHost;
  /** A machine that is to become a node. */
  readonly newNode: FabricHost;
  /** The administrator's client, on the workstation. */
  readonly admin: KubeClient;
  readonly pki: LabPki;
  /** What the kubelets really serve with, under the lab's settings. */
  readonly kubeletServing: Readonly<Record<NodeName, KeyPair>>;
  readonly credentials: LabCredentials;
  /** Whom the lab's kubeconfigs believe, for a server that is dialled as `host`. */
  clientTrust(host: string): Trust;
  container(name: ContainerName): SimulatedContainer;
  whenRunning(node: NodeName, namespace: string, pod: string): Promise<void>;
  /** The service proxies of the nodes; without `controllers` there are none. */
  readonly kubeProxies: ReadonlyMap<NodeName, KubeProxy>;
  /** Starts a node's service proxy, where there is none, and waits until its rules are written. */
  startKubeProxy(node: NodeName): Promise<void>;
  /** Settles when the apiserver cannot go on: its disk does not take what it has to keep. */
  readonly failed: Promise<MidplaneError>;
  close(): Promise<void>;
}

export interface ClusterOptions {
  readonly pki: LabPki;
  readonly settings: DefenceSettings;
  readonly log: Logger;
  readonly timeline?: Timeline;
  /** Whether a controller-manager and a scheduler run: cells need none, people who work in the lab do. */
  readonly controllers?: boolean;
  /** What the controllers are told beside what a lab tells them anyway. */
  readonly controllerSettings?: Partial<ControllerSettings>;
  /** More flags of kube-apiserver, behind the lab's own and the defence's. */
  readonly apiserverFlags?: readonly string[];
  /** Flags of the lab's own, each with what stands in its place. */
  readonly insteadOf?: Readonly<Record<string, string>>;
  /** What an administrator makes before the nodes come. */
  readonly objects?: readonly PlacedObject[];
  /** Reads the files that `apiserverFlags` name; without it the lab's own files are all there are. */
  readonly readFile?: (path: string) => Promise<string>;
}

export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const { pki } = options;
  const fabric = new Fabric(options.timeline === undefined ? {} : { timeline: options.timeline });
  const opened: { close(): Promise<void> }[] = [fabric];
  const close = async (): Promise<void> => {
    for (const part of opened.splice(0).reverse()) await part.close();
  };
  try {
    const hosts = addMachines(fabric);
    const apiserver = await startLabApiserver(hosts.controlPlane, options);
    opened.push(apiserver);
    const admin = new KubeClient({
      from: hosts.workstation,
      ...verifiedApiserver(pki),
      clientCertificate: pki.admin,
    });
    opened.push(admin);
    if (options.controllers === true) {
      const { approveKubeletServing = 'none' } = options.controllerSettings ?? {};
      await createObjects(admin, servingApprovalRights(approveKubeletServing));
      opened.push(...startControllers(hosts.controlPlane, options));
    }
    await createObjects(admin, options.objects ?? []);
    const kubelets = await Promise.all(
      nodeNames.map(async (node) => {
        const kubelet = await startLabKubelet(fabric, hosts[node], node, options);
        opened.push(kubelet);
        return kubelet;
      }),
    );
    const kubeProxies = new Map<NodeName, KubeProxy>();
    const startProxy = async (node: NodeName): Promise<void> => {
      if (kubeProxies.has(node)) return;
      const proxy = await startLabKubeProxy(hosts[node], node, options);
      opened.push(proxy);
      kubeProxies.set(node, proxy);
      await proxy.synced;
    };
    if (options.controllers === true) await Promise.all(nodeNames.map(startProxy));
    await populate(admin, kubelets);
    return {
      fabric,
      controlPlane: hosts.controlPlane,
      attackerHost: hosts.attacker,
      nodes: hosts,
      workstation: hosts.workstation,
      standby: hosts.standby,
      newNode: hosts.newNode,
      admin,
      pki,
      credentials: new LabCredentials(admin, pki),
      clientTrust: (host) =>
        options.settings.clientTrust === 'nobody'
          ? { kind: 'verify-nobody' }
          : { kind: 'verify', bundlePem: pki.caPem, host },
      kubeletServing: servingOf(options),
      container: (name) => containerOf(kubelets, name),
      whenRunning: async (node, namespace, pod) => {
        await kubelets.find(({ nodeName }) => nodeName === node)?.whenRunning(namespace, pod);
      },
      kubeProxies,
      startKubeProxy: startProxy,
      failed: apiserver.failed,
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    if (!(error instanceof MidplaneError)) throw error;
    throw new MidplaneError('LAB_START_FAILED', `the lab could not start: ${error.message}`, {
      hint: error.hint ?? 'run with --verbose for the logs of the components',
      cause: error,
    });
  }
}

/** The apiserver as every kubeconfig of the lab names it. */
function verifiedApiserver(pki: LabPki): Pick<ClientConfig, 'server' | 'trust'> {
  return {
    server: { host: addresses.controlPlane, port: ports.apiserver },
    trust: { kind: 'verify', bundlePem: pki.caPem, host: addresses.controlPlane },
  };
}

/** On the control plane's machine, as clients of its apiserver with certificates of their own. */
function startControllers(
  host: FabricHost,
  { pki, log, controllerSettings }: ClusterOptions,
): { close(): Promise<void> }[] {
  const access = (clientCertificate: KeyPair, component: string) => ({
    from: host,
    ...verifiedApiserver(pki),
    clientCertificate,
    userAgent: `${component}/${emulatedKubernetes} (linux/amd64) kubernetes/midplane`,
  });
  return [
    keepRunning(() =>
      startControllerManager({
        client: access(pki.controllerManager, 'kube-controller-manager'),
        settings: { ...labSettings(pki), ...controllerSettings },
        controllers: kubeadmControllers,
        log: log.child({ component: 'controller-manager' }),
      }),
    ),
    keepRunning(() =>
      startScheduler({
        client: access(pki.scheduler, 'kube-scheduler'),
        log: log.child({ component: 'scheduler' }),
      }),
    ),
  ];
}

/** Everything is signed by the lab's one authority, as by kubeadm's. */
function labSettings({ authority, caPem, serviceAccountKeyPem }: LabPki): Partial<ControllerSettings> {
  const lookUp = async () => authority;
  return {
    rootCaPem: caPem,
    serviceAccountKey: readSigningKey(serviceAccountKeyPem),
    signingAuthorities: Object.fromEntries(signerNames.map((name) => [name, lookUp])),
  };
}

type Machines = Record<
  NodeName | 'controlPlane' | 'standby' | 'workstation' | 'attacker' | 'newNode',
  FabricHost
>;

/** One segment for the machines, a subnet behind each node for its pods, and the routes a CNI would have set. */
function addMachines(fabric: Fabric): Machines {
  const node = (name: NodeName): FabricHost =>
    fabric.addHost({
      name,
      addresses: [`${nodeAddress[name]}/24`, `${gatewayOf(podCidrs[name])}/24`],
      forwards: true,
    });
  const machines = {
    controlPlane: fabric.addHost({ name: 'control-plane', addresses: [`${addresses.controlPlane}/24`] }),
    workstation: fabric.addHost({ name: 'workstation', addresses: [`${addresses.workstation}/24`] }),
    attacker: fabric.addHost({ name: 'attacker', addresses: [`${addresses.attacker}/24`], forwards: true }),
    standby: fabric.addHost({ name: 'control-plane-2', addresses: [`${addresses.standby}/24`] }),
    newNode: fabric.addHost({ name: 'node-3', addresses: [`${addresses.node3}/24`] }),
    'node-1': node('node-1'),
    'node-2': node('node-2'),
  };
  for (const machine of Object.values(machines)) {
    for (const name of nodeNames) {
      if (machine.name !== name) machine.routes.add({ to: podCidrs[name], via: nodeAddress[name] });
    }
  }
  return machines;
}

function gatewayOf(cidr: string): string {
  return cidr.replace(/0\/24$/, '1');
}

async function startLabApiserver(
  host: FabricHost,
  { pki, settings, log, controllers = false, apiserverFlags = [], insteadOf = {}, readFile }: ClusterOptions,
): Promise<Apiserver> {
  const files: Record<string, string> = {
    '/etc/kubernetes/pki/ca.crt': pki.caPem,
    '/etc/kubernetes/pki/apiserver.crt': pki.apiserver.certPem,
    '/etc/kubernetes/pki/apiserver.key': pki.apiserver.keyPem,
    '/etc/kubernetes/pki/apiserver-kubelet-client.crt': pki.apiserverKubeletClient.certPem,
    '/etc/kubernetes/pki/apiserver-kubelet-client.key': pki.apiserverKubeletClient.keyPem,
    '/etc/kubernetes/pki/sa.key': pki.serviceAccountKeyPem,
  };
  const accounts = controllers ? [] : [withoutAccounts];
  return startApiserver({
    host,
    flags: parseApiserverFlags([
      ...stockApiserverFlags.map((flag) => insteadOf[flag] ?? flag),
      ...accounts,
      ...settings.apiserver,
      ...apiserverFlags,
    ]),
    readFile: async (path) => {
      const content = files[path] ?? (await readFile?.(path));
      if (content === undefined) throw new MidplaneError('FILE_UNREADABLE', `the lab has no file "${path}"`);
      return content;
    },
    log: log.child({ component: 'apiserver' }),
  });
}

/** Where nobody makes service accounts, pods must do without: upstream would refuse them. */
export const withoutAccounts = '--disable-admission-plugins=ServiceAccount';

/** What kubeadm writes into the apiserver's manifest, as far as it concerns these paths. */
export const stockApiserverFlags: readonly string[] = [
  `--bind-address=${addresses.controlPlane}`,
  `--secure-port=${ports.apiserver}`,
  '--authorization-mode=Node,RBAC',
  '--enable-admission-plugins=NodeRestriction',
  '--client-ca-file=/etc/kubernetes/pki/ca.crt',
  '--enable-bootstrap-token-auth',
  '--tls-cert-file=/etc/kubernetes/pki/apiserver.crt',
  '--tls-private-key-file=/etc/kubernetes/pki/apiserver.key',
  '--kubelet-client-certificate=/etc/kubernetes/pki/apiserver-kubelet-client.crt',
  '--kubelet-client-key=/etc/kubernetes/pki/apiserver-kubelet-client.key',
  '--service-account-signing-key-file=/etc/kubernetes/pki/sa.key',
  '--enable-bootstrap-token-auth=true',
  '--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname',
];

function servingOf({ pki, settings }: Pick<ClusterOptions, 'pki' | 'settings'>): Record<NodeName, KeyPair> {
  return settings.kubeletServing === 'self-signed' ? pki.kubeletSelfSigned : pki.kubeletServing;
}

async function startLabKubelet(
  fabric: Fabric,
  host: FabricHost,
  node: NodeName,
  { pki, settings, log }: ClusterOptions,
): Promise<Kubelet> {
  const configuration = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address: nodeAddress[node],
    healthzPort: 0,
    ...settings.kubelet,
    authentication: {
      x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' },
      ...settings.kubelet.authentication,
    },
  };
  return startKubelet({
    host,
    nodeName: node,
    config: parseKubeletConfiguration(JSON.stringify(configuration), `KubeletConfiguration of ${node}`),
    apiserver: { ...verifiedApiserver(pki), clientCertificate: pki.kubeletClients[node] },
    sandbox: podSandbox(fabric, host, node),
    servingKeyPair: servingOf({ pki, settings })[node],
    clientCaPem: pki.caPem,
    webKeyPair: async () => pki.workload,
    log: log.child({ component: 'kubelet', node }),
  });
}

/** As kubeadm configures it, but that it does not wait a second between two writings of its rules. */
function startLabKubeProxy(
  host: FabricHost,
  node: NodeName,
  { pki, log }: ClusterOptions,
): Promise<KubeProxy> {
  return startKubeProxy({
    client: {
      from: host,
      ...verifiedApiserver(pki),
      clientCertificate: pki.kubeProxy,
      userAgent: `kube-proxy/${emulatedKubernetes} (linux/amd64) kubernetes/midplane`,
    },
    nodeName: node,
    backend: fabricBackend(host.nat),
    settings: { clusterCidrs: [clusterCidr], minSyncPeriodMs: 50 },
    log: log.child({ component: 'kube-proxy', node }),
  });
}

/** Gives each pod a machine of its own behind its node. */
function podSandbox(fabric: Fabric, nodeHost: FabricHost, node: NodeName) {
  const subnet = podCidrs[node];
  const pool = new PodAddresses(subnet);
  return {
    attachPod: async (pod: Pod) => {
      if (pod.spec['hostNetwork'] === true) return nodeHost;
      const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
      const address = pool.take(name, pod.status?.podIP ?? null);
      return fabric.addHost({ name, addresses: [`${address}/24`], gateway: gatewayOf(subnet) });
    },
    detachPod: async (pod: Pod) => {
      const name = `${pod.metadata.namespace}/${pod.metadata.name}`;
      await fabric.removeHost(name);
      pool.give(name);
    },
  };
}

/** Creates the workloads as an administrator would, and waits until the kubelets run them. */
async function populate(admin: KubeClient, kubelets: readonly Kubelet[]): Promise<void> {
  await createWorkloads(admin, webPodAddress);
  await Promise.all(
    clusterObjects(webPodAddress).pods.map(({ metadata, spec }) => {
      const kubelet = kubelets.find((it) => it.nodeName === spec.nodeName);
      return kubelet?.whenRunning(metadata.namespace ?? '', metadata.name);
    }),
  );
}

function containerOf(kubelets: readonly Kubelet[], name: ContainerName): SimulatedContainer {
  for (const kubelet of kubelets) {
    const container = kubelet.container(name.namespace, name.pod, name.container);
    if (container !== null) return container;
  }
  throw new Error(`no container "${name.container}" in pod "${name.namespace}/${name.pod}"`);
}

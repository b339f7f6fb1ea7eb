import type { Pod } from '../api/objects';
import { KubeClient } from '../client/kube-client';
import { MidplaneError } from '../error';
import { fabricBackend } from '../kube-proxy/fabric-backend';
import { type KubeProxy, startKubeProxy } from '../kube-proxy/kube-proxy';
import { type CertificateStore, memoryStore } from '../kubelet/certificate-store';
import { type Kubelet, type SimulatedContainer, startKubelet } from '../kubelet/kubelet';
import { parseKubeletConfiguration } from '../kubelet/kubelet-configuration';
import { Fabric, type FabricHost } from '../network/fabric';
import type { Trust } from '../network/secure';
import type { Timeline } from '../network/timeline';
import type { Authority } from '../pki/authority';
import { inTurn, type Randomness, systemRandomness } from '../randomness';
import type { SshTunneler } from '../tunnel/ssh-tunneler';
import { emulatedKubernetes } from '../version';
import type { KeyPair } from '../wire/pem';
import { addresses, clusterCidr, podCidrs, webPodAddress } from './addresses';
import { AwaitedStore } from './awaited-store';
import {
  type ControlPlaneOptions,
  nodesByName,
  startControllers,
  startLabApiserver,
  verifiedApiserver,
} from './control-plane';
import { createObjects, createWorkloads } from './create-workloads';
import type { KubeletFields } from './defences';
import { type Konnectivity, konnectivityFiles, mintKonnectivityPki, startKonnectivity } from './konnectivity';
import type { PlacedObject } from './kubeadm-objects';
import { LabCredentials } from './lab-credentials';
import { type LabPki, type NodeName, nodeAddress, nodeNames } from './lab-pki';
import { LabTunnels } from './lab-tunnels';
import { Lookout } from './lookout';
import type { ContainerName } from './paths';
import { PodAddresses } from './pod-addresses';
import { Recorder } from './recorder';
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
  readonly dials: Dials;
  /** What those who look after the cluster can see. */
  readonly lookout: Lookout;
  /** For what is made anew under one label: the first time, the second, each time another stream. */
  randomFor(label: string): Randomness;
  /** Whom the lab's kubeconfigs believe, for a server that is dialled as `host`. */
  clientTrust(host: string): Trust;
  container(name: ContainerName): SimulatedContainer;
  whenRunning(node: NodeName, namespace: string, pod: string): Promise<void>;
  /** The service proxies of the nodes; without `controllers` there are none. */
  readonly kubeProxies: ReadonlyMap<NodeName, KubeProxy>;
  /** What carries the apiserver to the cluster, where the defence says so. */
  readonly konnectivity: Konnectivity | null;
  /** Starts a node's service proxy, where there is none, and waits until its rules are written. */
  startKubeProxy(node: NodeName): Promise<void>;
  /**
   * Ends the apiserver and starts it again with these flags behind the lab's own, in the place of `apiserverFlags` (and of
   * `insteadOf`). What it has stored outlives that under --data-dir only.
   */
  restartApiserver(flags: readonly string[], insteadOf?: ControlPlaneOptions['insteadOf']): Promise<void>;
  /** Ends a node's kubelet and starts it again: what its containers held is gone, its certificates are in the store. */
  restartKubelet(node: NodeName, change: KubeletChange): Promise<void>;
  /** The apiserver's SSH tunnels; null when it dials directly. */
  readonly tunneler: SshTunneler | null;
  /** Settles when the apiserver cannot go on: its disk does not take what it has to keep. */
  readonly failed: Promise<MidplaneError>;
  close(): Promise<void>;
}

/** Of kubelets by the apiserver, and of the apiserver in kubeconfigs. */
export type Dials = 'addresses' | 'names';

export interface KubeletChange {
  readonly kubelet: KubeletFields;
  /** What it serves with; null: what is in the store, or what the cluster gives it. */
  readonly serving: KeyPair | null;
  readonly servingStore: CertificateStore;
  /** --node-ip, of the machine's own. */
  readonly address: string;
}

export interface ClusterOptions extends ControlPlaneOptions {
  readonly timeline?: Timeline;
  /** Kubelets that are to have serving certificates of the cluster's ask for them; else they are given some. */
  readonly servingOnRequest?: boolean;
  /** How machines are dialled where a setting says it: kubeadm's by addresses, the apiserver's own default by names. */
  readonly dials?: Dials;
  /** Whose certificates open Konnectivity's port for the apiserver. Default: the cluster's authority's. */
  readonly konnectivityFrontendCa?: Authority;
  /** Told of the network before anything goes over it. */
  readonly onFabric?: (fabric: Fabric) => void;
  /** What an administrator makes before the nodes come. */
  readonly objects?: readonly PlacedObject[];
}

/** Of a lab that is starting: where each of its parts draws from. */
type StartedOptions = Omit<ClusterOptions, 'random'> & Pick<Cluster, 'randomFor'>;

export async function startCluster(given: ClusterOptions): Promise<Cluster> {
  const randomFor = inTurn(given.random ?? systemRandomness);
  const authority = given.pki.authority.drawingFrom(randomFor('authority'));
  const pki = { ...given.pki, authority };
  const fabric = new Fabric(given.timeline === undefined ? {} : { timeline: given.timeline });
  given.onFabric?.(fabric);
  const recorder = new Recorder(fabric, given.log);
  const options: StartedOptions = {
    ...given,
    pki,
    randomFor,
    log: recorder.log,
    auditLog: recorder.auditLog,
  };
  const opened: { close(): Promise<void> }[] = [fabric];
  const close = async (): Promise<void> => {
    for (const part of opened.splice(0).reverse()) await part.close();
  };
  try {
    const hosts = addMachines(fabric);
    const insteadOf =
      options.dials === 'names' ? { ...nodesByName, ...options.insteadOf } : options.insteadOf;
    const tunnels = new LabTunnels(hosts, pki, options.log);
    opened.push(tunnels);
    const konnectivityPki =
      options.settings.tunnel === 'konnectivity'
        ? await mintKonnectivityPki(pki.authority, options.konnectivityFrontendCa)
        : null;
    const planned = {
      ...options,
      ...(konnectivityPki === null ? {} : withFiles(konnectivityFiles(konnectivityPki), options.readFile)),
      onTunneler: tunnels.take,
      ...(insteadOf === undefined ? {} : { insteadOf }),
    };
    let apiserver = await startLabApiserver(hosts.controlPlane, {
      ...planned,
      random: randomFor('control plane'),
    });
    opened.push({ close: () => apiserver.close() });
    await tunnels.startSshds();
    const admin = new KubeClient({
      from: hosts.workstation,
      ...verifiedApiserver(pki),
      clientCertificate: pki.admin,
    });
    opened.push(admin);
    const lookout = new Lookout(fabric, hosts.controlPlane, pki, recorder);
    opened.push(lookout);
    if (options.controllers === true) {
      const { approveKubeletServing = 'none' } = options.controllerSettings ?? {};
      await createObjects(admin, servingApprovalRights(approveKubeletServing));
      opened.push(
        ...startControllers(hosts.controlPlane, { ...options, random: randomFor('control loops') }),
      );
    }
    await createObjects(admin, options.objects ?? []);
    const konnectivity =
      konnectivityPki === null
        ? null
        : await startKonnectivity({
            fabric,
            node: hosts['node-2'],
            admin,
            pki,
            own: konnectivityPki,
            log: options.log,
            random: randomFor('konnectivity-server'),
          });
    if (konnectivity !== null) opened.push(konnectivity);
    const serving = servingOf(options);
    const running = new Map<NodeName, Kubelet>();
    const startNode = async (node: NodeName, change: KubeletChange): Promise<void> => {
      running.set(node, await startLabKubelet(fabric, hosts[node], node, change, options));
    };
    for (const node of nodeNames) opened.push({ close: async () => running.get(node)?.close() });
    await Promise.all(
      nodeNames.map((node) =>
        startNode(node, {
          kubelet: options.settings.kubelet,
          serving: serving[node].given,
          servingStore: serving[node].store,
          address: nodeAddress[node],
        }),
      ),
    );
    const kubelets = () => [...running.values()];
    // Nobody here waits for the quarter of a minute after which the nodes would be looked for again.
    await tunnels.tunneler?.sync();
    const kubeProxies = new Map<NodeName, KubeProxy>();
    const startProxy = async (node: NodeName): Promise<void> => {
      if (kubeProxies.has(node)) return;
      const proxy = await startLabKubeProxy(hosts[node], node, options);
      opened.push(proxy);
      kubeProxies.set(node, proxy);
      await proxy.synced;
    };
    if (options.controllers === true) await Promise.all(nodeNames.map(startProxy));
    await populate(admin, kubelets());
    const kubeletServing = {
      'node-1': await serving['node-1'].pair(),
      'node-2': await serving['node-2'].pair(),
    };
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
      credentials: new LabCredentials(admin, pki, randomFor('credentials')),
      dials: options.dials ?? 'addresses',
      lookout,
      randomFor,
      clientTrust: (host) =>
        options.settings.clientTrust === 'nobody'
          ? { kind: 'verify-nobody' }
          : { kind: 'verify', bundlePem: pki.caPem, host },
      kubeletServing,
      container: (name) => containerOf(kubelets(), name),
      whenRunning: async (node, namespace, pod) => {
        await running.get(node)?.whenRunning(namespace, pod);
      },
      kubeProxies,
      konnectivity,
      startKubeProxy: startProxy,
      restartApiserver: async (apiserverFlags, others = {}) => {
        await apiserver.close();
        tunnels.forget();
        apiserver = await startLabApiserver(hosts.controlPlane, {
          ...planned,
          apiserverFlags,
          random: randomFor('control plane'),
          insteadOf: { ...planned.insteadOf, ...others },
        });
        await tunnels.startSshds();
        await tunnels.tunneler?.sync();
      },
      restartKubelet: async (node, change) => {
        await running.get(node)?.close();
        await startNode(node, change);
      },
      get tunneler() {
        return tunnels.tunneler;
      },
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

/** The lab's own files, and behind them those of whoever gave some. */
function withFiles(
  files: Readonly<Record<string, string>>,
  readFile: ControlPlaneOptions['readFile'],
): Required<Pick<ControlPlaneOptions, 'readFile'>> {
  return {
    readFile: async (path) => {
      const content = files[path] ?? (await readFile?.(path));
      if (content === undefined) throw new MidplaneError('FILE_UNREADABLE', `the lab has no file "${path}"`);
      return content;
    },
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

const SERVING_WITHIN_MS = 30_000;

/** What a kubelet serves with: a pair that is there, or a place for the one that it will be given. */
interface Serving {
  readonly given: KeyPair | null;
  readonly store: CertificateStore;
  pair(): Promise<KeyPair>;
}

function servingOf({ pki, settings, servingOnRequest }: StartedOptions): Record<NodeName, Serving> {
  const isSelfSigned = settings.kubeletServing === 'self-signed';
  const pairs = isSelfSigned ? pki.kubeletSelfSigned : pki.kubeletServing;
  const of = (node: NodeName): Serving => {
    if (isSelfSigned || servingOnRequest !== true)
      return { given: pairs[node], store: memoryStore(), pair: async () => pairs[node] };
    const store = new AwaitedStore();
    return { given: null, store, pair: () => store.first(`node "${node}"`, SERVING_WITHIN_MS) };
  };
  return { 'node-1': of('node-1'), 'node-2': of('node-2') };
}

async function startLabKubelet(
  fabric: Fabric,
  host: FabricHost,
  node: NodeName,
  { kubelet, serving, servingStore, address }: KubeletChange,
  { pki, log, randomFor }: StartedOptions,
): Promise<Kubelet> {
  const configuration = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    address,
    healthzPort: 0,
    ...kubelet,
    authentication: {
      x509: { clientCAFile: '/etc/kubernetes/pki/ca.crt' },
      ...kubelet.authentication,
    },
  };
  const config = parseKubeletConfiguration(JSON.stringify(configuration), `KubeletConfiguration of ${node}`);
  return startKubelet({
    host,
    nodeName: node,
    config: { ...config, nodeIp: address },
    apiserver: { ...verifiedApiserver(pki), clientCertificate: pki.kubeletClients[node] },
    sandbox: podSandbox(fabric, host, node),
    servingKeyPair: serving,
    servingStore,
    clientCaPem: config.authentication.x509.clientCAFile === '' ? null : pki.caPem,
    webKeyPair: async () => pki.workload,
    log: log.child({ component: 'kubelet', node }),
    random: randomFor(`kubelet on ${node}`),
  });
}

/** As kubeadm configures it, but that it does not wait a second between two writings of its rules. */
function startLabKubeProxy(
  host: FabricHost,
  node: NodeName,
  { pki, log }: StartedOptions,
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

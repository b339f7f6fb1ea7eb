import { fieldsOf, itemsOf, textOf } from '../api/fields';
import type { KubeNode, KubeObject } from '../api/objects';
import { KubeClient } from '../client/kube-client';
import type { Fabric, FabricHost } from '../network/fabric';
import { type Host, joinHostPort } from '../network/network';
import { verifiedApiserver } from './control-plane';
import { OBSERVER } from './footprint';
import type { LabPki } from './lab-pki';
import type { Recorder, Recording } from './recorder';
import type { MachineView, NodeView, RequestView, View } from './view';

/**
 * What those who look after the cluster can see, collected from it: tables of the machines, Nodes and certificate
 * requests as the apiserver has them, and what is recorded while something happens. The only one who looks.
 */
export class Lookout {
  readonly #fabric: Fabric;
  readonly #recorder: Recorder;
  readonly #connect: () => KubeClient;
  readonly #own = new Set<string>();
  #client: KubeClient | null = null;

  /** It looks from the control plane's own machine: nobody stands between it and the apiserver. */
  constructor(fabric: Fabric, host: FabricHost, pki: LabPki, recorder: Recorder) {
    this.#fabric = fabric;
    this.#recorder = recorder;
    this.#connect = () =>
      new KubeClient({
        from: this.#marking(host),
        ...verifiedApiserver(pki),
        clientCertificate: pki.admin,
        userAgent: OBSERVER,
      });
  }

  record(): Recording {
    return this.#recorder.record();
  }

  /** Every question costs the apiserver something: of what is not asked for, nothing is in the view. */
  async look(at: { readonly nodes: boolean; readonly requests: boolean }): Promise<View> {
    const [nodes, requests] = await Promise.all([
      at.nodes ? this.#list('/api/v1/nodes') : [],
      at.requests ? this.#list('/apis/certificates.k8s.io/v1/certificatesigningrequests') : [],
    ]);
    return {
      machines: this.#fabric.hosts.map((host) => machineView(host, this.#fabric)),
      nodes: (nodes as KubeNode[]).map(nodeView),
      requests: requests.map(requestView),
    };
  }

  /** Whether it is this one's own connection: nothing of the story that others tell. */
  isOwn(connection: string | null): boolean {
    return connection !== null && this.#own.has(connection);
  }

  async close(): Promise<void> {
    await this.#client?.close();
  }

  #marking(host: FabricHost): Host {
    return {
      name: host.name,
      addresses: host.addresses,
      timeline: host.timeline,
      resolve: (name) => host.resolve(name),
      listen: (at, accept) => host.listen(at, accept),
      dial: async (to, options) => {
        const dialled = await host.dial(to, options);
        if (dialled.kind === 'connection') this.#own.add(dialled.id);
        return dialled;
      },
    };
  }

  async #list(path: string): Promise<KubeObject[]> {
    this.#client ??= this.#connect();
    const answer = await this.#client.request('GET', path);
    return answer.ok ? ((answer.json() as { items?: KubeObject[] }).items ?? []) : [];
  }
}

function machineView(host: FabricHost, fabric: Fabric): MachineView {
  const onLink = fabric.hosts
    .filter((other) => other !== host)
    .flatMap((other) => other.addresses)
    .flatMap((address) => {
      const neighbour = fabric.neighbourOf(host, address);
      return neighbour === undefined ? [] : [[address, neighbour.hardwareAddress] as const];
    });
  return {
    name: host.name,
    addresses: host.addresses,
    hardwareAddress: host.hardwareAddress,
    neighbours: Object.fromEntries(onLink),
    routes: host.routes.entries().map(({ to, via }) => (via === undefined ? to : `${to} via ${via}`)),
    names: Object.fromEntries(host.names),
    redirects: host.nat.redirects.map(({ to, toPort, chain = 'prerouting' }) => {
      const daddr = to.port === undefined ? to.address : joinHostPort(to.address, to.port);
      return `${chain} ${daddr} redirect to :${toPort}`;
    }),
  };
}

function nodeView({ metadata, spec, status }: KubeNode): NodeView {
  const { name, resourceVersion = '', labels = {} } = metadata;
  const managed = itemsOf(fieldsOf(metadata)['managedFields']);
  return {
    name,
    resourceVersion,
    addresses: (status?.addresses ?? []).map(({ type, address }) => `${type} ${address}`),
    labels: Object.entries(labels).map(([key, value]) => `${key}=${value}`),
    unschedulable: fieldsOf(spec)['unschedulable'] === true,
    owners: managed
      .filter(({ fieldsV1 }) => 'f:addresses' in fieldsOf(fieldsOf(fieldsV1)['f:status']))
      .map(({ manager, operation }) => `${textOf(manager)} (${textOf(operation)})`),
  };
}

function requestView({ metadata, ...object }: KubeObject): RequestView {
  const spec = fieldsOf(fieldsOf(object)['spec']);
  return { name: metadata.name, username: textOf(spec['username']), signerName: textOf(spec['signerName']) };
}

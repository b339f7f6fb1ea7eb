import type { Endpoint } from '../network/network';
import type { TimelineEvent } from '../network/timeline';
import { addresses, ports } from './addresses';
import type { Cluster } from './cluster';
import { canaryPod, create, remove } from './conversations/admin-acts';
import type { ContainerName, PathSpec } from './paths';

/**
 * Another genuine endpoint of the same kind, to which an attacker can lead what was meant for a path's own; and what is
 * known there, and only there, of who came.
 */
export interface Elsewhere {
  readonly kind: 'elsewhere';
  readonly at: Endpoint;
  /** Puts a word where only this endpoint has it, as far as a path asks for such a thing; what came before is forgotten. */
  plant(word: string): Promise<void>;
  /** What came since. */
  witnessed(): Promise<Witnessed>;
}

export interface Witnessed {
  /** The requests, or every byte of them. */
  readonly heard: Buffer;
  /** The alert of a client that did not believe it. */
  readonly alert: string | null;
}

export interface NowhereElse {
  readonly kind: 'nowhere-else';
  readonly reason: string;
}

const web2: ContainerName = { namespace: 'default', pod: 'web-2', container: 'web' };

export function elsewhereOf(cluster: Cluster, path: PathSpec): Elsewhere | NowhereElse {
  const target = path.target({
    controlPlane: addresses.controlPlane,
    node1: addresses.node1,
    webPod: 'a pod',
  });
  if (target.address === addresses.controlPlane) {
    return {
      kind: 'nowhere-else',
      reason:
        'The lab has one apiserver: there is no other genuine endpoint that such a client could be led to.',
    };
  }
  return target.port === ports.kubelet
    ? otherKubelet(cluster, path)
    : otherBackend(cluster, path.tls ? ports.webTls : ports.web);
}

/** The kubelet of node-2, which takes the apiserver's client certificate as that of node-1 does. */
function otherKubelet(cluster: Cluster, { id }: PathSpec): Elsewhere {
  const { admin } = cluster;
  const pods = '/api/v1/namespaces/default/pods';
  const requests: string[] = [];
  let alert: string | null = null;
  let planted: string | null = null;
  let stop: () => void = () => undefined;
  const see = ({ host, kind, data }: TimelineEvent): void => {
    if (host !== 'node-2') return;
    if (kind === 'request-received') requests.push(`${data['method']} ${data['path']}`);
    // The kubelet is a client too: only those who came to it say why they did not stay.
    if (kind === 'alert-received') alert = String(data['alert']);
  };
  return {
    kind: 'elsewhere',
    at: { address: addresses.node2, port: ports.kubelet },
    plant: async (word) => {
      // Of what the other paths ask for, another kubelet has nothing: the pod is not there.
      if (id === 'metrics-scrape') {
        if (planted !== null) await remove(admin, `${pods}/${planted}`);
        planted = word;
        const pod = canaryPod('node-2', word);
        await create(admin, pods, { ...pod, metadata: { ...pod.metadata, name: word } });
        await cluster.whenRunning('node-2', 'default', word);
      }
      stop();
      requests.length = 0;
      alert = null;
      stop = cluster.fabric.timeline.subscribe(see);
    },
    witnessed: async () => {
      stop();
      return { heard: Buffer.from(requests.join('\n')), alert };
    },
  };
}

/** A pod on node-2 that serves the same, with the same kind of certificate. */
function otherBackend(cluster: Cluster, port: number): Elsewhere {
  const container = cluster.container(web2);
  const host = cluster.fabric.host(`${web2.namespace}/${web2.pod}`);
  const address = host?.addresses[0];
  if (address === undefined) throw new Error(`pod "${web2.pod}" has no address`);
  return {
    kind: 'elsewhere',
    at: { address, port },
    plant: async (word) => {
      container.plant(word);
      container.forget();
    },
    witnessed: async () => ({ heard: container.heard(), alert: null }),
  };
}

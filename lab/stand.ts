import type { PositionId } from '../scenarios/vocabulary';
import { addresses } from './addresses';
import type { Conversation } from './lab-under-test';
import type { PathSpec } from './paths';

/** Whether an attacker in a position gets the traffic of a path. The one place that knows. Pure. */
export type Standing =
  | {
      readonly kind: 'stands';
      /** Of a tunnel: each of its legs by itself, or the ends, which no tunnel changes. */
      readonly at: 'legs' | 'ends';
      /** What a certificate has to be for, where the position changes that. */
      readonly dialledAs?: string;
    }
  | { readonly kind: 'not-applicable'; readonly reason: string };

export function stand(
  position: PositionId,
  path: PathSpec,
  { dialledAs, victim }: Pick<Conversation, 'dialledAs' | 'victim'>,
  /** The defence leads the apiserver's connections through a tunnel. */
  tunnelled = false,
): Standing {
  switch (position) {
    case 'arp':
    case 'route':
      return { kind: 'stands', at: 'legs' };
    case 'name':
      if (tunnelled && path.kind === 'from-apiserver')
        return without('Behind a tunnel its far end asks for the name, and not the apiserver.');
      return dialledAs === undefined
        ? without('What is dialled here is an address: there is no name to answer for.')
        : { kind: 'stands', at: 'ends' };
    case 'node-address':
      return leadsToNode(path)
        ? { kind: 'stands', at: 'ends', dialledAs: addresses.attacker }
        : without(`${dialled(path)} not found by what a Node says of its address.`);
    case 'compromised-node':
      return endsOnNode(path) || beginsOnNode(path)
        ? { kind: 'stands', at: 'ends' }
        : without(`Nothing of this connection is on a node: it goes from ${victim} to the apiserver.`);
  }
}

function without(reason: string): Standing {
  return { kind: 'not-applicable', reason };
}

function dialled(path: PathSpec): string {
  return path.kind === 'from-client' ? 'The apiserver is' : 'A pod is';
}

/** Whether it is the node itself that is dialled: its kubelet, or what listens at its address. */
export function leadsToNode(path: PathSpec): boolean {
  return path.target({ controlPlane: '', node1: 'node-1', webPod: '' }).address === 'node-1';
}

/** A node, or a pod on it. */
export function endsOnNode(path: PathSpec): boolean {
  return path.target({ controlPlane: 'apiserver', node1: '', webPod: '' }).address !== 'apiserver';
}

/** Whoever dials the apiserver from a node: its kubelet, before and after it has joined, its kube-proxy, a pod. */
function beginsOnNode({ id }: PathSpec): boolean {
  return ['kubelet-api', 'kubelet-bootstrap', 'kube-proxy-api', 'pod-api'].includes(id);
}

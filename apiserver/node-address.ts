import type { KubeNode, NodeAddress, NodeAddressType } from '../api/objects';

/**
 * Where a node's kubelet is: data that the kubelet itself wrote into its Node object.
 * Source: pkg/util/node/node.go (GetPreferredNodeAddress), pkg/kubelet/client/kubelet_client.go (GetConnectionInfo).
 */
export type NodeAddressChoice =
  | { readonly kind: 'node-address'; readonly address: string }
  | { readonly kind: 'no-address'; readonly text: string };

/** The first preferred type that the node has; of one type the first in the node's list. */
export function preferredNodeAddress(
  node: KubeNode,
  preferred: readonly NodeAddressType[],
): NodeAddressChoice {
  const known = node.status?.addresses ?? [];
  for (const type of preferred) {
    const found = known.find((candidate) => candidate.type === type);
    if (found !== undefined) return { kind: 'node-address', address: found.address };
  }
  return { kind: 'no-address', text: `no preferred addresses found; known addresses: ${goSlice(known)}` };
}

export function kubeletPort(node: KubeNode, fallback: number): number {
  return node.status?.daemonEndpoints?.kubeletEndpoint?.Port || fallback;
}

/** fmt's %v of []v1.NodeAddress. */
function goSlice(addresses: readonly NodeAddress[]): string {
  return `[${addresses.map(({ type, address }) => `{${type} ${address}}`).join(' ')}]`;
}

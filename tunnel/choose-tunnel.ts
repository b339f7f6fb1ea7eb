/** Which of these, of which there is at least one, carries what is for none of them. */
export type Pick = (addresses: readonly string[]) => number;

/**
 * Through which node's tunnel a connection goes: the one of the very address that is wanted, else any. Null for no
 * tunnel. Source: pkg/ssh/ssh.go, SSHTunnelList.pickTunnel.
 */
export function chooseTunnel(
  addresses: readonly string[],
  wanted: string,
  pick: Pick,
): { readonly index: number; readonly own: boolean } | null {
  if (addresses.length === 0) return null;
  const own = addresses.indexOf(wanted);
  return own >= 0 ? { index: own, own: true } : { index: pick(addresses), own: false };
}

export function pickRandom({ length }: readonly string[]): number {
  return Math.floor(Math.random() * length);
}

/** What a Node tells of itself, as far as it matters here. */
export interface AddressedNode {
  readonly status?: {
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
  };
}

/**
 * Upstream takes the ExternalIP alone (pkg/master/master.go, nodeAddressProvider): tunnels were for nodes in another
 * network. A node without one is reached by its InternalIP here.
 */
export function tunnelAddresses(nodes: readonly AddressedNode[]): string[] {
  return nodes.flatMap(({ status }) => {
    const all = status?.addresses ?? [];
    const found =
      all.find(({ type }) => type === 'ExternalIP') ?? all.find(({ type }) => type === 'InternalIP');
    return found === undefined ? [] : [found.address];
  });
}

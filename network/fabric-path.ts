import type { NatTable, NeighbourTable, RouteTable } from './fabric-tables';
import type { Endpoint } from './network';

/** Where a packet for an address goes: pure, from the tables of the machines it passes. */

export interface Machine {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly neighbours: NeighbourTable;
  readonly routes: RouteTable;
  readonly nat: NatTable;
  readonly forwards: boolean;
}

export type Path<M> =
  /** Delivered on `machine`, at `port`; `through` are the machines that forwarded it, in order. */
  | {
      readonly kind: 'delivered';
      readonly machine: M;
      readonly port: number;
      readonly redirected: boolean;
      readonly through: readonly M[];
    }
  | { readonly kind: 'no-route'; readonly at: M }
  /** A machine took the packet for another and does not forward: the sender waits in vain. */
  | { readonly kind: 'dropped'; readonly at: M };

/** IPv4's usual initial TTL is 64; a fabric this size needs far fewer hops to prove a routing loop. */
const MAX_HOPS = 16;

export function findPath<M extends Machine>(
  from: M,
  destination: Endpoint,
  neighbourOf: (machine: M, address: string) => M | undefined,
): Path<M> {
  const through: M[] = [];
  let at = from;
  for (let hop = 0; hop < MAX_HOPS; hop++) {
    if (hop > 0) {
      const rule = at.nat.match(destination);
      if (rule !== undefined) {
        return { kind: 'delivered', machine: at, port: rule.toPort, redirected: true, through };
      }
    }
    if (at.addresses.includes(destination.address)) {
      return { kind: 'delivered', machine: at, port: destination.port, redirected: false, through };
    }
    if (hop > 0) {
      if (!at.forwards) return { kind: 'dropped', at };
      through.push(at);
    }
    const route = at.routes.lookup(destination.address);
    if (route === undefined) return { kind: 'no-route', at };
    const next = neighbourOf(at, route.via ?? destination.address);
    if (next === undefined) return { kind: 'no-route', at };
    at = next;
  }
  return { kind: 'dropped', at };
}

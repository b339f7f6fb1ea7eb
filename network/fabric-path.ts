import type { NatTable } from './fabric-nat';
import type { NeighbourTable, RouteTable } from './fabric-tables';
import type { Endpoint } from './network';

/** Where a packet for an address goes, and as what it is seen on its way: pure, from the tables of the machines it passes. */

export interface Machine {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly neighbours: NeighbourTable;
  readonly routes: RouteTable;
  readonly nat: NatTable;
  readonly forwards: boolean;
  /** The address of the interface towards this one. */
  sourceAddress(towards: string): string;
}

/** A machine that forwards the packet, and the addresses it bears when it goes out of it again. */
export interface Hop<M> {
  readonly machine: M;
  readonly source: string;
  readonly destination: Endpoint;
}

export type Path<M> =
  /** Delivered on `machine`, at `port`, as coming from `source` and meant for `destination`; `through`, in order. */
  | {
      readonly kind: 'delivered';
      readonly machine: M;
      readonly port: number;
      readonly redirected: boolean;
      readonly through: readonly Hop<M>[];
      readonly source: string;
      readonly destination: Endpoint;
    }
  | { readonly kind: 'no-route'; readonly at: M }
  /** A machine answers that nobody is there. */
  | { readonly kind: 'rejected'; readonly at: M }
  /** A machine took the packet for another and does not forward: the sender waits in vain. */
  | { readonly kind: 'dropped'; readonly at: M };

/** IPv4's usual initial TTL is 64; a fabric this size needs far fewer hops to prove a routing loop. */
const MAX_HOPS = 16;

export function findPath<M extends Machine>(
  from: M,
  wanted: Endpoint,
  neighbourOf: (machine: M, address: string) => M | undefined,
  /** Marked as one that the machine's own output rules leave alone (`meta skuid`, SO_MARK). */
  marked = false,
): Path<M> {
  const through: Hop<M>[] = [];
  let at = from;
  let destination = wanted;
  // Chosen before the output chain changes where it goes, as the kernel does.
  let source = from.sourceAddress(wanted.address);
  for (let hop = 0; hop < MAX_HOPS; hop++) {
    if (hop > 0 || !marked) {
      const rule = at.nat.match(destination, hop === 0 ? 'output' : 'prerouting');
      if (rule !== undefined) {
        const port = rule.toPort;
        return { kind: 'delivered', machine: at, port, redirected: true, through, source, destination };
      }
    }
    const translation = at.nat.translate(source, destination, at.addresses);
    if (translation?.kind === 'reject') return { kind: 'rejected', at };
    if (translation?.kind === 'drop') return { kind: 'dropped', at };
    if (translation !== null) destination = translation.to;
    const isLoopback = destination.address.startsWith('127.');
    // What comes from outside for the loopback is a martian (net.ipv4.conf.*.route_localnet=0).
    if (isLoopback && hop > 0) return { kind: 'dropped', at };
    if (isLoopback || at.addresses.includes(destination.address)) {
      const { port } = destination;
      return { kind: 'delivered', machine: at, port, redirected: false, through, source, destination };
    }
    if (hop > 0 && !at.forwards) return { kind: 'dropped', at };
    const route = at.routes.lookup(destination.address);
    const towards = route?.via ?? destination.address;
    if (translation?.masquerade === true) source = at.sourceAddress(towards);
    if (hop > 0) through.push({ machine: at, source, destination });
    const next = route === undefined ? undefined : neighbourOf(at, towards);
    if (next === undefined) return { kind: 'no-route', at };
    at = next;
  }
  return { kind: 'dropped', at };
}

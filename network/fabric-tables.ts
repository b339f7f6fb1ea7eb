import { type Cidr, cidrContains, parseCidr } from './cidr';

/**
 * The tables of one machine on the fabric: what an attacker on the segment, or an administrator, changes to move
 * traffic. Plain data, looked at again for every new connection.
 */

/** IP address → machine that this host believes to own it on the segment (what ARP would have taught it). */
export class NeighbourTable {
  readonly #entries = new Map<string, string>();

  set(address: string, hostName: string): void {
    this.#entries.set(address, hostName);
  }

  delete(address: string): void {
    this.#entries.delete(address);
  }

  get(address: string): string | undefined {
    return this.#entries.get(address);
  }

  entries(): readonly { address: string; hostName: string }[] {
    return [...this.#entries].map(([address, hostName]) => ({ address, hostName }));
  }
}

export interface Route {
  /** Prefix, `10.244.1.0/24`, or `default`. */
  readonly to: string;
  /** The next hop; absent when the prefix is on the link. */
  readonly via?: string;
}

export class RouteTable {
  readonly #routes: { route: Route; cidr: Cidr }[] = [];

  add(route: Route): void {
    this.#routes.push({ route, cidr: parseCidr(route.to === 'default' ? '0.0.0.0/0' : route.to) });
  }

  /** Removes the newest route that says exactly this. */
  delete(route: Route): void {
    const index = this.#routes.findLastIndex((it) => it.route.to === route.to && it.route.via === route.via);
    if (index >= 0) this.#routes.splice(index, 1);
  }

  /** Longest prefix wins; among equals the newest, as if its metric were better. */
  lookup(address: string): Route | undefined {
    let best: { route: Route; cidr: Cidr } | undefined;
    for (const candidate of this.#routes) {
      if (!cidrContains(candidate.cidr, address)) continue;
      if (best === undefined || candidate.cidr.prefixLength >= best.cidr.prefixLength) best = candidate;
    }
    return best?.route;
  }

  entries(): readonly Route[] {
    return this.#routes.map((it) => it.route);
  }
}

import { isIPv4 } from 'node:net';
import { type Cidr, cidrContains } from './cidr';
import type { Endpoint } from './network';

/**
 * Network address translation of one machine on the fabric: what it takes for itself although it is addressed to another,
 * and what it leads elsewhere. Looked at once for every new connection that begins at the machine or passes it; what is
 * open keeps its path, as with conntrack.
 */

export interface RedirectRule {
  /** The destination that is taken; without a port every port of the address. */
  readonly to: { readonly address: string; readonly port?: number };
  /** The local port it is delivered to. */
  readonly toPort: number;
  /** `output`: what programs of this machine dial, and not what comes in. Default: prerouting. */
  readonly chain?: 'prerouting' | 'output';
}

/** Whose connections a branch is for. */
export type NatSource =
  | { readonly kind: 'within'; readonly cidrs: readonly Cidr[] }
  | { readonly kind: 'outside'; readonly cidrs: readonly Cidr[] }
  /** One of the machine's own addresses (`fib saddr type local`). */
  | { readonly kind: 'local' };

export type NatVerdict =
  /** ICMP port unreachable, at once: the dialler hears "connection refused". */
  | { readonly kind: 'reject' }
  | { readonly kind: 'drop' }
  | {
      readonly kind: 'dnat';
      /** Never empty; each is taken with the same probability. */
      readonly to: readonly Endpoint[];
      /** Whether the next machine sees this one's address in place of the dialler's. A dialler that is led to itself never keeps its own. */
      readonly masquerade: boolean;
      /** The same address is led to the same target again, until it has not come for so long. By name, as rules are replaced. */
      readonly affinity?: { readonly name: string; readonly timeoutMs: number };
    };

/** The first branch that is for the source decides; without one the connection goes on as it is. */
export interface NatBranch {
  readonly from?: NatSource;
  readonly verdict: NatVerdict;
}

export interface NatRuleset {
  /** By `natKey`. */
  readonly rules: ReadonlyMap<string, readonly NatBranch[]>;
  /** Addresses at which every other port is refused. */
  readonly rejected: ReadonlySet<string>;
}

export type Translation =
  | { readonly kind: 'reject' }
  | { readonly kind: 'drop' }
  | { readonly kind: 'translated'; readonly to: Endpoint; readonly masquerade: boolean };

export interface NatClock {
  readonly now: () => number;
  /** From 0 to below 1. */
  readonly random: () => number;
}

const EMPTY: NatRuleset = { rules: new Map(), rejected: new Set() };

export function natKey({ address, port }: Endpoint): string {
  return `${address}:${port}`;
}

export class NatTable {
  readonly #redirects: RedirectRule[] = [];
  readonly #clock: NatClock;
  readonly #affinity = new Map<string, Map<string, { target: string; until: number }>>();
  #ruleset: NatRuleset = EMPTY;

  constructor(clock: NatClock = { now: () => performance.now(), random: Math.random }) {
    this.#clock = clock;
  }

  /** Prerouting or output (`nft … redirect to :PORT`). Returns the function that takes the rule out again. */
  redirect(rule: RedirectRule): () => void {
    this.#redirects.push(rule);
    return () => {
      const index = this.#redirects.indexOf(rule);
      if (index >= 0) this.#redirects.splice(index, 1);
    };
  }

  get redirects(): readonly RedirectRule[] {
    return this.#redirects;
  }

  match(destination: Endpoint, at: 'prerouting' | 'output' = 'prerouting'): RedirectRule | undefined {
    return this.#redirects.find(
      (rule) =>
        (rule.chain ?? 'prerouting') === at &&
        rule.to.address === destination.address &&
        (rule.to.port === undefined || rule.to.port === destination.port),
    );
  }

  /** Output and prerouting: takes the place of everything that was set before, at once. */
  replace(ruleset: NatRuleset): void {
    this.#ruleset = ruleset;
    const named = new Set<string>();
    for (const branches of ruleset.rules.values()) {
      for (const { verdict } of branches)
        if (verdict.kind === 'dnat' && verdict.affinity !== undefined) named.add(verdict.affinity.name);
    }
    for (const name of this.#affinity.keys()) if (!named.has(name)) this.#affinity.delete(name);
  }

  get ruleset(): NatRuleset {
    return this.#ruleset;
  }

  /** Null: nothing here concerns it. */
  translate(source: string, destination: Endpoint, own: readonly string[]): Translation | null {
    const branches = this.#ruleset.rules.get(natKey(destination));
    const branch = branches?.find(({ from }) => from === undefined || isFor(from, source, own));
    if (branch === undefined) {
      return this.#ruleset.rejected.has(destination.address) ? { kind: 'reject' } : null;
    }
    const { verdict } = branch;
    if (verdict.kind !== 'dnat') return verdict;
    const to = this.#choose(verdict, source);
    return { kind: 'translated', to, masquerade: verdict.masquerade || to.address === source };
  }

  #choose({ to, affinity }: NatVerdict & { kind: 'dnat' }, source: string): Endpoint {
    const any = (): Endpoint => {
      const one = to[Math.floor(this.#clock.random() * to.length)];
      if (one === undefined) throw new RangeError('a translation has no target');
      return one;
    };
    if (affinity === undefined) return any();
    const clients = this.#affinity.get(affinity.name) ?? new Map<string, { target: string; until: number }>();
    this.#affinity.set(affinity.name, clients);
    const now = this.#clock.now();
    const known = clients.get(source);
    const again =
      known === undefined || known.until <= now ? undefined : to.find((it) => natKey(it) === known.target);
    const chosen = again ?? any();
    clients.set(source, { target: natKey(chosen), until: now + affinity.timeoutMs });
    return chosen;
  }
}

function isFor(from: NatSource, source: string, own: readonly string[]): boolean {
  switch (from.kind) {
    case 'local':
      return own.includes(source);
    case 'within':
      return isWithin(from.cidrs, source);
    case 'outside':
      return !isWithin(from.cidrs, source);
  }
}

function isWithin(cidrs: readonly Cidr[], source: string): boolean {
  return isIPv4(source) && cidrs.some((cidr) => cidrContains(cidr, source));
}

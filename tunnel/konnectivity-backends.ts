import { MidplaneError } from '../error';

/**
 * Which agent carries a connection. What an agent says about itself is believed as it is said: neither its ID nor its
 * identifiers are bound to whatever it authenticated with.
 * Source: kubernetes-sigs/apiserver-network-proxy, pkg/server/backend_manager.go, desthost_backend_manager.go,
 * default_route_backend_manager.go, storage.go; pkg/agent/identifiers.
 */
export type ProxyStrategy = 'default' | 'destHost' | 'defaultRoute';

const strategies: readonly ProxyStrategy[] = ['default', 'destHost', 'defaultRoute'];

export interface AgentIdentifiers {
  readonly ipv4: readonly string[];
  readonly ipv6: readonly string[];
  readonly host: readonly string[];
  readonly cidr: readonly string[];
  readonly defaultRoute: boolean;
}

/** `ipv4=10.0.0.11&default-route=true`. A text is why not. */
export function parseAgentIdentifiers(text: string): AgentIdentifiers | string {
  const said = new URLSearchParams(text);
  for (const type of said.keys()) {
    if (!['ipv4', 'ipv6', 'host', 'cidr', 'default-route'].includes(type)) {
      return `unknown address type: ${type}`;
    }
  }
  const defaultRoute = said.get('default-route');
  if (defaultRoute !== null && !/^(1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(defaultRoute)) {
    return `strconv.ParseBool: parsing ${JSON.stringify(defaultRoute)}: invalid syntax`;
  }
  return {
    ipv4: said.getAll('ipv4'),
    ipv6: said.getAll('ipv6'),
    host: said.getAll('host'),
    cidr: said.getAll('cidr'),
    defaultRoute: defaultRoute !== null && /^[1tT]/.test(defaultRoute),
  };
}

/** Throws MidplaneError USAGE. Source: pkg/server/backend_manager.go (ParseProxyStrategies). */
export function parseProxyStrategies(text: string): ProxyStrategy[] {
  return text.split(',').map((word) => {
    const strategy = strategies.find((known) => known === word.trim());
    if (strategy !== undefined) return strategy;
    throw new MidplaneError('USAGE', `unknown proxy strategy ${JSON.stringify(word.trim())}`, {
      hint: `--proxy-strategies takes ${strategies.join(', ')}, in the order in which they are tried`,
    });
  });
}

export interface Registered {
  readonly agentId: string;
  readonly identifiers: AgentIdentifiers;
}

export class Backends<Backend extends Registered> {
  readonly #strategies: readonly ProxyStrategy[];
  readonly #choose: (count: number) => number;
  /** In the order in which they came: of several with one key the first one carries. */
  readonly #all: Backend[] = [];

  /** `choose`: a number below `count`, at random unless it has to be repeated. */
  constructor(strategiesInOrder: readonly ProxyStrategy[], choose: (count: number) => number) {
    this.#strategies = strategiesInOrder;
    this.#choose = choose;
  }

  get all(): readonly Backend[] {
    return this.#all;
  }

  add(backend: Backend): void {
    this.#all.push(backend);
  }

  remove(backend: Backend): void {
    const at = this.#all.indexOf(backend);
    if (at >= 0) this.#all.splice(at, 1);
  }

  /** For a connection to this host (without its port); null: `No backend available`. */
  for(host: string): Backend | null {
    for (const strategy of this.#strategies) {
      const backend = this.#by(strategy, host);
      if (backend !== null) return backend;
    }
    return null;
  }

  /** Whether the first strategy has anybody to choose. */
  get ready(): boolean {
    const [first] = this.#strategies;
    return first !== undefined && this.#all.some((backend) => keysOf(first, backend).length > 0);
  }

  #by(strategy: ProxyStrategy, host: string): Backend | null {
    const byKey = new Map<string, Backend>();
    for (const backend of this.#all) {
      for (const key of keysOf(strategy, backend)) if (!byKey.has(key)) byKey.set(key, backend);
    }
    if (strategy === 'destHost') return byKey.get(host) ?? null;
    const candidates = [...byKey.values()];
    return candidates[this.#choose(candidates.length)] ?? null;
  }
}

function keysOf(strategy: ProxyStrategy, { agentId, identifiers }: Registered): readonly string[] {
  switch (strategy) {
    case 'default':
      return [agentId];
    case 'destHost':
      return [...identifiers.ipv4, ...identifiers.ipv6, ...identifiers.host].filter((key) => key !== '');
    case 'defaultRoute':
      return identifiers.defaultRoute ? [agentId] : [];
  }
}

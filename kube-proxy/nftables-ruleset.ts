import { createHash } from 'node:crypto';
import { cidrContains, parseCidr } from '../network/cidr';
import type { ProxyEndpoint } from './endpoint-slices';
import {
  isExternallyAccessible,
  type PlannedPort,
  usesClusterEndpoints,
  usesLocalEndpoints,
} from './service-port';
import type { TrafficSettings } from './traffic-settings';

/**
 * The plan as rules of the nftables mode: pure, names and shape as upstream's, so that who knows `nft list table ip
 * kube-proxy` of a real node finds the same here. Source: pkg/proxy/nftables/proxier.go (setupNFTables, syncProxyRules).
 */
export interface NftablesRuleset {
  /** Table, sets, maps, and the chains that are always there, emptied. */
  readonly base: readonly string[];
  /** Chains of services and endpoints, and the sets of who is at which endpoint, by name. */
  readonly chains: readonly string[];
  readonly affinitySets: readonly { readonly name: string; readonly seconds: number }[];
  readonly rules: readonly string[];
  readonly elements: readonly string[];
}

export const TABLE = 'ip kube-proxy';

const REJECT = 'goto reject-chain';
const DROP = 'drop';

export function nftablesRuleset(plan: readonly PlannedPort[], settings: TrafficSettings): NftablesRuleset {
  const build = new Build();
  for (const address of settings.nodePortAddresses) build.element('nodeport-ips', address);
  for (const port of plan) addPort(build, port, settings);
  return {
    base: baseRules(settings),
    chains: [...build.chains],
    affinitySets: [...build.affinitySets].map(([name, seconds]) => ({ name, seconds })),
    rules: build.rules.map(([chain, rule]) => `add rule ${TABLE} ${chain} ${rule}`),
    elements: [...build.elements].flatMap(([set, elements]) =>
      [...elements].map(([key, rest]) => `add element ${TABLE} ${set} { ${key}${rest} }`),
    ),
  };
}

class Build {
  readonly chains = new Set<string>();
  readonly affinitySets = new Map<string, number>();
  readonly rules: [chain: string, rule: string][] = [];
  /** By set and key: of two services with one address and port the later one has it, as upstream. */
  readonly elements = new Map<string, Map<string, string>>();

  rule(chain: string, ...words: readonly (string | number)[]): void {
    this.chains.add(chain);
    this.rules.push([chain, words.filter((word) => word !== '').join(' ')]);
  }

  element(set: string, key: string, verdict = '', comment = ''): void {
    const elements = this.elements.get(set) ?? new Map<string, string>();
    this.elements.set(set, elements);
    const said = comment === '' ? '' : ` comment "${comment}"`;
    elements.set(key, `${said}${verdict === '' ? '' : ` : ${verdict}`}`);
  }
}

function addPort(build: Build, port: PlannedPort, settings: TrafficSettings): void {
  const { clusterEndpoints, localEndpoints, hasEndpoints, protocol, name } = port;
  const chains = chainNames(port);
  const isReachedInside = port.internalPolicyLocal ? localEndpoints.length > 0 : hasEndpoints;
  const isReachedOutside = port.externalPolicyLocal ? localEndpoints.length > 0 : hasEndpoints;
  const unreached = hasEndpoints ? DROP : REJECT;
  const key = (address: string): string => `${address} . ${protocol} . ${port.port}`;

  build.element('cluster-ips', port.clusterIp);
  const inside = port.internalPolicyLocal ? chains.local : chains.cluster;
  if (isReachedInside) {
    build.element('service-ips', key(port.clusterIp), `goto ${inside}`);
    const from = settings.masqueradeAll ? '' : outsideOf(settings.clusterCidrs);
    if (settings.masqueradeAll || from !== '') {
      const to = `ip daddr ${port.clusterIp} ${protocol} dport ${port.port}`;
      build.rule(inside, to, from, 'jump mark-for-masquerade');
    }
  } else build.element('no-endpoint-services', key(port.clusterIp), unreached, name);

  const addresses = [...port.externalIps, ...port.loadBalancerIps];
  const nodePort = port.nodePort === 0 ? null : `${protocol} . ${port.nodePort}`;
  if (hasEndpoints) {
    for (const address of addresses) build.element('service-ips', key(address), `goto ${chains.external}`);
    if (nodePort !== null) build.element('service-nodeports', nodePort, `goto ${chains.external}`);
    if (isExternallyAccessible(port)) addExternalChain(build, port, settings, isReachedOutside);
  }
  if (!isReachedOutside) {
    for (const address of addresses) build.element('no-endpoint-services', key(address), unreached, name);
    if (nodePort !== null) build.element('no-endpoint-nodeports', nodePort, unreached, name);
  }
  addFirewall(build, port, settings);
  if (usesClusterEndpoints(port)) addPolicyChain(build, port, chains.cluster, clusterEndpoints);
  if (usesLocalEndpoints(port)) addPolicyChain(build, port, chains.local, localEndpoints);
  for (const endpoint of port.reachableEndpoints) addEndpointChain(build, port, endpoint);
}

/** NodePort, external and load balancer addresses. */
function addExternalChain(
  build: Build,
  port: PlannedPort,
  { clusterCidrs }: TrafficSettings,
  isReachedOutside: boolean,
): void {
  const { external, cluster, local } = chainNames(port);
  if (!port.externalPolicyLocal) {
    build.rule(external, 'jump mark-for-masquerade');
    build.rule(external, `goto ${cluster}`);
    return;
  }
  // Pods and the node itself are led as if they had gone out to a balancer and come in again.
  const pods = within(clusterCidrs);
  if (pods !== '') build.rule(external, pods, `goto ${cluster}`, 'comment "short-circuit pod traffic"');
  build.rule(external, 'fib saddr type local jump mark-for-masquerade comment "masquerade local traffic"');
  build.rule(external, `fib saddr type local goto ${cluster} comment "short-circuit local traffic"`);
  if (isReachedOutside) build.rule(external, `goto ${local}`);
}

/** loadBalancerSourceRanges. */
function addFirewall(build: Build, port: PlannedPort, { nodeIp }: TrafficSettings): void {
  const { sourceRanges, loadBalancerIps, protocol } = port;
  if (sourceRanges.length === 0 || loadBalancerIps.length === 0) return;
  const { firewall } = chainNames(port);
  for (const address of loadBalancerIps)
    build.element('firewall-ips', `${address} . ${protocol} . ${port.port}`, `goto ${firewall}`);
  const ofNode = sourceRanges.some((range) => cidrContains(parseCidr(range), nodeIp)) ? loadBalancerIps : [];
  build.rule(firewall, `ip saddr != { ${[...sourceRanges, ...ofNode].join(', ')} } drop`);
}

function addPolicyChain(
  build: Build,
  port: PlannedPort,
  chain: string,
  endpoints: readonly ProxyEndpoint[],
): void {
  if (endpoints.length === 0) return;
  if (port.affinitySeconds !== null) {
    for (const endpoint of endpoints) {
      const names = endpointNames(port, endpoint);
      build.rule(chain, `ip saddr @${names.affinity} goto ${names.chain}`);
    }
  }
  const choices = endpoints.map((endpoint, at) => `${at} : goto ${endpointNames(port, endpoint).chain}`);
  build.rule(chain, `numgen random mod ${endpoints.length} vmap { ${choices.join(', ')} }`);
}

function addEndpointChain(build: Build, port: PlannedPort, endpoint: ProxyEndpoint): void {
  const { chain, affinity } = endpointNames(port, endpoint);
  // Who is led to itself would answer itself.
  build.rule(chain, `ip saddr ${endpoint.address} jump mark-for-masquerade`);
  if (port.affinitySeconds !== null) {
    build.affinitySets.set(affinity, port.affinitySeconds);
    build.rule(chain, `update @${affinity} { ip saddr }`);
  }
  build.rule(chain, `meta l4proto ${port.protocol} dnat to ${endpoint.address}:${endpoint.port}`);
}

function outsideOf(cidrs: readonly string[]): string {
  return cidrs.length === 0 ? '' : `ip saddr != ${setOf(cidrs)}`;
}

function within(cidrs: readonly string[]): string {
  return cidrs.length === 0 ? '' : `ip saddr ${setOf(cidrs)}`;
}

function setOf(cidrs: readonly string[]): string {
  return cidrs.length === 1 ? (cidrs[0] ?? '') : `{ ${cidrs.join(', ')} }`;
}

interface ChainNames {
  readonly cluster: string;
  readonly local: string;
  readonly external: string;
  readonly firewall: string;
}

function chainNames({ namespace, service, protocol, portName }: PlannedPort): ChainNames {
  const base = hashed(`${namespace}/${service}/${protocol}/${portName}`);
  return {
    cluster: `service-${base}`,
    local: `local-${base}`,
    external: `external-${base}`,
    firewall: `firewall-${base}`,
  };
}

function endpointNames(
  { namespace, service, protocol, portName }: PlannedPort,
  { address, port }: ProxyEndpoint,
): { readonly chain: string; readonly affinity: string } {
  const base = hashed(`${namespace}/${service}/${protocol}/${portName}__${address}/${port}`);
  return { chain: `endpoint-${base}`, affinity: `affinity-${base}` };
}

/** nft takes names of 256 bytes, a prefix among them (chainNameBaseLengthMax). */
const LONGEST_BASE = 240;

/** The name for people, behind a hash that makes it unique even when it has to be cut. */
function hashed(name: string): string {
  const full = `${base32(createHash('sha256').update(name).digest()).slice(0, 8)}-${name}`;
  return full.length <= LONGEST_BASE ? full : `${full.slice(0, LONGEST_BASE - 3)}...`;
}

/** RFC 4648, section 6. */
function base32(bytes: Buffer): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return [...bits.matchAll(/[01]{5}/g)].map(([five]) => alphabet[Number.parseInt(five, 2)]).join('');
}

const ADDRESS_AND_PORT = 'ipv4_addr . inet_proto . inet_service : verdict';
const sets: readonly (readonly [kind: 'set' | 'map', name: string, type: string, comment: string])[] = [
  ['set', 'cluster-ips', 'ipv4_addr', 'Active ClusterIPs'],
  ['set', 'nodeport-ips', 'ipv4_addr', 'IPs that accept NodePort traffic'],
  ['map', 'firewall-ips', ADDRESS_AND_PORT, 'destinations that are subject to LoadBalancerSourceRanges'],
  [
    'map',
    'no-endpoint-nodeports',
    'inet_proto . inet_service : verdict',
    'vmap to drop or reject packets to service nodeports with no endpoints',
  ],
  [
    'map',
    'no-endpoint-services',
    ADDRESS_AND_PORT,
    'vmap to drop or reject packets to services with no endpoints',
  ],
  ['map', 'service-ips', ADDRESS_AND_PORT, 'ClusterIP, ExternalIP and LoadBalancer IP traffic'],
  ['map', 'service-nodeports', 'inet_proto . inet_service : verdict', 'NodePort traffic'],
];

/** Before translation, but for what asks whether a cluster IP was left over by it. */
const hooks: readonly (readonly [chain: string, hook: string])[] = [
  ['filter-prerouting', 'type filter hook prerouting priority -110'],
  ['filter-input', 'type filter hook input priority -110'],
  ['filter-forward', 'type filter hook forward priority -110'],
  ['filter-output', 'type filter hook output priority -110'],
  ['filter-output-post-dnat', 'type filter hook output priority -90'],
  ['nat-prerouting', 'type nat hook prerouting priority -100'],
  ['nat-output', 'type nat hook output priority -100'],
  ['nat-postrouting', 'type nat hook postrouting priority 100'],
];

/** Everything that does not depend on a service; what is in it is emptied first. */
function baseRules({ masqueradeBit }: TrafficSettings): string[] {
  const mark = `0x${(1 << masqueradeBit).toString(16)}`;
  const byAddress = 'ip daddr . meta l4proto . th dport vmap';
  const byNodePort = 'ip daddr @nodeport-ips meta l4proto . th dport vmap';
  const rules: readonly (readonly [chain: string, ...rules: string[]])[] = [
    ['filter-prerouting', 'ct state new jump firewall-check'],
    [
      'filter-input',
      'ct state new jump nodeport-endpoints-check',
      'ct state new jump service-endpoints-check',
    ],
    ['filter-forward', 'ct state new jump service-endpoints-check', 'ct state new jump cluster-ips-check'],
    ['filter-output', 'ct state new jump service-endpoints-check', 'ct state new jump firewall-check'],
    ['filter-output-post-dnat', 'ct state new jump cluster-ips-check'],
    ['nat-prerouting', 'jump services'],
    ['nat-output', 'jump services'],
    ['nat-postrouting', 'jump masquerading'],
    ['services', `${byAddress} @service-ips`, `${byNodePort} @service-nodeports`],
    ['firewall-check', `${byAddress} @firewall-ips`],
    ['service-endpoints-check', `${byAddress} @no-endpoint-services`],
    ['nodeport-endpoints-check', `${byNodePort} @no-endpoint-nodeports`],
    [
      'cluster-ips-check',
      'ip daddr @cluster-ips reject comment "Reject traffic to invalid ports of ClusterIPs"',
    ],
    ['mark-for-masquerade', `mark set mark or ${mark}`],
    ['masquerading', `mark and ${mark} == 0 return`, `mark set mark xor ${mark}`, 'masquerade fully-random'],
    ['reject-chain', 'reject'],
  ];
  const hookOf = new Map(hooks);
  const chain = (name: string): string => {
    const hook = hookOf.get(name);
    return `add chain ${TABLE} ${name}${hook === undefined ? '' : ` { ${hook} ; }`}`;
  };
  return [
    `add table ${TABLE} { comment "rules for kube-proxy" ; }`,
    ...sets.map(
      ([kind, name, type, comment]) =>
        `add ${kind} ${TABLE} ${name} { type ${type} ; comment "${comment}" ; }`,
    ),
    ...sets.map(([kind, name]) => `flush ${kind} ${TABLE} ${name}`),
    ...rules.map(([name]) => chain(name)),
    ...rules.map(([name]) => `flush chain ${TABLE} ${name}`),
    ...rules.flatMap(([name, ...each]) => each.map((rule) => `add rule ${TABLE} ${name} ${rule}`)),
  ];
}

import { cidrContains, parseCidr } from '../network/cidr';
import {
  type NatBranch,
  type NatRuleset,
  type NatSource,
  type NatVerdict,
  natKey,
} from '../network/fabric-nat';
import type { ProxyEndpoint } from './endpoint-slices';
import type { PlannedPort } from './service-port';
import type { TrafficSettings } from './traffic-settings';

/**
 * The plan as the NAT table of a machine on the fabric, where every connection is TCP. It decides as the rules of the
 * nftables mode do (nftables-ruleset.ts, which names the sources); the two must be changed together.
 */
export function fabricRuleset(plan: readonly PlannedPort[], settings: TrafficSettings): NatRuleset {
  const rules = new Map<string, readonly NatBranch[]>();
  const rejected = new Set<string>();
  const pods = settings.clusterCidrs.map(parseCidr);
  // Of two services with one address and port the later one has it; one that leads nowhere takes it from nobody.
  const put = (address: string, port: number, branches: readonly NatBranch[]): void => {
    const key = natKey({ address, port });
    if (branches.some(leads) || !rules.has(key)) rules.set(key, branches);
  };
  for (const port of plan) {
    rejected.add(port.clusterIp);
    if (port.protocol !== 'tcp') continue;
    put(port.clusterIp, port.port, internal(port, settings, pods));
    const outer = [...unreachedByNode(port), ...external(port, pods)];
    for (const address of port.externalIps) put(address, port.port, outer);
    const guarded = [...firewall(port, settings), ...outer];
    for (const address of port.loadBalancerIps) put(address, port.port, guarded);
    if (port.nodePort === 0) continue;
    for (const address of settings.nodePortAddresses) put(address, port.nodePort, external(port, pods));
  }
  return { rules, rejected };
}

function leads({ verdict }: NatBranch): boolean {
  return verdict.kind === 'dnat';
}

type Cidrs = readonly ReturnType<typeof parseCidr>[];

function internal(port: PlannedPort, { masqueradeAll }: TrafficSettings, pods: Cidrs): NatBranch[] {
  const endpoints = port.internalPolicyLocal ? port.localEndpoints : port.clusterEndpoints;
  if (endpoints.length === 0) return [{ verdict: port.hasEndpoints ? { kind: 'drop' } : { kind: 'reject' } }];
  if (masqueradeAll) return [{ verdict: lead(port, endpoints, true) }];
  const plain = { verdict: lead(port, endpoints, false) };
  if (pods.length === 0) return [plain];
  return [{ from: { kind: 'outside', cidrs: pods }, verdict: lead(port, endpoints, true) }, plain];
}

function external(port: PlannedPort, pods: Cidrs): NatBranch[] {
  const { clusterEndpoints, localEndpoints } = port;
  if (!port.hasEndpoints) return [{ verdict: { kind: 'reject' } }];
  if (!port.externalPolicyLocal) return [{ verdict: lead(port, clusterEndpoints, true) }];
  const fromPods: NatSource = { kind: 'within', cidrs: pods };
  return [
    ...(pods.length === 0 ? [] : [{ from: fromPods, verdict: lead(port, clusterEndpoints, false) }]),
    { from: { kind: 'local' }, verdict: lead(port, clusterEndpoints, true) },
    { verdict: localEndpoints.length === 0 ? { kind: 'drop' } : lead(port, localEndpoints, false) },
  ];
}

/**
 * With external traffic that stays here and nothing here, the node itself gets nowhere: what it sends is filtered before
 * it is translated (filter-output comes before nat-output), but for node ports, which are filtered on their way in.
 */
function unreachedByNode({ externalPolicyLocal, hasEndpoints, localEndpoints }: PlannedPort): NatBranch[] {
  const unreached = externalPolicyLocal && hasEndpoints && localEndpoints.length === 0;
  return unreached ? [{ from: { kind: 'local' }, verdict: { kind: 'drop' } }] : [];
}

/** loadBalancerSourceRanges; the node reaches a balancer's address from that address itself. */
function firewall({ sourceRanges, loadBalancerIps }: PlannedPort, { nodeIp }: TrafficSettings): NatBranch[] {
  if (sourceRanges.length === 0) return [];
  const ranges = sourceRanges.map(parseCidr);
  const ofNode = ranges.some((range) => cidrContains(range, nodeIp)) ? loadBalancerIps.map(parseCidr) : [];
  return [{ from: { kind: 'outside', cidrs: [...ranges, ...ofNode] }, verdict: { kind: 'drop' } }];
}

function lead(port: PlannedPort, endpoints: readonly ProxyEndpoint[], masquerade: boolean): NatVerdict {
  const { affinitySeconds, name } = port;
  return {
    kind: 'dnat',
    to: endpoints.map((it) => ({ address: it.address, port: it.port })),
    masquerade,
    ...(affinitySeconds === null ? {} : { affinity: { name, timeoutMs: affinitySeconds * 1000 } }),
  };
}

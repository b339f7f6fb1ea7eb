import type { KubeNode } from '../api/objects';
import { readyOf } from './node-health';

/**
 * How fast nodes may be emptied: the fewer are heard of, the likelier it is that not they are the trouble. Pure.
 * Source: pkg/controller/nodelifecycle/node_lifecycle_controller.go (ComputeZoneState, handleDisruption, setLimiterInZone).
 */
export interface EvictionRates {
  /** --node-eviction-rate, nodes a second. */
  readonly normal: number;
  /** --secondary-node-eviction-rate: where many are away, and the zone is large. */
  readonly secondary: number;
  /** --large-cluster-size-threshold. */
  readonly largeFrom: number;
  /** --unhealthy-zone-threshold, a share of one. */
  readonly unhealthyFrom: number;
}

export type ZoneState = 'Normal' | 'PartialDisruption' | 'FullDisruption';

const REGION = 'topology.kubernetes.io/region';
const ZONE = 'topology.kubernetes.io/zone';

/** Source: k8s.io/component-helpers node/topology (GetZoneKey). */
export function zoneOf({ metadata }: KubeNode): string {
  const { [REGION]: region = '', [ZONE]: zone = '' } = metadata.labels ?? {};
  return `${region}:\0:${zone}`;
}

export function zoneState(nodes: readonly KubeNode[], { unhealthyFrom }: EvictionRates): ZoneState {
  const away = nodes.filter((node) => readyOf(node)?.status !== 'True').length;
  if (away > 0 && away === nodes.length) return 'FullDisruption';
  return away > 2 && away / nodes.length >= unhealthyFrom ? 'PartialDisruption' : 'Normal';
}

/** Nodes a second, by zone. Where no zone has a node that is heard of, the fault is this program's, and nothing is emptied. */
export function evictionRates(nodes: readonly KubeNode[], rates: EvictionRates): ReadonlyMap<string, number> {
  const zones = new Map<string, KubeNode[]>();
  for (const node of nodes) zones.set(zoneOf(node), [...(zones.get(zoneOf(node)) ?? []), node]);
  const states = [...zones].map(([zone, all]) => ({ zone, size: all.length, state: zoneState(all, rates) }));
  const allDisrupted = states.every(({ state }) => state === 'FullDisruption');
  const rateOf = ({ size, state }: { readonly size: number; readonly state: ZoneState }): number => {
    if (allDisrupted) return 0;
    if (state !== 'PartialDisruption') return rates.normal;
    return size > rates.largeFrom ? rates.secondary : 0;
  };
  return new Map(states.map((it) => [it.zone, rateOf(it)]));
}

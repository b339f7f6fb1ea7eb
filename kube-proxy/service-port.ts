import type { KubeObject } from '../api/objects';
import { isIPv4Address, isIPv4Cidr } from '../network/cidr';
import type { ProxyEndpoint } from './endpoint-slices';

/** A Service as kube-proxy reads it. */
export interface ProxiedService extends KubeObject {
  readonly spec: {
    readonly type?: string;
    readonly clusterIP?: string;
    readonly externalIPs?: readonly string[];
    readonly sessionAffinity?: string;
    readonly sessionAffinityConfig?: { readonly clientIP?: { readonly timeoutSeconds?: number } };
    readonly internalTrafficPolicy?: string;
    readonly externalTrafficPolicy?: string;
    readonly loadBalancerSourceRanges?: readonly string[];
    readonly ports?: readonly {
      readonly name?: string;
      readonly port: number;
      readonly protocol?: string;
      readonly nodePort?: number;
    }[];
  };
  readonly status?: {
    readonly loadBalancer?: {
      readonly ingress?: readonly { readonly ip?: string; readonly ipMode?: string }[];
    };
  };
}

/** One port of a service: what there is to program. Source: pkg/proxy/serviceport.go (BaseServicePortInfo). */
export interface ServicePort {
  /** `default/web:http`; without a name of the port `default/web`. */
  readonly name: string;
  readonly namespace: string;
  readonly service: string;
  readonly portName: string;
  readonly protocol: Protocol;
  readonly clusterIp: string;
  readonly port: number;
  /** 0: none. */
  readonly nodePort: number;
  readonly externalIps: readonly string[];
  readonly loadBalancerIps: readonly string[];
  readonly sourceRanges: readonly string[];
  /** Null: every connection is led anew. */
  readonly affinitySeconds: number | null;
  readonly internalPolicyLocal: boolean;
  readonly externalPolicyLocal: boolean;
}

export type Protocol = 'tcp' | 'udp' | 'sctp';

/** What endpoints are looked up by. */
export function portKey(namespace: string, service: string, portName: string, protocol: string): string {
  return `${namespace}/${service}:${portName}/${protocol.toLowerCase()}`;
}

/**
 * The ports of a service that a proxy has anything to do with; none for one that is headless or only a name.
 * Source: pkg/proxy/servicechangetracker.go (serviceToServiceMap), pkg/proxy/util (ShouldSkipService).
 */
export function servicePortsOf({ metadata, spec, status }: ProxiedService): ServicePort[] {
  const { clusterIP = '', ports = [], externalIPs = [], loadBalancerSourceRanges = [] } = spec;
  if (spec.type === 'ExternalName' || !isIPv4Address(clusterIP)) return [];
  const { name, namespace = 'default' } = metadata;
  const ingress = status?.loadBalancer?.ingress ?? [];
  return ports.map((port): ServicePort => {
    const portName = port.name ?? '';
    return {
      name: `${namespace}/${name}${portName === '' ? '' : `:${portName}`}`,
      namespace,
      service: name,
      portName,
      protocol: protocolOf(port.protocol),
      clusterIp: clusterIP,
      port: port.port,
      nodePort: port.nodePort ?? 0,
      externalIps: externalIPs.filter(isIPv4Address),
      // A load balancer that is a proxy of its own (ipMode Proxy) is to be reached itself.
      loadBalancerIps: ingress.flatMap(({ ip = '', ipMode = 'VIP' }) =>
        isIPv4Address(ip) && ipMode === 'VIP' ? [ip] : [],
      ),
      sourceRanges: loadBalancerSourceRanges.map((range) => range.trim()).filter(isIPv4Cidr),
      affinitySeconds:
        spec.sessionAffinity === 'ClientIP'
          ? (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800)
          : null,
      internalPolicyLocal: spec.internalTrafficPolicy === 'Local',
      externalPolicyLocal: spec.externalTrafficPolicy === 'Local',
    };
  });
}

function protocolOf(protocol = 'TCP'): Protocol {
  switch (protocol) {
    case 'UDP':
      return 'udp';
    case 'SCTP':
      return 'sctp';
    default:
      return 'tcp';
  }
}

export function isExternallyAccessible({ nodePort, externalIps, loadBalancerIps }: ServicePort): boolean {
  return nodePort !== 0 || externalIps.length > 0 || loadBalancerIps.length > 0;
}

/** Even a service whose external traffic stays local needs them: for the short way of pods and of the node. */
export function usesClusterEndpoints(port: ServicePort): boolean {
  return !port.internalPolicyLocal || isExternallyAccessible(port);
}

export function usesLocalEndpoints(port: ServicePort): boolean {
  return port.internalPolicyLocal || (port.externalPolicyLocal && isExternallyAccessible(port));
}

/** A port, and which of its endpoints this node leads to. */
export interface PlannedPort extends ServicePort {
  readonly clusterEndpoints: readonly ProxyEndpoint[];
  readonly localEndpoints: readonly ProxyEndpoint[];
  /** All that are reached from here. */
  readonly reachableEndpoints: readonly ProxyEndpoint[];
  /** Whether there are any on any node. */
  readonly hasEndpoints: boolean;
}

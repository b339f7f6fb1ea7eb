import type { KubeObject } from '../api/objects';
import { isIPv4Address } from '../network/cidr';
import { portKey } from './service-port';

/** An EndpointSlice as kube-proxy reads it. */
export interface ProxiedSlice extends KubeObject {
  readonly addressType?: string;
  readonly endpoints?: readonly {
    readonly addresses: readonly string[];
    readonly conditions?: {
      readonly ready?: boolean | null;
      readonly serving?: boolean | null;
      readonly terminating?: boolean | null;
    };
    readonly nodeName?: string;
  }[];
  readonly ports?: readonly {
    readonly name?: string | null;
    readonly port?: number | null;
    readonly protocol?: string | null;
  }[];
}

export interface ProxyEndpoint {
  readonly address: string;
  readonly port: number;
  readonly isLocal: boolean;
  readonly ready: boolean;
  readonly serving: boolean;
  readonly terminating: boolean;
}

const SERVICE_NAME = 'kubernetes.io/service-name';

/**
 * The endpoints of all slices by the port of a service that they are for, in the order of their addresses. An address
 * that two slices have counts once, as local if one of them says so.
 * Source: pkg/proxy/endpointslicecache.go (endpointInfoByServicePort, addEndpoints).
 */
export function endpointsByPort(
  slices: readonly ProxiedSlice[],
  nodeName: string,
): ReadonlyMap<string, readonly ProxyEndpoint[]> {
  const found = new Map<string, Map<string, ProxyEndpoint>>();
  for (const { metadata, addressType, endpoints, ports } of slices) {
    const service = metadata.labels?.[SERVICE_NAME] ?? '';
    if (service === '' || addressType !== 'IPv4') continue;
    for (const { name, port, protocol } of ports ?? []) {
      // An empty name is one; that there is none, or no number, is a slice for other readers.
      if (typeof name !== 'string' || typeof port !== 'number' || port === 0) continue;
      const key = portKey(metadata.namespace ?? 'default', service, name, protocol ?? 'TCP');
      const known = found.get(key) ?? new Map<string, ProxyEndpoint>();
      found.set(key, known);
      for (const { addresses, conditions = {}, nodeName: node } of endpoints ?? []) {
        const [address = ''] = addresses;
        if (!isIPv4Address(address)) continue;
        const isLocal = node === nodeName;
        const at = `${address}:${port}`;
        if (known.has(at) && !isLocal) continue;
        known.set(at, {
          address,
          port,
          isLocal,
          ready: conditions.ready ?? true,
          serving: conditions.serving ?? true,
          terminating: conditions.terminating ?? false,
        });
      }
    }
  }
  return new Map([...found].map(([key, known]) => [key, sorted([...known.values()])]));
}

function sorted(endpoints: readonly ProxyEndpoint[]): ProxyEndpoint[] {
  const text = ({ address, port }: ProxyEndpoint): string => `${address}:${port}`;
  return [...endpoints].sort((a, b) => (text(a) < text(b) ? -1 : 1));
}

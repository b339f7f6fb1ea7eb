import type { ProxiedSlice } from './endpoint-slices';
import type { ProxiedService } from './service-port';
import type { TrafficSettings } from './traffic-settings';

/** Services and slices as tables of cases write them. */
export function service(
  name: string,
  spec: ProxiedService['spec'] = {},
  ingress: readonly { ip?: string; ipMode?: string }[] = [],
): ProxiedService {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'ns' },
    spec: { type: 'ClusterIP', clusterIP: '10.96.0.20', ports: [{ name: 'http', port: 80 }], ...spec },
    ...(ingress.length === 0 ? {} : { status: { loadBalancer: { ingress } } }),
  };
}

type SliceEndpoint = NonNullable<ProxiedSlice['endpoints']>[number];

export function endpoint(address: string, more: Partial<SliceEndpoint> = {}): SliceEndpoint {
  return { addresses: [address], conditions: { ready: true }, ...more };
}

export const here = { nodeName: 'node-1' };
export const there = { nodeName: 'node-2' };
export const terminating = { conditions: { ready: false, serving: true, terminating: true } };
export const unready = { conditions: { ready: false, serving: false, terminating: false } };

export function slice(
  name: string,
  endpoints: readonly SliceEndpoint[],
  ports: NonNullable<ProxiedSlice['ports']> = [{ name: 'http', port: 8080, protocol: 'TCP' }],
): ProxiedSlice {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: `${name}-x`, namespace: 'ns', labels: { 'kubernetes.io/service-name': name } },
    addressType: 'IPv4',
    endpoints,
    ports,
  };
}

export const settings: TrafficSettings = {
  clusterCidrs: ['10.244.0.0/16'],
  masqueradeAll: false,
  masqueradeBit: 14,
  nodePortAddresses: ['10.0.0.11'],
  nodeIp: '10.0.0.11',
};

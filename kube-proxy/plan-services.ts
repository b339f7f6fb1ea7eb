import { endpointsByPort, type ProxiedSlice, type ProxyEndpoint } from './endpoint-slices';
import {
  type PlannedPort,
  type ProxiedService,
  portKey,
  type ServicePort,
  servicePortsOf,
  usesClusterEndpoints,
  usesLocalEndpoints,
} from './service-port';

/**
 * What a node has to do for every port of every service: pure, from what the apiserver says. In the order of the names,
 * so that the same objects give the same plan; upstream's is that of a Go map.
 */
export function planServices(
  services: readonly ProxiedService[],
  slices: readonly ProxiedSlice[],
  nodeName: string,
): PlannedPort[] {
  const endpoints = endpointsByPort(slices, nodeName);
  return services
    .flatMap(servicePortsOf)
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .map((port) => {
      const key = portKey(port.namespace, port.service, port.portName, port.protocol);
      return { ...port, ...chooseEndpoints(port, endpoints.get(key) ?? []) };
    });
}

type Chosen = Pick<
  PlannedPort,
  'clusterEndpoints' | 'localEndpoints' | 'reachableEndpoints' | 'hasEndpoints'
>;

/**
 * Those that are ready; where none is, those that are about to end and still serve, for the whole cluster and for this
 * node each by itself. Hints of topology are not read: nobody in this cluster gives any.
 * Source: pkg/proxy/topology.go (CategorizeEndpoints).
 */
export function chooseEndpoints(port: ServicePort, all: readonly ProxyEndpoint[]): Chosen {
  const usable = (among: readonly ProxyEndpoint[]): ProxyEndpoint[] => {
    const ready = among.filter((it) => it.ready);
    return ready.length > 0 ? ready : among.filter((it) => it.serving && it.terminating);
  };
  const clusterEndpoints = usesClusterEndpoints(port) ? usable(all) : [];
  const localEndpoints = usesLocalEndpoints(port) ? usable(all.filter((it) => it.isLocal)) : [];
  const reachable = new Map(
    [...clusterEndpoints, ...localEndpoints].map((it) => [`${it.address}:${it.port}`, it]),
  );
  return {
    clusterEndpoints,
    localEndpoints,
    reachableEndpoints: [...reachable.values()],
    hasEndpoints: usable(all).length > 0,
  };
}

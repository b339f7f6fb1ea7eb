import type { EndpointAddress, Endpoints, Pod, Service } from '../api/objects';
import { matchesPairs } from '../api/selectors';
import { isReady } from './pod-readiness';

/**
 * The pods behind a service, in both forms that it is told in. Pure.
 * Source: pkg/controller/endpoint/endpoints_controller.go, k8s.io/endpointslice reconciler.go.
 */
export interface ServicePort {
  readonly name: string;
  readonly port: number;
  readonly protocol: string;
}

/** Null for a service without a selector: its endpoints are somebody else's business. */
export function endpointsOf(service: Service, pods: readonly Pod[]): Endpoints | null {
  const behind = podsBehind(service, pods);
  if (behind === null) return null;
  const { name, namespace, labels } = service.metadata;
  const groups = new Map<
    string,
    { ports: ServicePort[]; ready: EndpointAddress[]; notReady: EndpointAddress[] }
  >();
  for (const pod of behind) {
    const ports = portsOf(service, pod);
    if (ports === null) continue;
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, ready: [], notReady: [] };
    groups.set(key, group);
    (counts(service, pod) ? group.ready : group.notReady).push(addressOf(pod));
  }
  const subsets = [...groups.values()].map(({ ports, ready, notReady }) => ({
    ...(ready.length === 0 ? {} : { addresses: sorted(ready) }),
    ...(notReady.length === 0 ? {} : { notReadyAddresses: sorted(notReady) }),
    ...(ports.length === 0 ? {} : { ports: ports.map(named) }),
  }));
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...labels, 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' },
    },
    ...(subsets.length === 0 ? {} : { subsets }),
  };
}

export interface SliceContent {
  readonly addressType: 'IPv4';
  readonly endpoints: readonly object[];
  readonly ports: readonly object[];
}

/** One slice a set of ports, as upstream; with at most a hundred endpoints the lab needs no second one. */
export function slicesOf(service: Service, pods: readonly Pod[]): readonly SliceContent[] | null {
  const behind = podsBehind(service, pods);
  if (behind === null) return null;
  const groups = new Map<string, { ports: ServicePort[]; endpoints: object[] }>();
  for (const pod of [...behind].sort((a, b) => a.metadata.name.localeCompare(b.metadata.name))) {
    const ports = portsOf(service, pod);
    if (ports === null) continue;
    const key = JSON.stringify(ports);
    const group = groups.get(key) ?? { ports, endpoints: [] };
    groups.set(key, group);
    const { ip, targetRef, nodeName } = addressOf(pod);
    const terminating = pod.metadata.deletionTimestamp !== undefined;
    group.endpoints.push({
      addresses: [ip],
      conditions: { ready: counts(service, pod) && !terminating, serving: isReady(pod), terminating },
      targetRef,
      ...(nodeName === undefined ? {} : { nodeName }),
    });
  }
  // A service that nothing is behind has a slice that says so.
  const all = groups.size === 0 ? [{ ports: [], endpoints: [] }] : [...groups.values()];
  return all.map(({ ports, endpoints }) => ({ addressType: 'IPv4', endpoints, ports: ports.map(withName) }));
}

/** Manual endpoints as slices (k8s.io/endpointslice-mirroring): for services that have no selector. */
export function mirroredSlices({ subsets = [] }: Endpoints): readonly SliceContent[] {
  return subsets.map(({ addresses = [], notReadyAddresses = [], ports = [] }) => ({
    addressType: 'IPv4',
    endpoints: [
      ...addresses.map((address) => mirrored(address, true)),
      ...notReadyAddresses.map((address) => mirrored(address, false)),
    ],
    ports: ports.map(({ name = '', port, protocol = 'TCP' }) => ({ name, port, protocol })),
  }));
}

function mirrored({ ip, nodeName, targetRef }: EndpointAddress, ready: boolean): object {
  return {
    addresses: [ip],
    conditions: { ready },
    ...(targetRef === undefined ? {} : { targetRef }),
    ...(nodeName === undefined ? {} : { nodeName }),
  };
}

function podsBehind({ metadata, spec }: Service, pods: readonly Pod[]): Pod[] | null {
  const { selector = {} } = spec;
  if (Object.keys(selector).length === 0 || spec.type === 'ExternalName') return null;
  return pods.filter(
    (pod) =>
      pod.metadata.namespace === metadata.namespace &&
      matchesPairs(selector, pod.metadata.labels) &&
      Boolean(pod.status?.podIP) &&
      pod.status?.phase !== 'Succeeded' &&
      pod.status?.phase !== 'Failed',
  );
}

function counts(service: Service, pod: Pod): boolean {
  return (
    isReady(pod) || service.spec['publishNotReadyAddresses' as keyof Service['spec']] === (true as never)
  );
}

/** The service's ports on this pod; null when a named port is none of its. */
function portsOf({ spec }: Service, pod: Pod): ServicePort[] | null {
  const ports: ServicePort[] = [];
  for (const { name = '', port, targetPort = port, protocol = 'TCP' } of spec.ports ?? []) {
    const number = typeof targetPort === 'number' ? targetPort : namedPort(pod, targetPort, protocol);
    if (number !== null) ports.push({ name, port: number, protocol });
  }
  return (spec.ports ?? []).length > 0 && ports.length === 0 ? null : ports;
}

function namedPort(pod: Pod, name: string, protocol: string): number | null {
  for (const container of pod.spec.containers) {
    const found = container.ports?.find((it) => it.name === name && (it.protocol ?? 'TCP') === protocol);
    if (found !== undefined) return found.containerPort;
  }
  return null;
}

function addressOf({ metadata, spec, status }: Pod): EndpointAddress {
  const { name, namespace = '', uid } = metadata;
  return {
    ip: status?.podIP ?? '',
    ...(spec.nodeName === undefined ? {} : { nodeName: spec.nodeName }),
    targetRef: { kind: 'Pod', namespace, name, ...(uid === undefined ? {} : { uid }) },
  };
}

function sorted(addresses: readonly EndpointAddress[]): EndpointAddress[] {
  return [...addresses].sort((a, b) => a.ip.localeCompare(b.ip, 'en', { numeric: true }));
}

/** Endpoints leave an empty name out, slices have it. */
function named({ name, port, protocol }: ServicePort) {
  return { ...(name === '' ? {} : { name }), port, protocol };
}

function withName({ name, port, protocol }: ServicePort): object {
  return { name, protocol, port };
}

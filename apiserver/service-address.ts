import { isIP } from 'node:net';
import { type Failure, invalid, plainError } from '../api/failures';
import { fieldsOf, itemsOf, numberOf, textOf, textsOf } from '../api/fields';
import type { KubeObject } from '../api/objects';
import { integerBelow, type Randomness } from '../randomness';
import { allocateClusterIp, inRange, rangeText } from './cluster-ip';
import type { Cluster } from './place';
import { kindOf } from './registry';
import { goStrings, invalidValue } from './validation/field-errors';

/**
 * Gives a service what it needs of its cluster: an address, and ports of the nodes. What it wishes for it gets if that is
 * free. Null when it has all.
 * Source: pkg/registry/core/service/storage/alloc.go, pkg/registry/core/service/{ipallocator,portallocator}.
 */
export function allocateAddresses(
  cluster: Cluster,
  service: KubeObject,
  current: KubeObject | null,
): Failure | null {
  return allocateClusterAddress(cluster, service, current) ?? allocateNodePorts(cluster, service, current);
}

function allocateClusterAddress(
  cluster: Cluster,
  service: KubeObject,
  current: KubeObject | null,
): Failure | null {
  const spec = fieldsOf(service['spec']);
  if (spec['type'] === 'ExternalName') return null;
  const had = current === null ? '' : textOf(fieldsOf(current['spec'])['clusterIP']);
  const wanted = textOf(spec['clusterIP']) || (textsOf(spec['clusterIPs'])[0] ?? '');
  if (wanted === 'None' || (wanted !== '' && wanted === had)) {
    Object.assign(spec, { clusterIP: wanted, clusterIPs: [wanted] });
    return null;
  }
  const services = kindOf('services');
  if (wanted !== '' && isIP(wanted) === 0) {
    const why = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
    return invalid(services, service.metadata.name, [invalidValue('spec.clusterIPs[0]', wanted, why)]);
  }
  if (had !== '' && wanted !== '') return null;
  const used = new Set<string>();
  for (const other of cluster.storage.each(services, ''))
    used.add(textOf(fieldsOf(other['spec'])['clusterIP']));
  const why = wanted === '' ? null : whyNotAddress(cluster, wanted, used);
  if (why !== null) {
    const error = invalidValue(
      'spec.clusterIPs',
      goStrings([wanted]),
      `failed to allocate IP ${wanted}: ${why}`,
    );
    return invalid(services, service.metadata.name, [error]);
  }
  const chosen = wanted || allocateClusterIp(cluster.clusterIps, used, randomOf(cluster, 'address', service));
  if (chosen === null) return plainError('failed to allocate a serviceIP: range is full');
  Object.assign(spec, { clusterIP: chosen, clusterIPs: [chosen] });
  return null;
}

function randomOf({ randomFor }: Cluster, what: string, { metadata }: KubeObject): Randomness {
  return randomFor(`${what} of service ${metadata.namespace}/${metadata.name}`);
}

function whyNotAddress({ clusterIps }: Cluster, wanted: string, used: ReadonlySet<string>): string | null {
  if (used.has(wanted)) return 'provided IP is already allocated';
  return inRange(clusterIps, wanted)
    ? null
    : `the provided IP (${wanted}) is not in the valid range. The range of valid IPs is ${rangeText(clusterIps)}`;
}

/** --service-node-port-range; of it the first 86 are left to those who wish for one (KEP-3668). */
const firstPort = 30_000;
const lastPort = 32_767;
const staticPorts = 86;

export function needsNodePorts(spec: Readonly<Record<string, unknown>>): boolean {
  return (
    spec['type'] === 'NodePort' ||
    (spec['type'] === 'LoadBalancer' && spec['allocateLoadBalancerNodePorts'] !== false)
  );
}

function allocateNodePorts(
  cluster: Cluster,
  service: KubeObject,
  current: KubeObject | null,
): Failure | null {
  const spec = fieldsOf(service['spec']);
  if (spec['type'] !== 'NodePort' && spec['type'] !== 'LoadBalancer') return null;
  const services = kindOf('services');
  const taken = new Set<number>();
  for (const other of cluster.storage.each(services, '')) {
    if (other.metadata.uid === current?.metadata.uid) continue;
    for (const port of itemsOf(fieldsOf(other['spec'])['ports'])) taken.add(numberOf(port['nodePort']));
  }
  const ports = itemsOf(spec['ports']);
  for (const [index, port] of ports.entries()) {
    const nodePort = numberOf(port['nodePort']);
    const why = nodePort === 0 ? null : whyNotPort(nodePort, taken);
    if (why !== null)
      return invalid(services, service.metadata.name, [
        invalidValue(`spec.ports[${index}].nodePort`, nodePort, why),
      ]);
  }
  if (!needsNodePorts(spec)) return null;
  for (const port of ports) taken.add(numberOf(port['nodePort']));
  const random = randomOf(cluster, 'port', service);
  for (const port of ports) {
    if (numberOf(port['nodePort']) !== 0) continue;
    const chosen = freePort(taken, random);
    if (chosen === null) return plainError('failed to allocate a nodePort: range is full');
    port['nodePort'] = chosen;
    taken.add(chosen);
  }
  if (spec['type'] === 'LoadBalancer' && spec['externalTrafficPolicy'] === 'Local')
    spec['healthCheckNodePort'] ||= freePort(taken, random) ?? 0;
  return null;
}

function whyNotPort(port: number, taken: ReadonlySet<number>): string | null {
  if (port < firstPort || port > lastPort)
    return `provided port is not in the valid range. The range of valid ports is ${firstPort}-${lastPort}`;
  return taken.has(port) ? 'provided port is already allocated' : null;
}

/** At random, and then the next that is free; the static ports come last. */
function freePort(taken: ReadonlySet<number>, random: Randomness): number | null {
  const size = lastPort - firstPort + 1;
  const start = integerBelow(size - staticPorts, random);
  const inOrder = (step: number) => firstPort + staticPorts + ((start + step) % (size - staticPorts));
  for (let step = 0; step < size - staticPorts; step += 1) {
    if (!taken.has(inOrder(step))) return inOrder(step);
  }
  for (let port = firstPort; port < firstPort + staticPorts; port += 1) if (!taken.has(port)) return port;
  return null;
}

import { type Fields, fieldsOf, itemsOf, numberOf, textOf, textsOf } from '../api/fields';
import type { KubeObject } from '../api/objects';
import { needsNodePorts } from './service-address';

/**
 * A service that is written again keeps what it was given, unless it says otherwise, and loses what its new type has no
 * use for. Works on a private copy.
 * Source: pkg/registry/core/service/strategy.go (dropTypeDependentFields), storage/storage.go (patchAllocatedValues).
 */
export function prepareServiceUpdate(service: KubeObject, current: KubeObject): void {
  const [after, before] = [fieldsOf(service['spec']), fieldsOf(current['spec'])];
  keepAllocated(after, before);
  dropUnneeded(after, before);
}

function keepAllocated(after: Fields, before: Fields): void {
  if (hasAddress(before) && hasAddress(after)) {
    after['clusterIP'] ||= before['clusterIP'];
    if (textsOf(after['clusterIPs']).length === 0 && after['clusterIP'] === before['clusterIP'])
      after['clusterIPs'] = before['clusterIPs'];
  }
  if (needsNodePorts(before) && needsNodePorts(after)) keepNodePorts(after, before);
}

function hasAddress(spec: Fields): boolean {
  return spec['type'] !== 'ExternalName';
}

/** By the name of the port, unless another port of the service has it already. */
function keepNodePorts(after: Fields, before: Fields): void {
  const ports = itemsOf(after['ports']);
  const had = new Map(
    itemsOf(before['ports']).map((port) => [textOf(port['name']), numberOf(port['nodePort'])]),
  );
  const used = new Set(ports.map((port) => numberOf(port['nodePort'])));
  for (const port of ports) {
    const old = had.get(textOf(port['name'])) ?? 0;
    if (numberOf(port['nodePort']) !== 0 || old === 0 || used.has(old)) continue;
    port['nodePort'] = old;
    used.add(old);
  }
}

function dropUnneeded(after: Fields, before: Fields): void {
  const same = (key: string) => JSON.stringify(after[key]) === JSON.stringify(before[key]);
  if (hasAddress(before) && !hasAddress(after)) {
    for (const key of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy', 'internalTrafficPolicy'])
      if (same(key)) delete after[key];
  }
  if (needsNodePorts(before) && !needsNodePorts(after)) {
    const old = new Set(itemsOf(before['ports']).map((port) => numberOf(port['nodePort'])));
    for (const port of itemsOf(after['ports']))
      if (old.has(numberOf(port['nodePort']))) delete port['nodePort'];
  }
  const exposed = after['type'] === 'NodePort' || after['type'] === 'LoadBalancer';
  if (!exposed && same('externalTrafficPolicy')) delete after['externalTrafficPolicy'];
  if (after['type'] !== 'LoadBalancer') {
    for (const key of ['allocateLoadBalancerNodePorts', 'loadBalancerClass', 'healthCheckNodePort'])
      if (same(key)) delete after[key];
  }
}

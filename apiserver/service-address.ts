import { type Failure, invalid, plainError } from '../api/failures';
import type { Service } from '../api/objects';
import { allocateClusterIp, inRange } from './cluster-ip';
import type { Cluster } from './place';
import { kindOf } from './registry';

/** Gives a new service its cluster IP: the one it wishes if that is free, else any. Null when it has one. */
export function assignClusterIp(cluster: Cluster, service: Service): Failure | null {
  const { spec } = service;
  if (spec.type === 'ExternalName' || spec.clusterIP === 'None') {
    if (spec.clusterIP === 'None') spec.clusterIPs = ['None'];
    return null;
  }
  const services = kindOf('services');
  const used = new Set<string>();
  for (const other of cluster.storage.each(services, '')) used.add((other as Service).spec.clusterIP ?? '');
  const wanted = spec.clusterIP;
  if (wanted && (used.has(wanted) || !inRange(cluster.clusterIps, wanted))) {
    const why = used.has(wanted)
      ? 'provided IP is already allocated'
      : 'the provided IP is not in the valid range';
    const text = `Invalid value: ["${wanted}"]: failed to allocate IP ${wanted}: ${why}`;
    return invalid(services, service.metadata.name, [
      { field: 'spec.clusterIPs', type: 'FieldValueInvalid', text },
    ]);
  }
  const chosen = wanted || allocateClusterIp(cluster.clusterIps, used);
  if (chosen === null) return plainError('failed to allocate a serviceIP: range is full');
  spec.clusterIP = chosen;
  spec.clusterIPs = [chosen];
  return null;
}

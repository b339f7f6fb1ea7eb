import { type Failure, forbiddenObject } from '../../api/failures';
import { fieldsOf, textsOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import type { Cluster, ObjectPart } from '../place';
import type { ResourceKind } from '../registry';
import { isAdmissionOn } from './admission-plugins';

/**
 * The only defence of upstream's own against CVE-2020-8554: no service gets an external address that it has not had
 * before. Those that have some keep them, and status addresses are not looked at.
 * Source: plugin/pkg/admission/network/denyserviceexternalips/admission.go.
 */
export function denyServiceExternalIps(
  cluster: Cluster,
  kind: ResourceKind,
  part: ObjectPart,
  service: KubeObject,
  current: KubeObject | null,
): Failure | null {
  if (kind.kind !== 'Service' || part !== '' || !isAdmissionOn(cluster, 'DenyServiceExternalIPs'))
    return null;
  const had = new Set(current === null ? [] : externalIpsOf(current));
  if (externalIpsOf(service).every((address) => had.has(address))) return null;
  const why = 'Use of external IPs is denied by admission control';
  return forbiddenObject(kind, service.metadata.name, why);
}

function externalIpsOf(service: KubeObject): string[] {
  return textsOf(fieldsOf(service['spec'])['externalIPs']);
}

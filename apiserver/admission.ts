import { type Failure, forbiddenObject } from '../api/failures';
import { fieldsOf, textOf } from '../api/fields';
import type { KubeObject } from '../api/objects';
import { isAdmissionOn } from './admission/admission-plugins';
import { denyServiceExternalIps } from './admission/deny-service-external-ips';
import { subjectOrganizations } from './certificate-request';
import type { Cluster, ObjectPart, WriteOptions } from './place';
import type { ResourceKind } from './registry';

/**
 * The admission plugins that say no to what validation lets pass: about certificates, and about services' addresses.
 * Source: plugin/pkg/admission/certificates/{approval,signing,subjectrestriction}.
 */
export function admitCreate(cluster: Cluster, kind: ResourceKind, object: KubeObject): Failure | null {
  if (isAdmissionOn(cluster, 'DenyServiceExternalIPs')) {
    const denied = denyServiceExternalIps(kind, '', object, null);
    if (denied !== null) return denied;
  }
  if (kind.kind !== 'CertificateSigningRequest') return null;
  if (!isAdmissionOn(cluster, 'CertificateSubjectRestriction')) return null;
  const spec = fieldsOf(object['spec']);
  if (spec['signerName'] !== clientSigner) return null;
  if (!subjectOrganizations(textOf(spec['request'])).includes('system:masters')) return null;
  const why = `use of ${clientSigner} signer with system:masters group is not allowed`;
  return forbiddenObject(kind, object.metadata.name, why);
}

const clientSigner = 'kubernetes.io/kube-apiserver-client';

export function admitUpdate(
  cluster: Cluster,
  kind: ResourceKind,
  part: ObjectPart,
  object: KubeObject,
  current: KubeObject,
  options: WriteOptions,
): Failure | null {
  if (isAdmissionOn(cluster, 'DenyServiceExternalIPs')) {
    const denied = denyServiceExternalIps(kind, part, object, current);
    if (denied !== null) return denied;
  }
  if (kind.kind !== 'CertificateSigningRequest' || options.allows === undefined) return null;
  const signerName = textOf(fieldsOf(current['spec'])['signerName']);
  const verb = part === 'approval' ? 'approve' : 'sign';
  const plugin = part === 'approval' ? 'CertificateApproval' : 'CertificateSigning';
  if (!isAdmissionOn(cluster, plugin)) return null;
  if (part !== 'approval' && !(part === 'status' && signs(object, current))) return null;
  const allowed = [signerName, `${signerName.split('/')[0]}/*`].some((name) =>
    options.allows?.({ verb, group: kind.group, resource: 'signers', name }),
  );
  if (allowed) return null;
  const why = `user not permitted to ${verb} requests with signerName ${JSON.stringify(signerName)}`;
  return forbiddenObject(kind, current.metadata.name, why);
}

/** A certificate is set, or the request is said to have failed. */
function signs(object: KubeObject, current: KubeObject): boolean {
  const [after, before] = [fieldsOf(object['status']), fieldsOf(current['status'])];
  return after['certificate'] !== before['certificate'] || failed(after) !== failed(before);
}

function failed(status: Readonly<Record<string, unknown>>): boolean {
  const conditions = Array.isArray(status['conditions']) ? status['conditions'] : [];
  return conditions.some((condition) => fieldsOf(condition)['type'] === 'Failed');
}

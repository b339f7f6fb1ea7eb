import { subjectOrganizations } from '../../api/certificate-request';
import { type Failure, forbiddenObject } from '../../api/failures';
import { fieldsOf, itemsOf, textOf } from '../../api/fields';
import type { KubeObject } from '../../api/objects';
import { sameJson } from '../../api/same-json';
import type { Cluster, ObjectPart, WriteOptions } from '../place';
import type { ResourceKind } from '../registry';
import { isAdmissionOn } from './admission-plugins';

/**
 * Admission CertificateSubjectRestriction, CertificateApproval and CertificateSigning: nobody gets into system:masters by
 * a request, and whoever approves or signs may do so for that signer.
 * Source: plugin/pkg/admission/certificates/{subjectrestriction,approval,signing}, pkg/certauthorization.
 */
const clientSigner = 'kubernetes.io/kube-apiserver-client';

export function restrictSubject(cluster: Cluster, kind: ResourceKind, object: KubeObject): Failure | null {
  if (!isRequest(kind) || !isAdmissionOn(cluster, 'CertificateSubjectRestriction')) return null;
  const { signerName, request } = fieldsOf(object['spec']);
  if (signerName !== clientSigner) return null;
  if (!subjectOrganizations(textOf(request)).includes('system:masters')) return null;
  const why = `use of ${clientSigner} signer with system:masters group is not allowed`;
  return forbiddenObject(kind, object.metadata.name, why);
}

export function authorizeForSigner(
  cluster: Cluster,
  kind: ResourceKind,
  part: ObjectPart,
  object: KubeObject,
  current: KubeObject,
  { allows }: WriteOptions,
): Failure | null {
  if (!isRequest(kind) || allows === undefined) return null;
  const verb = verbOf(cluster, part, object, current);
  if (verb === null) return null;
  const signerName = textOf(fieldsOf(current['spec'])['signerName']);
  const allowed = [signerName, `${signerName.split('/')[0]}/*`].some((name) =>
    allows({ verb, group: kind.group, resource: 'signers', name }),
  );
  if (allowed) return null;
  const why = `user not permitted to ${verb} requests with signerName ${JSON.stringify(signerName)}`;
  return forbiddenObject(kind, current.metadata.name, why);
}

/** Which permission the write takes; null for none. */
function verbOf(
  cluster: Cluster,
  part: ObjectPart,
  object: KubeObject,
  current: KubeObject,
): 'approve' | 'sign' | null {
  if (part === 'approval') return isAdmissionOn(cluster, 'CertificateApproval') ? 'approve' : null;
  const signs = part === 'status' && isAdmissionOn(cluster, 'CertificateSigning');
  return signs && !sameAnswer(object, current) ? 'sign' : null;
}

function sameAnswer(object: KubeObject, current: KubeObject): boolean {
  const [after, before] = [fieldsOf(object['status']), fieldsOf(current['status'])];
  return (
    textOf(after['certificate']) === textOf(before['certificate']) &&
    sameJson(itemsOf(after['conditions']), itemsOf(before['conditions']))
  );
}

function isRequest({ group, kind }: ResourceKind): boolean {
  return group === 'certificates.k8s.io' && kind === 'CertificateSigningRequest';
}

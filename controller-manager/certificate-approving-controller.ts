import type { CertificateRequest } from '../wire/certificate-request';
import { requestOf, startCertificateController, updateRequest } from './certificate-controller';
import { type CertificateSigningRequest, isPending, withCondition } from './certificate-signing-request';
import { mustBe, type StartController } from './context';
import { kubeletClientFault } from './signer-rules';

/**
 * Approves the client certificates of kubelets, if whoever asks may have such a thing by a SubjectAccessReview. Serving
 * certificates it leaves alone. Source: pkg/controller/certificates/approver/sarapprove.go.
 */
export const startCertificateApprovingController: StartController = (context) => {
  const { client, signal } = context;

  async function approve(csr: CertificateSigningRequest): Promise<void> {
    if (!isPending(csr)) return;
    const recognized = recognizedAs(csr, requestOf(csr));
    for (const { subresource, message } of recognized) {
      if (!(await mayHave(csr, subresource))) continue;
      const condition = { type: 'Approved', status: 'True', reason: 'AutoApproved', message } as const;
      return updateRequest(context, 'approval', withCondition(csr, condition));
    }
    if (recognized.length === 0) return;
    const as = recognized.map(({ subresource }) => subresource).join(' ');
    // Somebody may give that right yet: tried again, later and later.
    throw new Error(
      `recognized csr "${csr.metadata.name}" as [${as}] but subject access review was not approved`,
    );
  }

  async function mayHave({ spec }: CertificateSigningRequest, subresource: string): Promise<boolean> {
    const body = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user: spec.username,
        uid: spec.uid,
        groups: spec.groups,
        extra: spec.extra,
        resourceAttributes: {
          group: 'certificates.k8s.io',
          resource: 'certificatesigningrequests',
          verb: 'create',
          subresource,
        },
      },
    };
    const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
    const answer = mustBe(await client.request('POST', path, { body, signal }));
    return (answer.json() as { status?: { allowed?: boolean } } | null)?.status?.allowed === true;
  }

  return startCertificateController(context, approve);
};

export interface Recognized {
  /** The right to ask for: create certificatesigningrequests/THIS. */
  readonly subresource: 'selfnodeclient' | 'nodeclient';
  readonly message: string;
}

/**
 * As what a request may be approved, in the order in which it is tried. Pure. Only the first of the two compares the name
 * in the request with who asks: by the second, whoever may have one node's certificate may have any node's.
 */
export function recognizedAs(
  { spec }: Pick<CertificateSigningRequest, 'spec'>,
  request: Pick<CertificateRequest, 'subject' | 'extensions'>,
): readonly Recognized[] {
  if (spec.signerName !== 'kubernetes.io/kube-apiserver-client-kubelet') return [];
  if (kubeletClientFault(request, spec.usages ?? []) !== null) return [];
  return spec.username === request.subject.commonName ? [selfNodeClient, nodeClient] : [nodeClient];
}

const selfNodeClient: Recognized = {
  subresource: 'selfnodeclient',
  message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
};

const nodeClient: Recognized = {
  subresource: 'nodeclient',
  message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
};

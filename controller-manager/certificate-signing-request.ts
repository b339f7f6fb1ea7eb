import type { Condition, KubeObject } from '../api/objects';

/** k8s.io/api certificates/v1, as far as controllers read it. */
export interface CertificateSigningRequest extends KubeObject {
  readonly spec: {
    /** base64 of PEM of PKCS #10. */
    readonly request: string;
    readonly signerName: string;
    readonly usages?: readonly string[];
    readonly expirationSeconds?: number;
    /** Who asked: the apiserver's word, not theirs. */
    readonly username?: string;
    readonly uid?: string;
    readonly groups?: readonly string[];
    readonly extra?: Readonly<Record<string, readonly string[]>>;
  };
  readonly status?: {
    readonly conditions?: readonly Condition[];
    /** base64 of PEM. */
    readonly certificate?: string;
  };
}

export const requestsPath = '/apis/certificates.k8s.io/v1/certificatesigningrequests';

/** Source: pkg/controller/certificates/certificate_controller_utils.go. */
export function isApproved(csr: CertificateSigningRequest): boolean {
  return has(csr, 'Approved') && !has(csr, 'Denied');
}

export function isPending(csr: CertificateSigningRequest): boolean {
  return !has(csr, 'Approved') && !has(csr, 'Denied');
}

export function hasFailed(csr: CertificateSigningRequest): boolean {
  return (csr.status?.conditions ?? []).some(({ type, status }) => type === 'Failed' && status === 'True');
}

function has({ status }: CertificateSigningRequest, wanted: string): boolean {
  return (status?.conditions ?? []).some(({ type }) => type === wanted);
}

/** The same request with one more condition. */
export function withCondition(
  csr: CertificateSigningRequest,
  condition: Condition,
): CertificateSigningRequest {
  return { ...csr, status: { ...csr.status, conditions: [...(csr.status?.conditions ?? []), condition] } };
}

import type { CertificateRequest } from '../wire/certificate-request';

/**
 * What each signer of Kubernetes refuses to sign, in upstream's order and words. None of them looks at who asked, or at
 * which addresses a node has: that is left to whoever approves. Pure.
 * Source: pkg/apis/certificates/helpers.go, pkg/controller/certificates/signer/signer.go.
 */
export const signerNames = [
  'kubernetes.io/kube-apiserver-client',
  'kubernetes.io/kube-apiserver-client-kubelet',
  'kubernetes.io/kubelet-serving',
  'kubernetes.io/legacy-unknown',
] as const;

export type SignerName = (typeof signerNames)[number];

export function isSignerName(name: string): name is SignerName {
  return signerNames.some((known) => known === name);
}

/** Null when the signer signs it. */
export function refusedBySigner(
  signer: SignerName,
  request: Pick<CertificateRequest, 'subject' | 'extensions'>,
  usages: readonly string[],
): string | null {
  switch (signer) {
    case 'kubernetes.io/kube-apiserver-client':
      return clientUsagesFault(usages);
    case 'kubernetes.io/kube-apiserver-client-kubelet':
      return kubeletClientFault(request, usages);
    case 'kubernetes.io/kubelet-serving':
      return kubeletServingFault(request, usages);
    // It signs whatever was approved, for the sake of what came before signers had names.
    case 'kubernetes.io/legacy-unknown':
      return null;
  }
}

type Asked = Pick<CertificateRequest, 'subject' | 'extensions'>;

/** ValidateKubeletClientCSR. */
export function kubeletClientFault(request: Asked, usages: readonly string[]): string | null {
  const has = altNameKinds(request);
  if (!isOfNodes(request)) return notOfNodes;
  if (has('dns')) return 'DNS subjectAltNames are not allowed';
  if (has('email')) return 'Email subjectAltNames are not allowed';
  if (has('ip')) return 'IP subjectAltNames are not allowed';
  if (has('uri')) return 'URI subjectAltNames are not allowed';
  if (!isNodeName(request)) return notNodeName;
  return usagesFault(usages, 'client auth');
}

/** ValidateKubeletServingCSR. */
export function kubeletServingFault(request: Asked, usages: readonly string[]): string | null {
  const has = altNameKinds(request);
  if (!isOfNodes(request)) return notOfNodes;
  if (!has('dns') && !has('ip')) return 'DNS or IP subjectAltName is required';
  if (has('email')) return 'Email subjectAltNames are not allowed';
  if (has('uri')) return 'URI subjectAltNames are not allowed';
  return usagesFault(usages, 'server auth') ?? (isNodeName(request) ? null : notNodeName);
}

const notOfNodes = 'subject organization is not system:nodes';
const notNodeName = 'subject common name does not begin with system:node:';

function isOfNodes({ subject }: Asked): boolean {
  return subject.organizations.length === 1 && subject.organizations[0] === 'system:nodes';
}

function isNodeName({ subject }: Asked): boolean {
  return subject.commonName.startsWith('system:node:');
}

function altNameKinds({ extensions }: Asked): (kind: 'dns' | 'email' | 'ip' | 'uri') => boolean {
  const names = extensions.subjectAltName?.names ?? [];
  return (kind) => names.some((name) => name.kind === kind);
}

/** The set must be all three, or, for keys that encipher nothing, without the second. */
function usagesFault(usages: readonly string[], purpose: string): string | null {
  const given = [...new Set(usages)].sort().join();
  const all = ['digital signature', 'key encipherment', purpose].sort();
  const enough = all.filter((usage) => usage !== 'key encipherment');
  if (given === all.join() || given === enough.join()) return null;
  return `usages did not match [${all.join(' ')}]`;
}

/** validAPIServerClientUsages. */
function clientUsagesFault(usages: readonly string[]): string | null {
  const allowed = ['digital signature', 'key encipherment', 'client auth'];
  const other = usages.find((usage) => !allowed.includes(usage));
  if (other !== undefined) return `invalid usage for client certificate: ${other}`;
  return usages.includes('client auth') ? null : 'missing required usage for client certificate: client auth';
}

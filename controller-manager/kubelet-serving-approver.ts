import type { Condition, KubeNode } from '../api/objects';
import type { CertificateRequest } from '../wire/certificate-request';
import { ipText, parseIp } from '../wire/ip-address';
import { requestOf, startCertificateController, updateRequest } from './certificate-controller';
import { type CertificateSigningRequest, isPending, withCondition } from './certificate-signing-request';
import { mustBe, type StartController } from './context';
import { kubeletServingFault } from './signer-rules';

/**
 * An approver of the lab's own: upstream has none for the serving certificates of kubelets, and clusters use those of third
 * parties. `shape` looks at the request alone, as postfinance's and others' did before they were mended: a node then gets a
 * certificate for its neighbour's address. `node-addresses` lets a node have its own names and addresses, and no others.
 */
export const servingApprovals = ['none', 'shape', 'node-addresses'] as const;

export type ServingApproval = (typeof servingApprovals)[number];

export const startKubeletServingApprover: StartController = (context, settings) => {
  const { client, log, signal } = context;
  const { approveKubeletServing: mode } = settings;
  if (mode === 'none') return null;
  if (mode === 'shape') {
    log.warn(
      'DANGEROUS: every kubelet-serving request of the right shape is approved, whatever names and addresses it asks for: any node can pose as any other',
    );
  }

  async function judge(csr: CertificateSigningRequest): Promise<void> {
    if (!isPending(csr) || csr.spec.signerName !== 'kubernetes.io/kubelet-serving') return;
    const request = requestOf(csr);
    const condition =
      denialOf(csr, request) ?? verdictOn(request, mode === 'shape' ? null : await nodeOf(request));
    await updateRequest(context, 'approval', withCondition(csr, condition));
    log.info(
      { csr: csr.metadata.name, verdict: condition.type, why: condition.message },
      'kubelet-serving request judged',
    );
  }

  /** As it is now: an informer may not yet know the address that the kubelet has just reported. */
  async function nodeOf({ subject }: CertificateRequest): Promise<KubeNode> {
    const path = `/api/v1/nodes/${encodeURIComponent(nodeNameOf(subject.commonName))}`;
    // A kubelet may ask before its node is registered: tried again.
    return mustBe(await client.request('GET', path, { signal })).json() as KubeNode;
  }

  return startCertificateController(context, judge);
};

/** What is denied whoever the node is; null for nothing. Pure. */
export function denialOf(
  { spec }: Pick<CertificateSigningRequest, 'spec'>,
  request: Pick<CertificateRequest, 'subject' | 'extensions'>,
): Condition | null {
  const { commonName } = request.subject;
  const fault = kubeletServingFault(request, spec.usages ?? []);
  if (fault !== null) return denied('ShapeMismatch', fault);
  if (spec.username === commonName) return null;
  return denied('RequesterMismatch', `requested by ${spec.username} for the common name ${commonName}`);
}

/** Pure. `node` null: whose the names and addresses are is not asked. */
export function verdictOn(
  request: Pick<CertificateRequest, 'subject' | 'extensions'>,
  node: KubeNode | null,
): Condition {
  if (node === null) return approved('the request has the shape of a kubelet serving certificate');
  const foreign = altNamesOf(request).filter((name) => !namesOf(node).has(name));
  const whose = nodeNameOf(request.subject.commonName);
  if (foreign.length === 0) return approved(`all names and addresses are those of node ${whose}`);
  return denied('SubjectAltNameMismatch', `not of node ${whose}: ${foreign.join(', ')}`);
}

function nodeNameOf(commonName: string): string {
  return commonName.slice('system:node:'.length);
}

function altNamesOf({ extensions }: Pick<CertificateRequest, 'extensions'>): string[] {
  return (extensions.subjectAltName?.names ?? []).map((name) =>
    name.kind === 'ip' ? ipText(name.octets) : name.value.toLowerCase(),
  );
}

/** Its addresses as they are written in certificates, and its own name. */
function namesOf({ metadata, status }: KubeNode): ReadonlySet<string> {
  const addresses = (status?.addresses ?? []).map(({ address }) => {
    const octets = parseIp(address);
    return octets === null ? address.toLowerCase() : ipText(octets);
  });
  return new Set([metadata.name, ...addresses]);
}

function approved(message: string): Condition {
  return { type: 'Approved', status: 'True', reason: 'MidplaneApproved', message };
}

function denied(reason: string, message: string): Condition {
  return { type: 'Denied', status: 'True', reason, message };
}

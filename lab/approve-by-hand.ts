import type { KubeObject } from '../api/objects';
import { aborted } from '../client/aborted';
import type { KubeClient } from '../client/kube-client';
import { SIGNING_REQUESTS } from '../kubelet/certificate-signing';
import type { Authority } from '../pki/authority';
import { parseCertificateRequest } from '../wire/certificate-request';
import { pemBlocks } from '../wire/pem';

/**
 * An administrator who approves every certificate request as it comes, with these words, and signs it: for a lab in
 * which no controller-manager does either. Until the signal is aborted.
 */
export async function approveByHand(
  admin: KubeClient,
  authority: Authority,
  message: string,
  signal: AbortSignal,
): Promise<void> {
  const known = await admin.request('GET', SIGNING_REQUESTS, { signal });
  const { metadata } = (known.json() ?? {}) as { metadata?: { resourceVersion?: string } };
  const from = encodeURIComponent(metadata?.resourceVersion ?? '');
  const approvals: Promise<unknown>[] = [];
  const watch = admin.watch(
    `${SIGNING_REQUESTS}?resourceVersion=${from}`,
    (type, object) => {
      if (type === 'ADDED') approvals.push(approve(admin, authority, object as unknown as Request, message));
    },
    { signal },
  );
  await Promise.race([watch.ended, aborted(signal)]);
  await Promise.all(approvals);
}

/** RFC 5280 section 4.2.1.12: id-kp-clientAuth. */
const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';

interface Request extends KubeObject {
  readonly spec: { readonly request: string };
}

async function approve(
  admin: KubeClient,
  authority: Authority,
  request: Request,
  message: string,
): Promise<void> {
  const path = `${SIGNING_REQUESTS}/${request.metadata.name}`;
  const condition = { type: 'Approved', status: 'True', reason: 'KubectlApprove', message };
  const approved = await admin.request('PUT', `${path}/approval`, {
    body: { ...request, status: { conditions: [condition] } },
  });
  if (!approved.ok) return;
  const block = pemBlocks(Buffer.from(request.spec.request, 'base64').toString('latin1'))[0];
  const asked = block === undefined ? null : parseCertificateRequest(block.der);
  if (asked?.kind !== 'certificate-request') return;
  const certPem = await authority.certifyRequest(asked, {
    keyUsages: ['digitalSignature'],
    extendedKeyUsages: [CLIENT_AUTH],
    notBefore: new Date(),
    notAfter: authority.notAfter,
  });
  const object = approved.json() as KubeObject & { status: object };
  const status = { ...object.status, certificate: Buffer.from(certPem).toString('base64') };
  await admin.request('PUT', `${path}/status`, { body: { ...object, status } });
}

import { readRequest } from '../api/certificate-request';
import type { CertificateRequest } from '../wire/certificate-request';
import { type CertificateSigningRequest, requestsPath } from './certificate-signing-request';
import { type Context, type Controller, mustBe } from './context';

/** Source: cmd/kube-controller-manager/app/certificates.go. */
const WORKERS = 5;

/**
 * The loop around each approver and signer: `handle` is shown every request that has no certificate yet, with what it asks
 * for, whenever it is made or changed. Source: pkg/controller/certificates/certificate_controller.go.
 */
export function startCertificateController(
  context: Context,
  handle: (csr: CertificateSigningRequest) => Promise<void>,
): Controller {
  const requests = context.informer<CertificateSigningRequest>(requestsPath);
  const queue = context.queue(sync, [requests], WORKERS);
  requests.listen((csr) => {
    if (csr !== null) queue.add(csr.metadata.name);
  });

  async function sync(name: string): Promise<void> {
    const csr = requests.get('', name);
    if (csr !== null && !csr.status?.certificate) await handle(csr);
  }

  return { close: () => queue.close() };
}

/** Throws for what the apiserver would not have let pass. */
export function requestOf({ metadata, spec }: CertificateSigningRequest): CertificateRequest {
  const request = readRequest(spec.request);
  if (request.kind === 'refused') throw new Error(`unable to parse csr "${metadata.name}": ${request.text}`);
  return request;
}

/** Whoever else wrote in the meantime is seen by the informer, and it is done again. */
export async function updateRequest(
  { client, signal }: Context,
  part: 'approval' | 'status',
  body: CertificateSigningRequest,
): Promise<void> {
  const path = `${requestsPath}/${body.metadata.name}/${part}`;
  mustBe(await client.request('PUT', path, { body, signal }), 404, 409);
}

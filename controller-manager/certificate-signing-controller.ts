import { readRequest } from '../api/certificate-request';
import { seconds } from '../client/api-time';
import type { Authority } from '../pki/authority';
import {
  type CertificateSigningRequest,
  hasFailed,
  isApproved,
  requestsPath,
  withCondition,
} from './certificate-signing-request';
import { mustBe, type StartController } from './context';
import { isSignerName, refusedBySigner, type SignerName } from './signer-rules';
import { signingPolicy } from './signing-policy';

/** The authority of each signer that has one, looked up for every signature: files may have been changed. */
export type SigningAuthorities = Readonly<Partial<Record<SignerName, () => Promise<Authority>>>>;

/** Signs what was approved, or says why it never will. Source: pkg/controller/certificates/signer/signer.go. */
export const startCertificateSigningController: StartController = (context, settings) => {
  const { client, now, signal } = context;
  const { signingAuthorities, signingDurationMs } = settings;
  if (Object.keys(signingAuthorities).length === 0) {
    context.log.info('skipping the CSR signer controller: no cluster signing certificate and key were named');
    return null;
  }
  const requests = context.informer<CertificateSigningRequest>(requestsPath);
  const queue = context.queue(sync, [requests]);
  requests.listen((csr) => {
    if (csr !== null) queue.add(csr.metadata.name);
  });

  async function sync(name: string): Promise<void> {
    const csr = requests.get('', name);
    if (csr === null || !isApproved(csr) || hasFailed(csr) || csr.status?.certificate) return;
    const { signerName, usages = [], expirationSeconds } = csr.spec;
    const authorityOf = isSignerName(signerName) ? signingAuthorities[signerName] : undefined;
    if (!isSignerName(signerName) || authorityOf === undefined) return;
    const request = readRequest(csr.spec.request);
    if (request.kind === 'refused') throw new Error(`unable to parse csr "${name}": ${request.text}`);
    const refused = refusedBySigner(signerName, request, usages);
    if (refused !== null) {
      await update(withCondition(csr, failure(refused, now())));
      return;
    }
    const authority = await authorityOf();
    const limits = { durationMs: signingDurationMs, signerNotAfter: authority.notAfter, now: now() };
    const granted = signingPolicy({ usages, expirationSeconds }, limits);
    if (typeof granted === 'string') throw new Error(`error auto signing csr: ${granted}`);
    const pem = await authority.certifyRequest(request, granted);
    const certificate = Buffer.from(pem).toString('base64');
    await update({ ...csr, status: { ...csr.status, certificate } });
    context.log.info({ csr: name, signer: signerName }, 'certificate issued');
  }

  /** Whoever else wrote in the meantime is seen by the informer, and it is done again. */
  async function update(body: CertificateSigningRequest): Promise<void> {
    const path = `${requestsPath}/${body.metadata.name}/status`;
    mustBe(await client.request('PUT', path, { body, signal }), 404, 409);
  }

  return { close: () => queue.close() };
};

function failure(message: string, now: Date) {
  return {
    type: 'Failed',
    status: 'True',
    reason: 'SignerValidationFailure',
    message,
    lastUpdateTime: seconds(now),
  } as const;
}

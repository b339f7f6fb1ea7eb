import { seconds } from '../client/api-time';
import type { Authority } from '../pki/authority';
import { requestOf, startCertificateController, updateRequest } from './certificate-controller';
import {
  type CertificateSigningRequest,
  hasFailed,
  isApproved,
  withCondition,
} from './certificate-signing-request';
import type { StartController } from './context';
import { isSignerName, refusedBySigner, type SignerName } from './signer-rules';
import { signingPolicy } from './signing-policy';

/** The authority of each signer that has one, looked up for every signature: files may have been changed. */
export type SigningAuthorities = Readonly<Partial<Record<SignerName, () => Promise<Authority>>>>;

/** Signs what was approved, or says why it never will. Source: pkg/controller/certificates/signer/signer.go. */
export const startCertificateSigningController: StartController = (context, settings) => {
  const { now } = context;
  const { signingAuthorities, signingDurationMs } = settings;
  if (Object.keys(signingAuthorities).length === 0) {
    context.log.info('skipping the CSR signer controller: no cluster signing certificate and key were named');
    return null;
  }

  async function sign(csr: CertificateSigningRequest): Promise<void> {
    if (!isApproved(csr) || hasFailed(csr)) return;
    const { signerName, usages = [], expirationSeconds } = csr.spec;
    const authorityOf = isSignerName(signerName) ? signingAuthorities[signerName] : undefined;
    if (!isSignerName(signerName) || authorityOf === undefined) return;
    const request = requestOf(csr);
    const refused = refusedBySigner(signerName, request, usages);
    if (refused !== null) {
      return updateRequest(context, 'status', withCondition(csr, failure(refused, now())));
    }
    const authority = await authorityOf();
    const limits = { durationMs: signingDurationMs, signerNotAfter: authority.notAfter, now: now() };
    const granted = signingPolicy({ usages, expirationSeconds }, limits);
    if (typeof granted === 'string') throw new Error(`error auto signing csr: ${granted}`);
    const pem = await authority.certifyRequest(request, granted);
    const certificate = Buffer.from(pem).toString('base64');
    await updateRequest(context, 'status', { ...csr, status: { ...csr.status, certificate } });
    context.log.info({ csr: csr.metadata.name, signer: signerName }, 'certificate issued');
  }

  return startCertificateController(context, sign);
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

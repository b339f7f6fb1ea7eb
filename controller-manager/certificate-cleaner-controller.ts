import { parseCertificate } from '../wire/certificate';
import { pemBlocks } from '../wire/pem';
import { type CertificateSigningRequest, requestsPath } from './certificate-signing-request';
import { allSynced, mustBe, type StartController } from './context';
import { poll } from './poll';

/** Takes away requests that nobody will look at any more. Source: pkg/controller/certificates/cleaner/cleaner.go. */
const hourMs = 60 * 60 * 1000;
const APPROVED_MS = hourMs;
const DENIED_MS = hourMs;
const PENDING_MS = 24 * hourMs;

export const startCertificateCleanerController: StartController = (context) => {
  const { client, log, now, signal } = context;
  const requests = context.informer<CertificateSigningRequest>(requestsPath);
  return poll(context, hourMs, async () => {
    await allSynced([requests], signal);
    for (const csr of requests.list()) {
      const why = whyClean(csr, now());
      if (why === null) continue;
      const { name } = csr.metadata;
      mustBe(await client.request('DELETE', `${requestsPath}/${name}`, { signal }), 404);
      log.info({ csr: name, why }, 'certificate signing request cleaned');
    }
  });
};

/** Null when it stays. Pure. */
export function whyClean({ metadata, status }: CertificateSigningRequest, now: Date): string | null {
  const { conditions = [], certificate = '' } = status ?? {};
  const isOlder = (than: number, since: string | undefined): boolean =>
    since !== undefined && now.getTime() - Date.parse(since) > than;
  const has = (type: string, than: number): boolean =>
    conditions.some((it) => it.type === type && isOlder(than, it.lastUpdateTime));
  const issued = certificate !== '';
  if (issued && has('Approved', APPROVED_MS)) return 'approved more than an hour ago';
  if (has('Denied', DENIED_MS)) return 'denied more than an hour ago';
  if (conditions.length === 0 && isOlder(PENDING_MS, metadata.creationTimestamp)) {
    return 'not looked at for more than a day';
  }
  const isApproved = conditions.some(({ type }) => type === 'Approved');
  return isApproved && isExpired(certificate, now) ? 'its certificate has expired' : null;
}

function isExpired(base64: string, now: Date): boolean {
  const [block] = pemBlocks(Buffer.from(base64, 'base64').toString());
  const certificate = block === undefined ? null : parseCertificate(block.der);
  return certificate?.kind === 'certificate' && now.getTime() > certificate.notAfter.epochMs;
}

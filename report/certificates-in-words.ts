import { createHash } from 'node:crypto';
import { shownCertificate } from '../network/shown-certificate';
import { parseCertificate } from '../wire/certificate';
import { pemBlocks } from '../wire/pem';
import { type Comparing, comparableText } from './comparable';
import { fingerprint } from './recorded-wire';
import type { RecordingHeader } from './recording';

/** The certificates of a recording by their fingerprints: what is in them but for their signatures and the very times. */
export function certificatesInWords(
  { certificates, made }: Pick<RecordingHeader, 'certificates' | 'made'>,
  comparing: Comparing,
): Map<string, string> {
  const all = certificates.flatMap(({ pem }) => pemBlocks(pem));
  const now = Date.parse(made.at);
  return new Map(
    all.map(({ der }) => [fingerprint(der), comparableText(inWords(der, now, comparing), comparing)]),
  );
}

function inWords(der: Buffer, now: number, { sameSeed }: Comparing): string {
  const certificate = parseCertificate(der);
  const shown = shownCertificate([der]);
  if (certificate.kind === 'unreadable-certificate' || shown === null) return 'one that nobody can read';
  const { notBefore, notAfter, extensions, serialNumber, rawPublicKey } = certificate;
  const usages = extensions.extendedKeyUsage.map((usage) => usageNames[usage] ?? usage);
  const key = createHash('sha256').update(rawPublicKey).digest('hex').slice(0, 16);
  return [
    `${shown.subject}, issued by ${shown.issuer}`,
    ...(shown.sans.length === 0 ? [] : [`for ${shown.sans.join(' ')}`]),
    ...(usages.length === 0 ? [] : [usages.join(' ')]),
    ...(now < notBefore.epochMs ? ['not yet valid'] : now > notAfter.epochMs ? ['expired'] : []),
    ...(sameSeed ? [`serial number ${serialNumber.toString(16)}`, `key ${key}`] : []),
  ].join('; ');
}

/** RFC 5280 section 4.2.1.12. */
const usageNames: Readonly<Record<string, string>> = {
  '1.3.6.1.5.5.7.3.1': 'serverAuth',
  '1.3.6.1.5.5.7.3.2': 'clientAuth',
};

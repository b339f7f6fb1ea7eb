import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { MidplaneError } from '../error';
import { explainVerdict } from '../network/explain-verdict';
import { judgeServingCertificate } from '../network/verify';
import type { LeafRequest } from '../pki/authority';
import { describeCertificate } from '../pki/describe-certificate';
import type { CertificateOutcome } from '../report/given-outcome';
import { pemBlocks } from '../wire/pem';
import type { GivenLab } from './plan-check';

/** A kubelet's own serving certificate and the bundle that is to believe it, as they were given. */
export interface GivenCertificate {
  /** PEM, leaf first. */
  readonly chain: string;
  readonly bundle: string;
  /** What the apiserver dials in the cluster where it is from. */
  readonly host: string;
}

/** What the lab's node serves with in its place: the same names, usages and dates, under a key of the lab's. */
export interface CertificateShape {
  readonly leaf: LeafRequest;
  /** Its signature leads to the bundle; else somebody signs whom nobody knows. */
  readonly isFromBundle: boolean;
}

const node = { name: 'node-1', address: '10.0.0.11' } as const;

/** The dialled name becomes the lab node's; what happens to be the lab's already, and is not dialled, becomes nobody's. */
export function shapeOf({ chain, bundle, host }: GivenCertificate): CertificateShape {
  const [leaf, ...intermediates] = certificatesIn(chain);
  if (leaf === undefined) throw new MidplaneError('PEM_INVALID', '--kubelet-cert holds no certificate');
  const { sans, subjectCommonName, organizations, notBefore, notAfter } = describeCertificate(leaf.raw);
  const namesOf = (kind: string): string[] =>
    sans.filter((it) => it.startsWith(kind)).map((it) => it.slice(kind.length));
  const rename = (name: string, own: string, nobody: string): string => {
    if (isDialled(name, host)) return own;
    return name.toLowerCase() === own ? nobody : name;
  };
  const usages = leaf.keyUsage;
  const may = (oid: string): boolean =>
    usages === undefined || usages.includes(oid) || usages.includes('2.5.29.37.0');
  return {
    leaf: {
      commonName: subjectCommonName ?? '',
      organizations,
      dnsNames: namesOf('DNS:').map((name) => rename(name, node.name, 'nobody.invalid')),
      ipAddresses: namesOf('IP:').map((name) => rename(name, node.address, '192.0.2.1')),
      usages: [
        ...(may('1.3.6.1.5.5.7.3.1') ? (['serverAuth'] as const) : []),
        ...(may('1.3.6.1.5.5.7.3.2') ? (['clientAuth'] as const) : []),
      ],
      notBefore,
      notAfter,
    },
    isFromBundle: leadsTo(certificatesIn(bundle), leaf, intermediates),
  };
}

/** As midplane verify-cert judges it, with its real names and keys. */
export function judgeGiven({ chain, bundle, host }: GivenCertificate, now: Date): CertificateOutcome {
  const verdict = judgeServingCertificate({ caPems: bundle, chainPems: chain, host, now });
  if (verdict.ok) return { host, ok: true, error: null, change: null };
  return { host, ok: false, error: verdict.error, change: explainVerdict(verdict) };
}

/** The lab dials as the settings say: a certificate for the other kind of name would be judged for what is never dialled. */
export function refuseOtherDial({ host }: GivenCertificate, { dials }: GivenLab): void {
  const isAddress = isIP(host) !== 0;
  if (isAddress === (dials === 'addresses')) return;
  throw new MidplaneError(
    'CONFIG_INVALID',
    `--kubelet-host ${JSON.stringify(host)} is ${isAddress ? 'an address' : 'a name'}, and with these settings kube-apiserver dials ${dials}`,
    { hint: 'see --kubelet-preferred-address-types; give the kube-apiserver flags too, or what it dials' },
  );
}

/** Of a wildcard the first label may be anything. Source: Go, crypto/x509 verify.go, matchHostnames. */
function isDialled(name: string, host: string): boolean {
  const [wanted, given] = [host.toLowerCase().replace(/\.$/, ''), name.toLowerCase()];
  return given === wanted || (given.startsWith('*.') && wanted.slice(wanted.indexOf('.')) === given.slice(1));
}

function leadsTo(
  roots: readonly X509Certificate[],
  certificate: X509Certificate,
  intermediates: readonly X509Certificate[],
): boolean {
  const signs = (authority: X509Certificate): boolean =>
    certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
  if (roots.some((root) => root.fingerprint256 === certificate.fingerprint256 || signs(root))) return true;
  return intermediates.some(
    (between, index) => signs(between) && leadsTo(roots, between, intermediates.toSpliced(index, 1)),
  );
}

function certificatesIn(pem: string): X509Certificate[] {
  return pemBlocks(pem)
    .filter(({ label }) => label === 'CERTIFICATE')
    .map(({ der }) => new X509Certificate(der));
}

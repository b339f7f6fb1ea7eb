import { MidplaneError } from '../error';
import { type Certificate, parseCertificate } from '../wire/certificate';
import { goQuote } from '../wire/go-quote';
import { memoByBytes } from '../wire/memo';
import { pemBlocks } from '../wire/pem';
import { type Bundle, readBundle } from './verify-bundle';
import { buildChains, certificateFault } from './verify-chain';
import { hostFault } from './verify-hostname';
import { type Judgement, type Refused, refused } from './verify-judgement';
import { chainPoliciesValid } from './verify-policies';
import { goType, rsaKeyFault } from './verify-signature';
import { chainAllowsUsage, type Usage } from './verify-usage';

/**
 * Whom a Go TLS peer believes: the one place where midplane decides about trust. The verdict, the order of the checks and the
 * words are those of Go 1.25's crypto/tls and crypto/x509, because kube-apiserver, kubelets and kubectl decide with them and
 * OpenSSL decides otherwise. Where a later Go refuses more, more is refused. Nothing here throws for what a peer sends.
 */

export { type Bundle, type InvalidBundle, parseBundle } from './verify-bundle';
export type { Fault, Judgement, Refused } from './verify-judgement';

export interface ServingCertificateRequest {
  /** The certificates in the order a server sends them, leaf first: PEM, one text or several. */
  readonly chainPems: string | readonly string[];
  /** The bundle of `--kubelet-certificate-authority`: PEM, one text or several. */
  readonly caPems: string | readonly string[];
  /** What is dialled: a DNS name or an IP address, with or without brackets. */
  readonly host: string;
  /** A Date, an RFC 3339 text or milliseconds since 1970; the present when absent. */
  readonly now?: Date | string | number;
}

/**
 * Whether kube-apiserver (any Go TLS client) would believe a server that shows this chain. `error` is what it would say, from
 * `tls:` or `x509:` on; for a bundle without a usable certificate, what it says at start-up (`unable to load root …`).
 *
 * A verdict for whatever the texts hold, PEM or not: a chain without a certificate is an empty chain. Throws MidplaneError
 * USAGE when `now` is no point in time.
 */
export function verifyServingCertificate(request: ServingCertificateRequest): {
  ok: boolean;
  error: string | null;
} {
  const judgement = judgeServingCertificate(request);
  return judgement.ok ? { ok: true, error: null } : { ok: false, error: judgement.error };
}

/** Like verifyServingCertificate, with the reason as data (see explainVerdict). */
export function judgeServingCertificate(request: ServingCertificateRequest): Judgement {
  const chainTexts = [request.chainPems].flat();
  const bundleTexts = [request.caPems].flat();
  const nowMs = pointInTime(request.now);
  // A Go server takes its chain from the blocks labelled CERTIFICATE and does not mind headers (tls.X509KeyPair).
  const chain = chainTexts.flatMap(pemBlocks).filter(({ label }) => label === 'CERTIFICATE');
  const bundle = readBundle(bundleTexts);
  if (bundle.kind === 'bundle-invalid') return refused(bundle.text, { kind: 'bundle-unusable' });
  return judgeServerAt(
    chain.map(({ der }) => der),
    bundle,
    request.host,
    nowMs,
  );
}

function pointInTime(now: Date | string | number = new Date()): number {
  const epochMs = typeof now === 'number' ? now : new Date(now).getTime();
  // Beyond what a Date can hold there is no text for the time.
  if (Number.isNaN(new Date(epochMs).getTime())) {
    throw new MidplaneError('USAGE', `now is no point in time: ${JSON.stringify(String(now))}`, {
      hint: 'give a Date, an RFC 3339 text such as "2026-01-31T12:00:00Z", or milliseconds since 1970',
    });
  }
  return typeof now === 'string' ? epochMs + beyondMilliseconds(now) : epochMs;
}

/** Date cuts a text off at milliseconds; a certificate that ended within that millisecond must not come back to life. */
function beyondMilliseconds(now: string): number {
  const digits = /\.\d{3}(\d+)/.exec(now)?.[1] ?? '';
  return /[1-9]/.test(digits) ? Math.max(Number(`0.${digits}`), 2 ** -10) : 0;
}

export interface ServerEvidence {
  /** DER as received, in the order received. */
  readonly chain: readonly Buffer[];
  readonly bundle: Bundle;
  readonly host: string;
  readonly now: Date;
}

/** A client's decision about the certificates a server sent in a handshake. */
export function judgeServer({ chain, bundle, host, now }: ServerEvidence): Judgement {
  return judgeServerAt(chain, bundle, host, now.getTime());
}

/**
 * Whose certificate it is, for who has verified it and knows whom it meant to reach. KEP-4872 (kube-apiserver, in no release)
 * leaves the words to its implementation; these are ours, shaped like Go's.
 */
export function judgeCommonName([leaf]: readonly Buffer[], wanted: string): Judgement {
  const certificate = leaf === undefined ? null : parseOnce(leaf);
  const found = certificate?.kind === 'certificate' ? certificate.subject.commonName : '';
  if (found === wanted) return { ok: true };
  const text = `x509: certificate has common name ${goQuote(found)}, not ${goQuote(wanted)}`;
  return refused(text, { kind: 'common-name', wanted, found });
}

function judgeServerAt(sent: readonly Buffer[], bundle: Bundle, host: string, nowMs: number): Judgement {
  if (host === '') {
    return refused('tls: either ServerName or InsecureSkipVerify must be specified in the tls.Config', {
      kind: 'no-host',
    });
  }
  const chain = readSent(sent, serverWords);
  if (!Array.isArray(chain)) return chain;
  const judgement = judgeChain(chain, bundle, 'serverAuth', host, nowMs);
  if (judgement.ok) return judgeLeafKey(chain, serverWords);
  return { ...judgement, error: `tls: failed to verify certificate: ${judgement.error}` };
}

/** What Go still refuses with InsecureSkipVerify: certificates it cannot read, and keys it cannot or will not use. */
export function judgeUnverified(sent: readonly Buffer[]): Judgement {
  const chain = readSent(sent, serverWords);
  return Array.isArray(chain) ? judgeLeafKey(chain, serverWords) : chain;
}

export interface ClientEvidence {
  readonly chain: readonly Buffer[];
  readonly bundle: Bundle;
  readonly now: Date;
}

/**
 * A server's decision about a client certificate against `--client-ca-file`. What the handshake refuses begins with `tls:`,
 * what the authenticator above it refuses with `x509:` (Kubernetes' request/x509 calls Verify by itself).
 */
export function judgeClient({ chain: sent, bundle, now }: ClientEvidence): Judgement {
  const chain = readSent(sent, clientWords);
  if (!Array.isArray(chain)) return chain;
  const key = judgeLeafKey(chain, clientWords);
  return key.ok ? judgeChain(chain, bundle, 'clientAuth', null, now.getTime()) : key;
}

/** How Go words the same refusal on the two sides of a handshake. */
interface Words {
  readonly none: string;
  readonly unreadable: string;
  readonly tooLarge: string;
  readonly keyType: string;
  readonly weakKey: string;
}

const serverWords: Words = {
  // In TLS 1.2 an empty list is called an unexpected message; nobody sends one.
  none: 'tls: received empty certificates message',
  unreadable: 'tls: failed to parse certificate from server: ',
  tooLarge: 'tls: server sent certificate containing RSA key larger than 8192 bits',
  keyType: "tls: server's certificate contains an unsupported type of public key: ",
  weakKey: 'tls: invalid signature by the server certificate: ',
};

const clientWords: Words = {
  none: "tls: client didn't provide a certificate",
  unreadable: 'tls: failed to parse client certificate: ',
  tooLarge: 'tls: client sent certificate containing RSA key larger than 8192 bits',
  keyType: 'tls: client certificate contains an unsupported public key of type ',
  weakKey: 'tls: invalid signature by the client certificate: ',
};

/** Parsing is pure, and the same certificates come with every handshake and every request: one of each node. */
const parseOnce = memoByBytes(2048, parseCertificate);

/** Every certificate sent is read, needed or not, and each is measured before the next is read. */
function readSent(sent: readonly Buffer[], words: Words): Certificate[] | Refused {
  if (sent.length === 0) return refused(words.none, { kind: 'no-certificate' });
  const chain: Certificate[] = [];
  for (const [position, der] of sent.entries()) {
    const certificate = parseOnce(der);
    if (certificate.kind === 'unreadable-certificate') {
      const { text, remedy } = certificate;
      return refused(words.unreadable + text, { kind: 'unreadable', position, text, remedy });
    }
    const { publicKey } = certificate;
    if (publicKey.kind === 'RSA' && publicKey.bits > 8192) {
      return refused(words.tooLarge, { kind: 'rsa-too-large', position });
    }
    chain.push(certificate);
  }
  return chain;
}

/** Go's Certificate.Verify; the rest of what was sent are candidates only. */
function judgeChain(
  [leaf, ...intermediates]: readonly Certificate[],
  bundle: Bundle,
  usage: Usage,
  host: string | null,
  nowMs: number,
): Judgement {
  if (leaf === undefined) return refused(serverWords.none, { kind: 'no-certificate' });
  const leafFault = certificateFault(leaf, 'leaf', nowMs) ?? (host === null ? null : hostFault(leaf, host));
  if (leafFault !== null) return leafFault;
  const chains = buildChains(leaf, intermediates, bundle, nowMs);
  if (!Array.isArray(chains)) return chains;
  const withPolicies = chains.filter(chainPoliciesValid);
  if (withPolicies.length === 0) {
    return refused('x509: no valid chains built: all candidate chains have invalid policies', {
      kind: 'policies',
    });
  }
  if (withPolicies.some((chain) => chainAllowsUsage(chain, usage))) return { ok: true };
  return refused(usageText(withPolicies.length, chains.length - withPolicies.length), {
    kind: 'usage',
    wanted: usage,
  });
}

function usageText(wrongUsage: number, wrongPolicies: number): string {
  if (wrongPolicies === 0) return 'x509: certificate specifies an incompatible key usage';
  return `x509: no valid chains built: ${wrongUsage} chains with incompatible key usage, ${wrongPolicies} chains with invalid policies`;
}

/** The key types of TLS, and the RSA keys with which Go would check the handshake's signature. */
function judgeLeafKey([leaf]: readonly Certificate[], words: Words): Judgement {
  if (leaf === undefined) return refused(words.none, { kind: 'no-certificate' });
  const key = leaf.publicKey;
  if (key.kind === 'DSA' || key.kind === 'other')
    return refused(words.keyType + goType(key), { kind: 'key-type' });
  const weak = key.kind === 'RSA' ? rsaKeyFault(key) : null;
  if (key.kind !== 'RSA' || weak === null) return { ok: true };
  return refused(words.weakKey + weak, { kind: 'weak-key', bits: key.bits });
}

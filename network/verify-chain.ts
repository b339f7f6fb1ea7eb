import { rfc3339 } from '../wire/asn1-time';
import type { Certificate } from '../wire/certificate';
import { goQuote } from '../wire/go-quote';
import type { Bundle } from './verify-bundle';
import { constraintFault } from './verify-constraints';
import { culprit, displayName, type Refused, refused } from './verify-judgement';
import { signatureFault } from './verify-signature';

/** A leaf first, an anchor of the bundle last. */
export type Chain = readonly Certificate[];

/** Go gives up after this many signature checks: a chain of look-alikes must not cost more. */
const maxSignatureChecks = 100;

/**
 * Every chain from the leaf to an anchor, or why there is none. Candidates are found by equal name bytes; key identifiers
 * only decide who is tried first; all alternatives are tried (Go's x509.Certificate.buildChains, its texts and its order).
 */
export function buildChains(
  leaf: Certificate,
  intermediates: readonly Certificate[],
  bundle: Bundle,
  nowMs: number,
): Chain[] | Refused {
  if (bundle.holds(leaf)) return [[leaf]];
  return extend([leaf], { intermediates: distinct(intermediates), bundle, nowMs, signatureChecks: 0 });
}

interface Search {
  readonly intermediates: readonly Certificate[];
  readonly bundle: Bundle;
  readonly nowMs: number;
  signatureChecks: number;
}

type Role = 'intermediate' | 'anchor';

function distinct(certificates: readonly Certificate[]): Certificate[] {
  return certificates.filter((one, i) => certificates.findIndex((other) => other.raw.equals(one.raw)) === i);
}

function extend(chain: Chain, search: Search): Chain[] | Refused {
  const child = chain.at(-1);
  if (child === undefined) return [];
  const chains: Chain[] = [];
  // The last candidate that had a good signature and was refused for something else words the refusal; for the others only
  // the first leaves a hint.
  let refusal: Refused | null = null;
  let hint: { text: string; authority: Certificate } | null = null;
  for (const [role, candidate] of candidatesFor(child, search)) {
    search.signatureChecks += 1;
    if (search.signatureChecks > maxSignatureChecks) {
      refusal = tooManyAttempts;
      break;
    }
    if (candidate.publicKey.kind === 'other' || isInChain(candidate, chain)) continue;
    const unsigned = signatureFault(child, candidate);
    if (unsigned !== null) {
      hint ??= { text: unsigned, authority: candidate };
      continue;
    }
    refusal = authorityFault(candidate, role, chain, search.nowMs);
    if (refusal !== null) {
      hint ??= { text: refusal.error, authority: candidate };
      continue;
    }
    if (role === 'anchor') {
      chains.push([...chain, candidate]);
      continue;
    }
    const longer: Chain[] | Refused = extend([...chain, candidate], search);
    if (Array.isArray(longer)) chains.push(...longer);
    else refusal = longer;
    if (refusal === tooManyAttempts) break;
  }
  if (chains.length > 0) return chains;
  return refusal ?? unknownAuthority(child, hint);
}

const tooManyAttempts = refused(
  'x509: signature check attempts limit reached while verifying certificate chain',
  { kind: 'too-many-attempts' },
);

function* candidatesFor(child: Certificate, search: Search): Generator<[Role, Certificate]> {
  for (const anchor of likeliestFirst(child, search.bundle.named(child.rawIssuer))) yield ['anchor', anchor];
  const named = search.intermediates.filter(({ rawSubject }) => rawSubject.equals(child.rawIssuer));
  for (const intermediate of likeliestFirst(child, named)) yield ['intermediate', intermediate];
}

/** Equal key identifiers (or none on both sides), then one of the two missing, then different ones. */
function likeliestFirst(child: Certificate, candidates: readonly Certificate[]): Certificate[] {
  const wanted = child.extensions.authorityKeyId;
  const rank = ({ extensions: { subjectKeyId } }: Certificate) => {
    if (subjectKeyId.equals(wanted)) return 0;
    return subjectKeyId.length === 0 || wanted.length === 0 ? 1 : 2;
  };
  return candidates.toSorted((a, b) => rank(a) - rank(b));
}

/** Same party: equal subject, key and alternative names. The comparison with the first look-alike decides, as in Go. */
function isInChain(candidate: Certificate, chain: Chain): boolean {
  const names = candidate.extensions.subjectAltName;
  for (const certificate of chain) {
    const sameKeyAndName =
      candidate.rawSubject.equals(certificate.rawSubject) &&
      candidate.rawPublicKey.equals(certificate.rawPublicKey);
    if (!sameKeyAndName) continue;
    const otherNames = certificate.extensions.subjectAltName;
    if (names === null || otherNames === null) return names === otherNames;
    if (names.raw.equals(otherNames.raw)) return true;
  }
  return false;
}

/** What every certificate of a chain must meet, the leaf too: no unknown critical extension, and now is within its dates. */
export function certificateFault(
  certificate: Certificate,
  role: 'leaf' | 'authority',
  nowMs: number,
): Refused | null {
  const { unhandledCritical } = certificate.extensions;
  const who = culprit(role, certificate);
  if (unhandledCritical.length > 0) {
    return refused('x509: unhandled critical extension', {
      kind: 'unhandled-extension',
      culprit: who,
      oids: unhandledCritical,
    });
  }
  const { notBefore, notAfter } = certificate;
  const outside = (relation: 'before' | 'after', limit: string, kind: 'not-yet-valid' | 'expired') => {
    const now = rfc3339({ epochMs: nowMs, offsetMinutes: 0 });
    const text = `x509: certificate has expired or is not yet valid: current time ${now} is ${relation} ${limit}`;
    return refused(text, { kind, culprit: who, limit });
  };
  if (nowMs < notBefore.epochMs) return outside('before', rfc3339(notBefore), 'not-yet-valid');
  if (nowMs > notAfter.epochMs) return outside('after', rfc3339(notAfter), 'expired');
  return null;
}

function authorityFault(authority: Certificate, role: Role, below: Chain, nowMs: number): Refused | null {
  const fault = certificateFault(authority, 'authority', nowMs);
  if (fault !== null) return fault;
  const who = culprit('authority', authority);
  const constraint = constraintFault(authority, below);
  if (constraint !== null)
    return refused(constraint, { kind: 'name-constraint', culprit: who, text: constraint });
  const { basicConstraints } = authority.extensions;
  if (role === 'intermediate' && basicConstraints?.isAuthority !== true) {
    return refused('x509: certificate is not authorized to sign other certificates', {
      kind: 'not-an-authority',
      culprit: who,
    });
  }
  // Self-issued certificates count, unlike in RFC 5280 section 4.2.1.9.
  if (below.length - 1 > (basicConstraints?.pathLength ?? Number.POSITIVE_INFINITY)) {
    return refused('x509: too many intermediates for path length constraint', {
      kind: 'path-too-long',
      culprit: who,
    });
  }
  return null;
}

function unknownAuthority(
  child: Certificate,
  hint: { text: string; authority: Certificate } | null,
): Refused {
  const plain = 'x509: certificate signed by unknown authority';
  const candidate = hint === null ? null : { name: displayName(hint.authority), text: hint.text };
  const error =
    candidate === null
      ? plain
      : `${plain} (possibly because of ${goQuote(candidate.text)} while trying to verify candidate authority certificate ${goQuote(candidate.name)})`;
  return refused(error, {
    kind: 'unknown-authority',
    issuer: child.issuer.commonName || (child.issuer.organizations[0] ?? ''),
    isSelfIssued: child.rawIssuer.equals(child.rawSubject),
    candidate,
  });
}

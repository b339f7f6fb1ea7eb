import type { KeyPair } from '../wire/pem';
import type { Authority, LeafRequest } from './authority';
import { type AltNames, altNamesOf } from './certificate-template';
import type { NameParts } from './names';
import { dayMs } from './validity';

/**
 * Certificates that an authority signed and that still should not pass for this host: one fault each, or several that do
 * not contradict each other (scenarios/certificate-words.ts says which do); and two words that are no fault and should
 * worry everybody. A scenario hands them to the attacker, which could not make the genuine authority's itself.
 *
 * | word | the certificate | Go says (after `x509: `) |
 * |---|---|---|
 * | wrong-host | valid, for another address | certificate is valid for OTHER, not HOST |
 * | expired | ended a day ago | certificate has expired or is not yet valid: … is after … |
 * | not-yet-valid | begins in a day | certificate has expired or is not yet valid: … is before … |
 * | cn-only | the host as common name, no SAN | certificate relies on legacy Common Name field, use SANs instead |
 * | client-cert | for this address, clientAuth alone | certificate specifies an incompatible key usage |
 * | neighbour | another node's, with this address among its own | nothing: it is accepted |
 * | stolen | right in every respect | nothing: it is accepted |
 * | weak-key | an RSA key of 768 bits | (tls: invalid signature by the server certificate:) crypto/rsa: 768-bit keys are insecure … |
 * | weak-signature | signed over SHA-1 | certificate signed by unknown authority (possibly because of … insecure algorithm …) |
 * | name-constrained | below an intermediate that excludes its names | a root or intermediate certificate is not authorized to sign for this name: … |
 * | path-length | below an intermediate that its own authority does not allow | too many intermediates for path length constraint |
 * | missing-intermediate | below an intermediate that is not sent | certificate signed by unknown authority |
 */
export const faultyWords = [
  'wrong-host',
  'expired',
  'not-yet-valid',
  'cn-only',
  'client-cert',
  'neighbour',
  'stolen',
  'weak-key',
  'weak-signature',
  'name-constrained',
  'path-length',
  'missing-intermediate',
] as const;

export type FaultyWord = (typeof faultyWords)[number];

export interface FaultyFacts {
  /** The address or name that the victim is dialled by. */
  readonly host: string;
  /** The other node's address or name. Of the same kind as `host`, or Go's text is another one. */
  readonly otherHost: string;
  /** The victim's node name, for `system:node:NAME`. Default: `host`. */
  readonly node?: string | undefined;
  /** The other node's name. Default: `otherHost`. */
  readonly otherNode?: string | undefined;
  /** What a certificate for a node says of its subject. Default: what the kubernetes.io/kubelet-serving signer insists on. */
  readonly subjectOf?: ((node: string) => NameParts) | undefined;
  /** Default: the present. */
  readonly now?: Date | undefined;
}

type Issuer = Pick<Authority, 'issue' | 'intermediatesPem' | 'createIntermediate'>;

/** The chain holds the leaf and, below an intermediate authority, the intermediates; `missing-intermediate` leaves out its own. */
export async function issueFaulty(
  authority: Issuer,
  words: readonly FaultyWord[],
  facts: FaultyFacts,
): Promise<KeyPair> {
  const request = faultyRequest(words, facts);
  const issuer = await issuerBelow(authority, words, {
    dnsNames: request.dnsNames ?? [],
    ipAddresses: request.ipAddresses ?? [],
  });
  const { certPem, keyPem } = await issuer.issue(request);
  const sent = words.includes('missing-intermediate') ? authority : issuer;
  return { certPem: certPem + sent.intermediatesPem, keyPem };
}

/** The authority that signs the leaf. `names` are the leaf's, which `name-constrained` forbids. */
async function issuerBelow(
  authority: Issuer,
  words: readonly FaultyWord[],
  names: AltNames,
): Promise<Issuer> {
  const excluded = words.includes('name-constrained') ? names : undefined;
  if (words.includes('path-length')) {
    const limited = await authority.createIntermediate({
      commonName: 'LAB last intermediate',
      pathLength: 0,
    });
    return limited.createIntermediate({ commonName: 'LAB intermediate beyond the limit', excluded });
  }
  if (excluded === undefined && !words.includes('missing-intermediate')) return authority;
  return authority.createIntermediate({ commonName: 'LAB intermediate', excluded });
}

/** What to ask the authority for. Go stops at the first fault it finds, so each word adds its own and no second one. */
export function faultyRequest(words: readonly FaultyWord[], facts: FaultyFacts): LeafRequest {
  const { host, node = host, subjectOf = kubeletSubject, now = new Date() } = facts;
  const right: LeafRequest = { ...subjectOf(node), ...altNamesOf(host), usages: ['serverAuth'] };
  return Object.assign(right, ...words.map((word) => changeOf(word, facts, now)));
}

function changeOf(word: FaultyWord, facts: FaultyFacts, now: Date): Partial<LeafRequest> {
  const { host, otherHost, otherNode = otherHost, subjectOf = kubeletSubject } = facts;
  const fromNow = (days: number) => new Date(now.getTime() + days * dayMs);
  switch (word) {
    case 'wrong-host':
      return { ...subjectOf(otherNode), ...altNamesOf(otherHost) };
    case 'expired':
      return { notBefore: fromNow(-366), notAfter: fromNow(-1) };
    case 'not-yet-valid':
      return { notBefore: fromNow(1), notAfter: fromNow(366) };
    case 'cn-only':
      return { commonName: host, organizations: [], dnsNames: [], ipAddresses: [] };
    case 'client-cert':
      return { usages: ['clientAuth'] };
    case 'neighbour':
      return { ...subjectOf(otherNode), ...altNamesOf(otherHost, host) };
    case 'weak-key':
      return { algorithm: 'rsa-768' };
    case 'weak-signature':
      return { digest: 'sha1' };
    case 'stolen':
    case 'name-constrained':
    case 'path-length':
    case 'missing-intermediate':
      return {};
  }
}

function kubeletSubject(name: string): NameParts {
  return { commonName: `system:node:${name}`, organizations: ['system:nodes'] };
}

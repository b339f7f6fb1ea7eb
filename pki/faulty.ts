import type { KeyPair } from '../wire/pem';
import type { Authority, LeafRequest } from './authority';
import { altNamesOf } from './certificate-template';
import { dayMs } from './validity';

/**
 * Certificates that the genuine authority signed and that still should not pass for this host, one fault each; and two
 * that have none and should worry everybody. A scenario hands them to the attacker, which could not make them itself.
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
 */
export type FaultyWord =
  | 'wrong-host'
  | 'expired'
  | 'not-yet-valid'
  | 'cn-only'
  | 'client-cert'
  | 'neighbour'
  | 'stolen';

export interface FaultyFacts {
  /** The address or name that the victim is dialled by. */
  readonly host: string;
  /** The other node's address or name. Of the same kind as `host`, or Go's text is another one. */
  readonly otherHost: string;
  /** The victim's node name, for `system:node:NAME`. Default: `host`. */
  readonly node?: string | undefined;
  /** The other node's name. Default: `otherHost`. */
  readonly otherNode?: string | undefined;
  /** Default: the present. */
  readonly now?: Date | undefined;
}

/** The chain holds the leaf and, below an intermediate authority, the intermediates. */
export async function issueFaulty(
  authority: Pick<Authority, 'issue' | 'intermediatesPem'>,
  word: FaultyWord,
  facts: FaultyFacts,
): Promise<KeyPair> {
  const { certPem, keyPem } = await authority.issue(faultyRequest(word, facts));
  return { certPem: certPem + authority.intermediatesPem, keyPem };
}

/** What to ask the authority for. Go stops at the first fault it finds, so there is never a second one. */
export function faultyRequest(word: FaultyWord, facts: FaultyFacts): LeafRequest {
  const { host, otherHost, node = host, otherNode = otherHost, now = new Date() } = facts;
  const victim = { ...nodeName(node), ...altNamesOf(host), usages: ['serverAuth'] } satisfies LeafRequest;
  const fromNow = (days: number) => new Date(now.getTime() + days * dayMs);
  switch (word) {
    case 'wrong-host':
      return { ...victim, ...nodeName(otherNode), ...altNamesOf(otherHost) };
    case 'expired':
      return { ...victim, notBefore: fromNow(-366), notAfter: fromNow(-1) };
    case 'not-yet-valid':
      return { ...victim, notBefore: fromNow(1), notAfter: fromNow(366) };
    case 'cn-only':
      return { commonName: host, usages: ['serverAuth'] };
    case 'client-cert':
      return { ...victim, usages: ['clientAuth'] };
    case 'neighbour':
      return { ...victim, ...nodeName(otherNode), ...altNamesOf(otherHost, host) };
    case 'stolen':
      return victim;
  }
}

/** The subject that the kubernetes.io/kubelet-serving signer insists on. */
function nodeName(name: string): Pick<LeafRequest, 'commonName' | 'organizations'> {
  return { commonName: `system:node:${name}`, organizations: ['system:nodes'] };
}

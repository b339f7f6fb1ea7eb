import { rules } from './diagnosis-rules';

/**
 * Why a connection to a kubelet fails, from the words that somebody read and whatever else was seen. Pure: it never hears
 * what was done to the cluster, so the same words in anybody's cluster get the same answer.
 */
export interface Observed {
  /** What kubectl, or the apiserver's log, said. */
  readonly words: string;
  /** What the machine at the dialled address shows to anybody; null: no certificate; undefined: nobody looked. */
  readonly shown?: ShownLeaf | null;
  /** Where the node's requests for a kubelet-serving certificate stand; undefined: nobody looked. */
  readonly requests?: readonly RequestState[];
  /** The node that was meant. */
  readonly node?: string;
}

export interface ShownLeaf {
  readonly commonName: string;
  readonly issuer: string;
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
}

export type RequestState = 'pending' | 'denied' | 'failed' | 'approved' | 'issued';

export interface Diagnosis {
  readonly id: CauseId;
  /** One line. */
  readonly line: string;
  /** What to do about it. */
  readonly mend: string;
}

export type CauseId =
  | 'self-signed'
  | 'csr-pending'
  | 'csr-denied'
  | 'csr-not-signed'
  | 'wrong-bundle'
  | 'address-type'
  | 'expired'
  | 'not-yet-valid'
  | 'address-changed'
  | 'other-node'
  | 'common-name-only'
  | 'client-certificate'
  | 'bundle-unusable'
  | 'kubelet-asks-who'
  | 'kubelet-forbids'
  | 'no-address'
  | 'no-such-name'
  | 'unreachable'
  | 'not-tls'
  | 'apiserver-certificate';

/** An error is a line or two; of a whole log the beginning counts. */
const MOST_CHARACTERS = 16 * 1024;

/** The likeliest first; one alone when what was seen leaves no other. Empty for words that say nothing of a kubelet's TLS. */
export function diagnose(observed: Observed): readonly Diagnosis[] {
  // Terminals and logs break lines where they like.
  const words = observed.words.slice(0, MOST_CHARACTERS).replace(/\s+/g, ' ').trim();
  for (const { says, causes } of rules) {
    const match = says.exec(words);
    if (match !== null) return causes({ ...observed, words }, match.slice(1));
  }
  return [];
}

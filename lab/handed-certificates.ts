import type { Authority } from '../pki/authority';
import { type FaultyWord, issueFaulty } from '../pki/faulty';
import type { TechniqueId } from '../scenarios/vocabulary';
import type { KeyPair } from '../wire/pem';
import type { NodeName } from './lab-pki';

/** Certificates that an attacker cannot make: what a technique needs besides the position. The one place that knows which. */
export interface HandedFacts {
  readonly authority: Authority;
  /** The attacked node, and the other one; addresses are what the apiserver dials. */
  readonly node: NodeName;
  readonly host: string;
  readonly otherNode: NodeName;
  readonly otherHost: string;
  /** The attacked endpoint's own certificate and key. */
  readonly genuine: KeyPair;
}

/** The techniques for which something is handed over. */
export const handedTechniques: readonly FaultyWord[] = [
  'wrong-host',
  'expired',
  'not-yet-valid',
  'cn-only',
  'client-cert',
  'neighbour',
  'stolen',
];

/** Null: the technique needs nothing but the position. */
export async function handedCertificate(technique: TechniqueId, facts: HandedFacts): Promise<KeyPair | null> {
  const word = handedTechniques.find((it) => it === technique);
  if (word === undefined) return null;
  return word === 'stolen' ? facts.genuine : issueFaulty(facts.authority, word, facts);
}

import type { Authority } from '../pki/authority';
import { type FaultyWord, faultyWords, issueFaulty } from '../pki/faulty';
import { isSelfMade, wordsOf } from '../scenarios/certificate-words';
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

/** The single words for which something is handed over. */
export const handedTechniques: readonly FaultyWord[] = faultyWords;

/** Whether the attacker cannot make what a technique shows, and so is handed it. */
export function isHanded(technique: TechniqueId): boolean {
  return faultsOf(technique).length > 0 && !isSelfMade(technique);
}

/** Null: the technique needs nothing but the position. */
export async function handedCertificate(technique: TechniqueId, facts: HandedFacts): Promise<KeyPair | null> {
  if (!isHanded(technique)) return null;
  const faults = faultsOf(technique);
  return faults.includes('stolen') ? facts.genuine : issueFaulty(facts.authority, faults, facts);
}

function faultsOf(technique: TechniqueId): readonly FaultyWord[] {
  const words = wordsOf(technique);
  return faultyWords.filter((word) => words.includes(word));
}

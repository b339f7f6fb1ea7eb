import { createAuthority } from '../../pki/authority';
import { type FaultyWord, faultyWords, issueFaulty } from '../../pki/faulty';
import { forgeImpostor } from '../../pki/impostor';
import type { KeyAlgorithm } from '../../pki/key-algorithm';
import { type CertificateWord, certificateWords, parseJoinedWords } from '../../scenarios/certificate-words';
import { type KeyPair, pemBlocks } from '../../wire/pem';
import type { Case } from './case';

export interface FaultCase extends Case {
  readonly words: readonly CertificateWord[];
}

/** Every single word, and all that can be joined of two and of three, or of fewer. */
export function joinedWords(most = 3): (readonly CertificateWord[])[] {
  const upToThree = certificateWords.flatMap((one, i) => [
    [one],
    ...certificateWords
      .slice(i + 1)
      .flatMap((two, j) => [
        [one, two],
        ...certificateWords.slice(i + j + 2).map((three) => [one, two, three]),
      ]),
  ]);
  return upToThree.filter(
    (words) => words.length <= most && parseJoinedWords(words.join('--')).kind === 'joined',
  );
}

/** What an attacker of the lab shows for them, to a client that dials an address and to one that dials a name. */
export async function faultCases(
  algorithm: KeyAlgorithm,
  combinations: readonly (readonly CertificateWord[])[],
): Promise<FaultCase[]> {
  const authority = await createAuthority({ commonName: 'LAB kubernetes', algorithm });
  const hosts = [
    { host: '10.0.0.11', otherHost: '10.0.0.12' },
    { host: 'node-1.example', otherHost: 'node-2.example' },
  ];
  const now = new Date();
  const show = (words: readonly CertificateWord[], at: (typeof hosts)[number]): Promise<KeyPair> => {
    const faults: FaultyWord[] = faultyWords.filter((word) => words.includes(word));
    if (words.includes('self-signed')) return forgeImpostor('self-signed', { ...at, algorithm }, faults);
    const facts = { ...at, algorithm, issuerName: authority.name };
    if (words.includes('rogue-ca')) return forgeImpostor('rogue-ca', facts, faults);
    return issueFaulty(authority, faults, { ...at, node: 'node-1', otherNode: 'node-2', now });
  };
  const cases: FaultCase[] = [];
  for (const words of combinations) {
    for (const at of hosts) {
      const { certPem } = await show(words, at);
      cases.push({
        id: `${words.join('--')} for ${at.host}, ${algorithm}`,
        words,
        chain: pemBlocks(certPem).map(({ der }) => der),
        roots: authority.certPem,
        host: at.host,
        now: now.toISOString(),
        client: false,
      });
    }
  }
  return cases;
}

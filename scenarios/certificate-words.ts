/**
 * Words about the certificate that an attacker shows, and how they are joined: `rogue-ca--expired` is one certificate with
 * both faults. The order in which somebody names them does not matter; a compound is spelled in the order below.
 */
export const certificateWords = [
  'self-signed',
  'rogue-ca',
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

export type CertificateWord = (typeof certificateWords)[number];

/** Two words or more, in canonical order. */
export type CompoundTechnique = `${CertificateWord}--${string}`;

export const joint = '--';

export type JoinedWords =
  | { readonly kind: 'joined'; readonly words: readonly CertificateWord[] }
  /** Not about a certificate, or no word at all. */
  | { readonly kind: 'unknown-word'; readonly word: string }
  | { readonly kind: 'repeated-word'; readonly word: CertificateWord }
  | {
      readonly kind: 'contradiction';
      readonly words: readonly [CertificateWord, CertificateWord];
      readonly why: string;
    };

/** Reads one word or several joined ones; `words` come back in canonical order. */
export function parseJoinedWords(text: string): JoinedWords {
  const words: CertificateWord[] = [];
  for (const piece of text.split(joint)) {
    const word = certificateWords.find((known) => known === piece);
    if (word === undefined) return { kind: 'unknown-word', word: piece };
    if (words.includes(word)) return { kind: 'repeated-word', word };
    words.push(word);
  }
  const ordered = certificateWords.filter((word) => words.includes(word));
  for (const [index, one] of ordered.entries()) {
    for (const other of ordered.slice(index + 1)) {
      const why = contradiction(one, other);
      if (why !== null) return { kind: 'contradiction', words: [one, other], why };
    }
  }
  return { kind: 'joined', words: ordered };
}

/** The words of a technique: one for those that are no compound. */
export function wordsOf(technique: string): readonly string[] {
  return technique.split(joint);
}

/** Whether an attacker can make the certificate with nothing but its position: no genuine authority is needed. */
export function isSelfMade(technique: string): boolean {
  return wordsOf(technique).some((word) => word === 'self-signed' || word === 'rogue-ca');
}

/** Why no certificate can be both; null for words that can be joined. In any order. */
export function contradiction(one: CertificateWord, other: CertificateWord): string | null {
  const found = contradictions.find(
    ([words, others]) =>
      (words.includes(one) && others.includes(other)) || (words.includes(other) && others.includes(one)),
  );
  return found?.[2] ?? null;
}

type Contradiction = readonly [readonly CertificateWord[], readonly CertificateWord[], why: string];

const contradictions: readonly Contradiction[] = [
  [
    ['stolen'],
    certificateWords.filter((word) => word !== 'stolen'),
    "a stolen certificate is the node's own, as it is: nobody can change it",
  ],
  [
    ['self-signed', 'rogue-ca'],
    ['neighbour'],
    'a neighbour has a certificate of the cluster CA; what an attacker signs itself belongs to no node',
  ],
  [['self-signed'], ['rogue-ca'], 'a certificate has one signer: itself, or the made-up authority'],
  [
    ['self-signed'],
    ['name-constrained', 'path-length', 'missing-intermediate'],
    'a certificate that signed itself has no authority above it',
  ],
  [['expired'], ['not-yet-valid'], 'its time cannot be over before it has come'],
  [['wrong-host'], ['cn-only'], 'one is for another address, the other has this address as common name'],
  [
    ['wrong-host'],
    ['neighbour'],
    "a neighbour's certificate carries this address, one for a wrong host does not",
  ],
  [
    ['cn-only'],
    ['neighbour'],
    'a neighbour has this address among its subjectAltNames, a common-name-only certificate has none',
  ],
  [
    ['cn-only'],
    ['name-constrained'],
    'constraints are compared with subjectAltNames, and a common-name-only certificate has none',
  ],
  [
    ['missing-intermediate'],
    ['name-constrained', 'path-length'],
    'the intermediate that has this limit would be the one that is not sent',
  ],
];

/**
 * The word that a Go client complains of; null when it believes the certificate. Go stops at the first fault: dates and
 * host of the leaf, then the chain from the leaf upwards, then usages, and the key when the handshake's signature is
 * checked. Source: crypto/x509 (Certificate.Verify, buildChains), crypto/tls (verifyServerCertificate).
 */
export function firstComplaint(words: readonly string[]): CertificateWord | null {
  return complaintOrder.find((word) => words.includes(word)) ?? null;
}

const complaintOrder: readonly CertificateWord[] = [
  'expired',
  'not-yet-valid',
  'wrong-host',
  'cn-only',
  'self-signed',
  'missing-intermediate',
  'weak-signature',
  'name-constrained',
  'path-length',
  'rogue-ca',
  'client-cert',
  'weak-key',
];

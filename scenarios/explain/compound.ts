import { type CertificateWord, firstComplaint, isSelfMade, wordsOf } from '../certificate-words';
import type { CompoundTechnique } from '../vocabulary';
import type { Page } from './page';
import { goHandshake, goVerify } from './sources';

/** The page of words that are joined: made from them, for there are hundreds. */
export function compoundPage(id: CompoundTechnique, titleOf: (word: string) => string): Page {
  const words = wordsOf(id);
  const ladder = complaints(words);
  const made = isSelfMade(id)
    ? 'The attacker makes it itself, with nothing but its place on the network.'
    : 'It was signed by an authority that the client trusts; the attacker got hold of it and of its key.';
  const names = words.map((word) => `\`${word}\``).join(', ');
  return {
    title: `${id}: one certificate, ${words.length} words about it`,
    body: [
      `The attacker shows one certificate that is all of ${names}. ${made}`,
      ...words.map((word) => `**${word}.** ${rest(titleOf(word))}.`),
      `**Why join them.** A verifier says one thing and stops. Whoever mends what it complained of, and only that, may meet the next fault, or none. Joined words show in which order a client looks, and that no fault hides another from all of them.`,
      `**What Go says.** It looks at the dates and the host of the leaf, then at the chain from the leaf upwards, then at the usages, and at the key when the signature of the handshake is checked. ${saidIn(ladder)}`,
      `**How to notice.** The words that the client prints: they name one fault, which need not be the only one. \`midplane verify-cert\` reads a certificate the same way.`,
      `Try: \`midplane run --path logs --defence kubelet-ca --technique ${id}\``,
    ],
    sources: [goVerify, goHandshake],
    seeAlso: words,
  };
}

/** What is complained of, each as if those before had been mended. */
function complaints(words: readonly string[]): CertificateWord[] {
  const first = firstComplaint(words);
  return first === null ? [] : [first, ...complaints(words.filter((word) => word !== first))];
}

function saidIn(ladder: readonly CertificateWord[]): string {
  const [first, ...later] = ladder.map((word) => `\`${word}\``);
  if (first === undefined) return 'It finds nothing to complain of: the certificate is believed.';
  if (later.length === 0) return `Here that is ${first}; but for it the certificate is believed.`;
  return `Here that is ${first}; once that is mended, ${later.join(', then ')}.`;
}

/** A title is `id: what it is`. */
function rest(title: string): string {
  return title.slice(title.indexOf(': ') + 2);
}

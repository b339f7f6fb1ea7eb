import type { Endpoint, Host } from '../network/network';
import { startTls } from '../network/secure-client';
import { describeCertificate } from '../pki/describe-certificate';
import { type FaultyWord, faultyWords } from '../pki/faulty';
import { forgeImpostor, type ImpostorFacts, type ImpostorWord } from '../pki/impostor';
import { nameOfIssuer } from '../pki/names';
import { type Randomness, systemRandomness } from '../randomness';
import { DerReader, tags } from '../wire/der';
import { type KeyPair, pemBlocks } from '../wire/pem';

/** For people and the timeline: what the victim is shown. */
export interface CertificateShown {
  readonly technique: string;
  readonly subject: string;
  readonly issuer: string;
  readonly sans: readonly string[];
}

/** What the genuine endpoint's certificate says about who issued it. */
export interface AuthorityFacts {
  /** DER, to be repeated to the octet. */
  readonly name: Buffer;
  readonly algorithm: 'ec-p256' | 'rsa-2048';
}

/**
 * The certificates that the attacker can make itself, with nothing but its position: `rogue-ca`, whose authority bears
 * the genuine one's name, and for every other technique `self-signed`; with the faults that are joined to either
 * (`rogue-ca--expired`). Each is minted once for an address.
 */
export class CertificateForge {
  readonly #host: Host;
  readonly #random: Randomness;
  readonly #minted = new Map<string, Promise<KeyPair>>();
  readonly #learned = new Map<string, Promise<AuthorityFacts | null>>();

  constructor(host: Host, random: Randomness = systemRandomness) {
    this.#host = host;
    this.#random = random;
  }

  /** `host` is the address or name that was taken; `authorityAt` an endpoint whose certificate the genuine authority issued. */
  async forge(technique: string, host: string, authorityAt: Endpoint): Promise<KeyPair> {
    const words = technique.split('--');
    const faults = faultyWords.filter((word) => words.includes(word));
    if (!words.includes('rogue-ca')) return this.#mint('self-signed', { host }, faults);
    const authority = await this.#learn(authorityAt);
    return this.#mint(
      'rogue-ca',
      authority === null ? { host } : { host, issuerName: authority.name, algorithm: authority.algorithm },
      faults,
    );
  }

  #mint(word: ImpostorWord, facts: ImpostorFacts, faults: readonly FaultyWord[]): Promise<KeyPair> {
    const key = [word, ...faults, facts.host, facts.algorithm, facts.issuerName?.toString('hex')].join('|');
    return remember(this.#minted, key, () => forgeImpostor(word, facts, faults, this.#random.for(key)));
  }

  #learn(at: Endpoint): Promise<AuthorityFacts | null> {
    const key = `${at.address}:${at.port}`;
    return remember(this.#learned, key, async () => {
      const learned = await learnAuthorityName(this.#host, at);
      // Nobody answered this time; the next attack asks again.
      if (learned === null) this.#learned.delete(key);
      return learned;
    });
  }
}

/** Connects to an endpoint, believing whatever it shows, and reads who issued that; null when it shows nothing. */
export async function learnAuthorityName(host: Host, endpoint: Endpoint): Promise<AuthorityFacts | null> {
  const dialled = await host.dial({ host: endpoint.address, port: endpoint.port });
  if (dialled.kind === 'refusal') return null;
  const secure = await startTls(dialled, { at: host, trust: { kind: 'verify-nobody' } });
  if (secure.kind === 'refusal') return null;
  secure.socket.on('error', () => undefined);
  secure.socket.destroy();
  const leaf = secure.peerCertificates[0];
  if (leaf === undefined) return null;
  return { name: nameOfIssuer(leaf), algorithm: signedByRsa(leaf) ? 'rsa-2048' : 'ec-p256' };
}

export function describeKeyPair(technique: string, keyPair: KeyPair): CertificateShown {
  const leaf = pemBlocks(keyPair.certPem)[0];
  if (leaf === undefined) return { technique, subject: '', issuer: '', sans: [] };
  const { subject, issuer, sans } = describeCertificate(leaf.der);
  return { technique, subject, issuer, sans };
}

/** Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, … }; RSA's algorithms share the arc of PKCS #1. */
function signedByRsa(certificate: Buffer): boolean {
  const fields = new DerReader(certificate).enter(tags.sequence);
  fields?.readAny();
  return fields?.enter(tags.sequence)?.readOid()?.startsWith('1.2.840.113549.1.1.') ?? false;
}

/** A failure is not remembered. */
function remember<Value>(
  known: Map<string, Promise<Value>>,
  key: string,
  make: () => Promise<Value>,
): Promise<Value> {
  const before = known.get(key);
  if (before !== undefined) return before;
  const made = make();
  known.set(key, made);
  made.catch(() => known.delete(key));
  return made;
}

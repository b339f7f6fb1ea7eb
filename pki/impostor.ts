import { type Randomness, systemRandomness } from '../randomness';
import { parseIp } from '../wire/ip-address';
import type { KeyPair } from '../wire/pem';
import { createNamedAuthority, signCertificate, signerOf } from './authority';
import { type FaultyFacts, type FaultyWord, faultyRequest, issueFaulty } from './faulty';
import { generateKey, type KeyAlgorithm, privateKeyPem } from './key-algorithm';
import { encodeName } from './names';
import { leafLifetimeMs, validityOf } from './validity';

/** `self-signed`: one certificate that vouches for itself. `rogue-ca`: a leaf and the authority made up for it. */
export type ImpostorWord = 'self-signed' | 'rogue-ca';

/** All that an attacker knows whose only gain so far is an address on the path. */
export interface ImpostorFacts {
  /** The address or name it took; the certificate is for this and nothing else. */
  readonly host: string;
  /**
   * `rogue-ca`: DER of the name that the made-up authority takes, best the genuine one's, which every genuine certificate
   * shows on the wire (nameOfIssuer). Left out: a name of its own.
   */
  readonly issuerName?: Buffer | undefined;
  /**
   * Default `ec-p256`. Go's refusal quotes how the genuine authority failed to verify the signature, so the text depends
   * on whether this is the genuine authority's kind of key.
   */
  readonly algorithm?: KeyAlgorithm | undefined;
}

/**
 * A key pair that anybody can make: right in every respect except that nobody whom the client trusts has signed it, and in
 * whatever `faults` say besides. The chain is what the attacker sends: `self-signed` one certificate, `rogue-ca` the leaf
 * and what is above it, up to the root. Keys are drawn anew each time.
 */
export async function forgeImpostor(
  word: ImpostorWord,
  facts: ImpostorFacts,
  faults: readonly FaultyWord[] = [],
  random: Randomness = systemRandomness,
): Promise<KeyPair> {
  const {
    host,
    issuerName = encodeName({ commonName: 'LAB rogue authority' }),
    algorithm = 'ec-p256',
  } = facts;
  switch (word) {
    case 'self-signed': {
      const request = faultyRequest(faults, { host, ...inventedFacts(host) });
      const key = await generateKey(request.algorithm ?? algorithm, random.for('key'));
      const name = encodeName(request);
      const certPem = await signCertificate(signerOf(name, key), {
        subject: name,
        publicKey: key.publicKey,
        validity: validityOf(request, leafLifetimeMs, new Date()),
        role: { kind: 'leaf', usages: request.usages },
        altNames: { dnsNames: request.dnsNames ?? [], ipAddresses: request.ipAddresses ?? [] },
        digest: request.digest,
        random: random.for('serial number'),
      });
      return { certPem, keyPem: privateKeyPem(key.privateKey) };
    }
    case 'rogue-ca': {
      const rogue = await createNamedAuthority(issuerName, { algorithm, random });
      const leaf = await issueFaulty(rogue, faults, { host, ...inventedFacts(host) });
      return { certPem: leaf.certPem + rogue.certPem, keyPem: leaf.keyPem };
    }
  }
}

/** Whoever stands on the path knows no other node: an address and a name that are nobody's (RFC 5737, RFC 2606). */
function inventedFacts(host: string): Pick<FaultyFacts, 'otherHost' | 'subjectOf'> {
  return {
    otherHost: parseIp(host) === null ? 'elsewhere.example' : '192.0.2.1',
    subjectOf: (commonName) => ({ commonName, organizations: ['LAB attacker'] }),
  };
}

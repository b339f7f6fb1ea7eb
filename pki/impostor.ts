import type { KeyPair } from '../wire/pem';
import { createNamedAuthority, signCertificate, signerOf } from './authority';
import { altNamesOf } from './certificate-template';
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
 * A key pair that anybody can make: right in every respect except that nobody whom the client trusts has signed it. The
 * chain is what the attacker sends: `self-signed` one certificate, `rogue-ca` leaf and root. Keys are drawn anew each time.
 */
export async function forgeImpostor(word: ImpostorWord, facts: ImpostorFacts): Promise<KeyPair> {
  const {
    host,
    issuerName = encodeName({ commonName: 'LAB rogue authority' }),
    algorithm = 'ec-p256',
  } = facts;
  const altNames = altNamesOf(host);
  const organizations = ['LAB attacker'];
  switch (word) {
    case 'self-signed': {
      const key = await generateKey(algorithm);
      const name = encodeName({ commonName: host, organizations });
      const certPem = await signCertificate(signerOf(name, key), {
        subject: name,
        publicKey: key.publicKey,
        validity: validityOf({}, leafLifetimeMs, new Date()),
        role: { kind: 'leaf', usages: ['serverAuth'] },
        altNames,
      });
      return { certPem, keyPem: privateKeyPem(key.privateKey) };
    }
    case 'rogue-ca': {
      const rogue = await createNamedAuthority(issuerName, { algorithm });
      const leaf = await rogue.issue({
        commonName: host,
        organizations,
        ...altNames,
        usages: ['serverAuth'],
      });
      return { certPem: leaf.certPem + rogue.certPem, keyPem: leaf.keyPem };
    }
  }
}

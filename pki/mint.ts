import type { KeyObject } from 'node:crypto';
import { pemText } from '../wire/pem';
import { type CertificateTemplate, checkAltNames } from './certificate-template';
import type * as ForgeMint from './forge-mint';
import { nameOfIssuer, nameOfSubject } from './names';
import type * as PeculiarMint from './peculiar-mint';

/**
 * Signs a template; the answer is one PEM certificate. Two libraries can write certificates and neither is good at
 * everything: node-forge knows RSA only, and @peculiar/x509 takes 70 ms to load. So node-forge writes the certificates in
 * which both keys are RSA, @peculiar/x509 all others and those that were asked for with a CSR, and each is loaded when
 * first needed. Neither draws keys or computes signatures: node:crypto does.
 */
export async function mint(template: CertificateTemplate, signingKey: KeyObject): Promise<string> {
  checkAltNames(template.altNames);
  const onlyRsa = template.publicKey.asymmetricKeyType === 'rsa' && signingKey.asymmetricKeyType === 'rsa';
  const der =
    onlyRsa && template.role.kind !== 'requested'
      ? loadForgeMint().mintWithForge(template, signingKey)
      : await loadPeculiarMint().mintWithPeculiar(template, signingKey);
  if (!nameOfIssuer(der).equals(template.issuer) || !nameOfSubject(der).equals(template.subject)) {
    throw new Error('the names of the certificate are not the octets that were asked for');
  }
  return pemText('CERTIFICATE', der);
}

// require and not import(): Jest runs CommonJS without the flag that a dynamic import needs.
const loadForgeMint = (): typeof ForgeMint => require('./forge-mint');
const loadPeculiarMint = (): typeof PeculiarMint => require('./peculiar-mint');

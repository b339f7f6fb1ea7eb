import type { KeyObject } from 'node:crypto';
import { pemText } from '../wire/pem';
import { type CertificateTemplate, checkAltNames } from './certificate-template';
import type * as ForgeMint from './forge-mint';
import { nameOfIssuer, nameOfSubject } from './names';
import { writeCertificate } from './write-certificate';

/**
 * Signs a template; the answer is one PEM certificate. node-forge writes the certificates in which both keys are RSA (it
 * knows no others), and is loaded when first needed; `writeCertificate` writes all others, those that were asked for
 * with a CSR and those with a weak digest or name constraints. Neither draws keys or computes signatures: node:crypto does.
 */
export async function mint(template: CertificateTemplate, signingKey: KeyObject): Promise<string> {
  checkAltNames(template.altNames);
  const onlyRsa = template.publicKey.asymmetricKeyType === 'rsa' && signingKey.asymmetricKeyType === 'rsa';
  const der =
    onlyRsa && isOrdinary(template)
      ? loadForgeMint().mintWithForge(template, signingKey)
      : writeCertificate(template, signingKey);
  if (!nameOfIssuer(der).equals(template.issuer) || !nameOfSubject(der).equals(template.subject)) {
    throw new Error('the names of the certificate are not the octets that were asked for');
  }
  return pemText('CERTIFICATE', der);
}

function isOrdinary({ role, digest }: CertificateTemplate): boolean {
  if (digest !== undefined) return false;
  return role.kind === 'leaf' || (role.kind === 'authority' && role.excluded === undefined);
}

// require and not import(): Jest runs CommonJS without the flag that a dynamic import needs.
const loadForgeMint = (): typeof ForgeMint => require('./forge-mint');

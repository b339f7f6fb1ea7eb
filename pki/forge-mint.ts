import { type KeyObject, sign } from 'node:crypto';
import forge from 'node-forge';
import { type CertificateTemplate, keyUsageOf } from './certificate-template';

/**
 * Writes certificates in which both keys are RSA (node-forge reads no others); sha256WithRSAEncryption. Two things are
 * taken out of node-forge's hands. Names: it would re-encode them in a string type of its choice, so the DER given is put
 * into the tree instead. Signatures: its own JavaScript takes 25 ms and more for what node:crypto does in one, so it is
 * lent an object that signs natively.
 */
export function mintWithForge(template: CertificateTemplate, signingKey: KeyObject): Buffer {
  const certificate = forge.pki.createCertificate();
  certificate.serialNumber = template.serialNumber.toString('hex');
  certificate.publicKey = forgePublicKey(template.publicKey);
  certificate.validity.notBefore = template.notBefore;
  certificate.validity.notAfter = template.notAfter;
  certificate.setExtensions(extensionsOf(template));

  const nativeSigner = {
    // node-forge calls this when the tree to be signed is complete and not yet part of the certificate.
    sign(): string {
      const fields = certificate.tbsCertificate.value as forge.asn1.Asn1[];
      fields[issuerField] = tree(template.issuer);
      fields[subjectField] = tree(template.subject);
      return sign('sha256', octets(certificate.tbsCertificate), signingKey).toString('latin1');
    },
  };
  // Typed for its own kind of key; at run time only `sign` is called. The digest that it hands over is not used, but
  // its name decides the algorithm that the certificate declares.
  certificate.sign(nativeSigner as unknown as forge.pki.rsa.PrivateKey, forge.md.sha256.create());
  return octets(forge.pki.certificateToAsn1(certificate));
}

/** RFC 5280 §4.1, TBSCertificate: version, serialNumber, signature, issuer, validity, subject, … */
const issuerField = 3;
const subjectField = 5;

function extensionsOf(template: CertificateTemplate): object[] {
  const { role, altNames, authorityKeyIdentifier } = template;
  const extensions: object[] = [
    { name: 'keyUsage', critical: true, ...flags(keyUsageOf(template)) },
    role.kind === 'authority'
      ? {
          name: 'basicConstraints',
          critical: true,
          cA: true,
          // node-forge asks whether the property is there, not whether it has a value.
          ...(role.pathLength === null ? {} : { pathLenConstraint: role.pathLength }),
        }
      : { name: 'basicConstraints', critical: true, cA: false },
  ];
  if (role.kind === 'leaf') extensions.push({ name: 'extKeyUsage', ...flags(role.usages) });
  extensions.push({ name: 'subjectKeyIdentifier' });
  extensions.push({
    name: 'authorityKeyIdentifier',
    keyIdentifier: authorityKeyIdentifier.toString('latin1'),
  });
  const entries = [
    ...altNames.dnsNames.map((value) => ({ type: dNSName, value })),
    ...altNames.ipAddresses.map((ip) => ({ type: iPAddress, ip })),
  ];
  if (entries.length > 0) extensions.push({ name: 'subjectAltName', altNames: entries });
  return extensions;
}

/** RFC 5280 §4.2.1.6, GeneralName. */
const dNSName = 2;
const iPAddress = 7;

function flags(names: readonly string[]): Record<string, true> {
  return Object.fromEntries(names.map((name) => [name, true]));
}

function forgePublicKey(key: KeyObject): forge.pki.PublicKey {
  return forge.pki.publicKeyFromAsn1(tree(key.export({ type: 'spki', format: 'der' })));
}

/** node-forge keeps octets in strings, one character each. */
function tree(der: Buffer): forge.asn1.Asn1 {
  return forge.asn1.fromDer(der.toString('latin1'));
}

function octets(asn1: forge.asn1.Asn1): Buffer {
  return Buffer.from(forge.asn1.toDer(asn1).getBytes(), 'latin1');
}

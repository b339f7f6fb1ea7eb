import type { Remedy } from '../wire/certificate';
import type { Culprit, Fault, Refused } from './verify-judgement';

/**
 * What an operator should change so that kube-apiserver believes a kubelet's serving certificate: one or two sentences for
 * a refused verdict. Pure; never looks at Go's text, only at the fault.
 */
export function explainVerdict({ fault }: Refused): string {
  switch (fault.kind) {
    case 'no-certificate':
      return 'The chain holds no certificate. Put the serving certificate first in the file, in a block labelled CERTIFICATE.';
    case 'no-host':
      return 'No host was given to compare the certificate with. Name the node address that kube-apiserver dials.';
    case 'bundle-unusable':
      return 'The CA file holds no certificate that Go can use: blocks must be labelled CERTIFICATE, carry no headers and hold a readable certificate. kube-apiserver would not start with it.';
    case 'unreadable':
      return `Go cannot read ${nth(fault.position)}, and refuses the whole chain for it even if it is not needed. Issue it again${cure(fault.remedy)}, or leave it out if it is not part of the path.`;
    case 'rsa-too-large':
      return `The RSA key of ${nth(fault.position)} is longer than 8192 bits, which Go does not accept from a peer. Issue it with a shorter key, or with ECDSA P-256.`;
    case 'unhandled-extension':
      return `${named(fault.culprit)} has a critical extension that Go does not understand (${fault.oids.join(', ')}). Issue it again with that extension not critical, or without it.`;
    case 'expired':
      return fault.culprit.role === 'leaf'
        ? `The certificate ended at ${fault.limit}. Renew it (a kubelet with serverTLSBootstrap asks by itself; its request must be approved), and check the clock of the control plane.`
        : `${named(fault.culprit)} ended at ${fault.limit}. Renew the authority, keep its name and key if existing certificates are to stay valid, and put the new one into the bundle.`;
    case 'not-yet-valid':
      return `${named(fault.culprit)} begins only at ${fault.limit}. Compare the clocks of the issuer and the control plane, or issue it with an earlier begin.`;
    case 'host-mismatch':
      return explainHost(fault);
    case 'unknown-authority':
      return explainAuthority(fault);
    case 'name-constraint':
      return `${named(fault.culprit)} may not issue for one of the names in the chain; its nameConstraints apply to every subjectAltName below it, not only to the host that is dialled. Drop that name from the certificate, or issue it under an authority that permits it.`;
    case 'not-an-authority':
      return `${named(fault.culprit)} signed a certificate but is no authority. Issue it again with basicConstraints CA:TRUE, or sign the serving certificate with a real CA.`;
    case 'path-too-long':
      return `${named(fault.culprit)} allows fewer authorities below it than this chain has (pathLenConstraint). Raise its limit, or issue the serving certificate from a CA nearer to it.`;
    case 'too-many-attempts':
      return 'The chain or the bundle holds so many authorities with equal names that Go gave up. Send only the certificates of the path, and remove retired authorities from the bundle.';
    case 'policies':
      return 'An authority of the chain demands certificate policies (requireExplicitPolicy) that the rest of it does not assert. Add the policies to the certificates below it, or use an authority without that demand.';
    case 'usage':
      return `The chain does not allow ${fault.wanted}: some certificate in it lists other extended key usages only, and authorities count too. Issue that certificate with ${fault.wanted}${fault.wanted === 'serverAuth' ? ' (signer kubernetes.io/kubelet-serving does)' : ''}.`;
    case 'common-name':
      return `The certificate belongs to "${fault.found}" and the apiserver meant to reach "${fault.wanted}". Issue it again for that node (the kubernetes.io/kubelet-serving signer takes no other name from it); if this is another node's certificate, find out why it answers at this address.`;
    case 'key-type':
      return "The certificate's key is of a kind TLS in Go does not use. Issue it with an ECDSA P-256, RSA or Ed25519 key.";
    case 'weak-key':
      return `Go does not work with this RSA key of ${fault.bits} bits. Issue the certificate with RSA 2048 or ECDSA P-256.`;
  }
}

function named({ role, name }: Culprit): string {
  return role === 'leaf' ? 'The certificate' : `The authority "${name}"`;
}

function nth(position: number): string {
  return position === 0 ? 'the serving certificate' : `certificate number ${position + 1} of the chain`;
}

function cure(remedy: Remedy | null): string {
  switch (remedy) {
    case 'positive-serial':
      return ' with a positive serial number';
    case 'utf8-names':
      return ' with UTF8String names (characters such as "_" and "@" are not PrintableString)';
    case 'unique-extensions':
      return ' with each extension only once';
    case null:
      return '';
  }
}

function explainHost(fault: Fault & { kind: 'host-mismatch' }): string {
  const { host, wanted, names, hasOtherNames, commonNameMatches } = fault;
  const add = `Add ${host} to its subjectAltName as ${wanted === 'ip' ? 'an IP address' : 'a DNS name'}`;
  if (names.length > 0) {
    return `The certificate is for other ${wanted === 'ip' ? 'addresses' : 'names'} than ${host}. ${add}, or check that this is the machine you meant to reach.`;
  }
  if (commonNameMatches)
    return `The host stands only in the common name, which nobody reads any more. ${add}.`;
  if (wanted === 'ip' && hasOtherNames) {
    return `kube-apiserver dials an IP address and the certificate has only names, as a kubelet's self-signed default has. ${add} (serverTLSBootstrap does), or let --kubelet-preferred-address-types begin with Hostname.`;
  }
  return `The certificate has no ${wanted === 'ip' ? 'IP address' : 'DNS name'} to compare with ${host}. ${add}.`;
}

function explainAuthority(fault: Fault & { kind: 'unknown-authority' }): string {
  const { issuer, isSelfIssued, candidate } = fault;
  if (candidate !== null) {
    return `An authority called "${candidate.name}" was tried and did not fit (${candidate.text}): the certificate comes from another CA of that name, from an older key of it, or is signed in a way Go refuses. Issue it again from the CA in the bundle, or add the CA that really signed it.`;
  }
  if (isSelfIssued) {
    return 'The certificate is self-signed and not in the bundle. Let the cluster sign it (serverTLSBootstrap: true, then approve the request), or add its authority to the bundle.';
  }
  const called = issuer === '' ? 'The issuer' : `The issuer "${issuer}"`;
  return `${called} is neither in the bundle nor among the certificates sent (names are compared byte for byte, string types included). Add that CA to --kubelet-certificate-authority, or send the missing intermediate with the certificate.`;
}

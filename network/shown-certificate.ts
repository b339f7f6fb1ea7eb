import {
  type Certificate,
  type DistinguishedName,
  type GeneralName,
  parseCertificate,
} from '../wire/certificate';
import { ipText } from '../wire/ip-address';

/** What a server's leaf says of itself, in words for the record. No trust decision is made from this. */
export interface ShownCertificate {
  /** `O=system:nodes, CN=system:node:node-1`, in the certificate's own order. */
  readonly subject: string;
  readonly issuer: string;
  /** `IP:10.0.0.11`, `DNS:node-1`, …, in the certificate's order. */
  readonly sans: readonly string[];
}

/** Null for a chain that is empty or begins with what Go cannot read. */
export function shownCertificate(chain: readonly Buffer[]): ShownCertificate | null {
  const [leaf] = chain;
  if (leaf === undefined) return null;
  const certificate = parseCertificate(leaf);
  return certificate.kind === 'certificate' ? inWords(certificate) : null;
}

function inWords({ subject, issuer, extensions }: Certificate): ShownCertificate {
  return {
    subject: nameInWords(subject),
    issuer: nameInWords(issuer),
    sans: (extensions.subjectAltName?.names ?? []).map(sanInWords),
  };
}

function nameInWords({ attributes }: DistinguishedName): string {
  return attributes.map(({ type, value }) => `${shortNames[type] ?? type}=${escaped(value)}`).join(', ');
}

/** RFC 4514 section 2.4 for what would change the meaning of the line; control characters are the reports' concern. */
function escaped(value: string): string {
  return value.replace(/[,+"\\<>;]/g, '\\$&');
}

function sanInWords(name: GeneralName): string {
  switch (name.kind) {
    case 'ip':
      return `IP:${ipText(name.octets)}`;
    case 'dns':
      return `DNS:${name.value}`;
    case 'uri':
      return `URI:${name.value}`;
    case 'email':
      return `email:${name.value}`;
  }
}

/** X.520 attribute types with the short names of RFC 4514 section 3. */
const shortNames: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
};

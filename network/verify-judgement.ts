import type { Certificate, Remedy } from '../wire/certificate';

/** What a verifier concluded. `error` is Go's text, word for word; `fault` is the same for programs. */
export type Judgement = { readonly ok: true } | Refused;

export interface Refused {
  readonly ok: false;
  readonly error: string;
  readonly fault: Fault;
}

/** Which certificate a fault is about, for people. `leaf` is the one shown first. */
export interface Culprit {
  readonly role: 'leaf' | 'authority';
  readonly name: string;
}

/** Why a chain was refused. `position` counts the certificates as sent, the leaf being 0. */
export type Fault =
  | { readonly kind: 'no-certificate' }
  | { readonly kind: 'no-host' }
  | { readonly kind: 'bundle-unusable' }
  | {
      readonly kind: 'unreadable';
      readonly position: number;
      readonly text: string;
      readonly remedy: Remedy | null;
    }
  | { readonly kind: 'rsa-too-large'; readonly position: number }
  | { readonly kind: 'unhandled-extension'; readonly culprit: Culprit; readonly oids: readonly string[] }
  | { readonly kind: 'expired' | 'not-yet-valid'; readonly culprit: Culprit; readonly limit: string }
  | {
      readonly kind: 'host-mismatch';
      readonly host: string;
      readonly wanted: 'ip' | 'dns';
      /** The names of the wanted kind that the certificate has. */
      readonly names: readonly string[];
      readonly hasOtherNames: boolean;
      readonly commonNameMatches: boolean;
    }
  | {
      readonly kind: 'unknown-authority';
      readonly issuer: string;
      readonly isSelfIssued: boolean;
      /** An authority with the right name that was tried and did not fit, and why. */
      readonly candidate: { readonly name: string; readonly text: string } | null;
    }
  | { readonly kind: 'name-constraint'; readonly culprit: Culprit; readonly text: string }
  | { readonly kind: 'not-an-authority'; readonly culprit: Culprit }
  | { readonly kind: 'path-too-long'; readonly culprit: Culprit }
  | { readonly kind: 'too-many-attempts' }
  | { readonly kind: 'policies' }
  | { readonly kind: 'usage'; readonly wanted: 'serverAuth' | 'clientAuth' }
  | { readonly kind: 'common-name'; readonly wanted: string; readonly found: string }
  | { readonly kind: 'key-type' }
  | { readonly kind: 'weak-key'; readonly bits: number };

export function refused(error: string, fault: Fault): Refused {
  return { ok: false, error, fault };
}

export function culprit(role: Culprit['role'], certificate: Certificate): Culprit {
  return { role, name: displayName(certificate) };
}

/** How Go names an authority in its hints: common name, else first organization, else serial number. */
export function displayName({ subject, serialNumber }: Certificate): string {
  return subject.commonName || (subject.organizations[0] ?? `serial:${serialNumber}`);
}

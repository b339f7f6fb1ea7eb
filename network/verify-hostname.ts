import type { Certificate } from '../wire/certificate';
import { ipText, parseIp, unmapped } from '../wire/ip-address';
import { type Refused, refused } from './verify-judgement';

/**
 * Whether the certificate was issued for this host. An IP address is compared with IP addresses only, a name with DNS names
 * only, and the subject's common name never counts (Go's x509.Certificate.VerifyHostname).
 */
export function hostFault(certificate: Certificate, host: string): Refused | null {
  const bracketed = host.length >= 3 && host.startsWith('[') && host.endsWith(']');
  const literal = bracketed ? host.slice(1, -1) : host;
  const wanted = parseIp(literal);
  const ips = ipsOf(certificate);
  if (wanted !== null) {
    const matches = ips.some((ip) => unmapped(ip).equals(unmapped(wanted)));
    return matches ? null : ipMismatch(certificate, literal, ips);
  }
  const names = dnsNamesOf(certificate);
  return names.some((name) => nameMatches(name, host)) ? null : nameMismatch(certificate, host, names);
}

function ipsOf({ extensions }: Certificate): Buffer[] {
  return (extensions.subjectAltName?.names ?? []).flatMap((name) =>
    name.kind === 'ip' ? [name.octets] : [],
  );
}

function dnsNamesOf({ extensions }: Certificate): string[] {
  return (extensions.subjectAltName?.names ?? []).flatMap((name) =>
    name.kind === 'dns' ? [name.value] : [],
  );
}

/** Wildcards and the host's final dot are for well-formed names; any other pair must be the same but for case. */
function nameMatches(pattern: string, host: string): boolean {
  if (isHostname(withoutFinalDot(host), false) && isHostname(pattern, true))
    return labelsMatch(pattern, host);
  return pattern !== '' && pattern !== '.' && lowerCase(pattern) === lowerCase(host);
}

function labelsMatch(pattern: string, host: string): boolean {
  const wanted = lowerCase(withoutFinalDot(host)).split('.');
  const labels = lowerCase(pattern).split('.');
  return (
    labels.length === wanted.length &&
    labels.every((label, i) => (i === 0 && label === '*') || label === wanted[i])
  );
}

/** Letters, digits, `_` and, not in front, `-`; a pattern may have `*` as its whole first label, if others follow. */
function isHostname(name: string, isPattern: boolean): boolean {
  if (name === '*') return false;
  const labels = name.split('.');
  return labels.every(
    (label, i) => (isPattern && i === 0 && label === '*') || /^[A-Za-z0-9_][A-Za-z0-9_-]*$/.test(label),
  );
}

/** Only A-Z: nothing else is folded in host names. */
function lowerCase(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}

function withoutFinalDot(host: string): string {
  return host.endsWith('.') ? host.slice(0, -1) : host;
}

/** From here on Go only counts the names; printing thousands was a way to keep it busy (CVE-2025-61729, Go 1.25.5). */
const maxNamesShown = 100;

function ipMismatch(certificate: Certificate, host: string, ips: readonly Buffer[]): Refused {
  return mismatch(certificate, host, 'ip', ips.map(ipText), () => {
    if (ips.length === 0)
      return `cannot validate certificate for ${host} because it doesn't contain any IP SANs`;
    if (ips.length >= maxNamesShown)
      return `certificate is valid for ${ips.length} IP SANs, but none matched ${host}`;
    return `certificate is valid for ${ips.map(ipText).join(', ')}, not ${host}`;
  });
}

function nameMismatch(certificate: Certificate, host: string, names: readonly string[]): Refused {
  return mismatch(certificate, host, 'dns', names, () => {
    if (names.length >= maxNamesShown)
      return `certificate is valid for ${names.length} names, but none matched ${host}`;
    const shown = names.join(', ');
    if (shown === '') return `certificate is not valid for any names, but wanted to match ${host}`;
    return `certificate is valid for ${shown}, not ${host}`;
  });
}

function mismatch(
  certificate: Certificate,
  host: string,
  wanted: 'ip' | 'dns',
  names: readonly string[],
  text: () => string,
): Refused {
  const { subjectAltName } = certificate.extensions;
  const { commonName } = certificate.subject;
  const commonNameMatches = commonName !== '' && labelsMatch(commonName, host);
  const error =
    subjectAltName === null && commonNameMatches
      ? 'certificate relies on legacy Common Name field, use SANs instead'
      : text();
  const hasOtherNames = (subjectAltName?.names.length ?? 0) > names.length;
  return refused(`x509: ${error}`, {
    kind: 'host-mismatch',
    host,
    wanted,
    names,
    hasOtherNames,
    commonNameMatches,
  });
}

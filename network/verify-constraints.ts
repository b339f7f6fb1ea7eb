import type { Certificate, GeneralName, IpRange, NameConstraints, Subtrees } from '../wire/certificate';
import { domainNameValid, type Mailbox, parseMailbox } from '../wire/general-name';
import { goQuote } from '../wire/go-quote';
import { ipText, parseIp, unmapped } from '../wire/ip-address';

/**
 * Name constraints of one authority on the subjectAltNames of every certificate below it, the other authorities included
 * and self-issued ones too; not on common names, and not on directoryNames (RFC 5280 section 4.2.1.10 as Go does it).
 *
 * Where Go 1.25 and 1.26 differ, what either refuses is refused: midplane must never believe what kube-apiserver would not.
 * The texts are 1.25's.
 */

/** Go 1.25 compares a name with at most this many constraints for one authority; 1.26 has no limit. */
const maxComparisons = 250_000;

/** Null, or Go's error. Null also for an authority without constraints. */
export function constraintFault(authority: Certificate, below: readonly Certificate[]): string | null {
  const constraints = authority.extensions.nameConstraints;
  if (constraints === null) return null;
  const permitted = prepare(constraints.permitted);
  const excluded = prepare(constraints.excluded);
  let comparisons = 0;
  for (const certificate of below) {
    for (const name of certificate.extensions.subjectAltName?.names ?? []) {
      comparisons += countFor(name, constraints);
      if (comparisons > maxComparisons) return 'x509: unknown error';
      const fault = nameFault(name, permitted, excluded);
      if (fault !== null) return fault;
    }
  }
  return null;
}

function countFor({ kind }: GeneralName, { permitted, excluded }: NameConstraints): number {
  return permitted[kind].length + excluded[kind].length;
}

interface Domain {
  /** As in the certificate, for texts. */
  readonly text: string;
  /** In lower case, without a leading dot. */
  readonly suffix: string;
  readonly subdomainsOnly: boolean;
}

interface PreparedSubtrees {
  readonly dns: readonly Domain[];
  readonly uri: readonly Domain[];
  readonly emailDomains: readonly Domain[];
  readonly mailboxes: readonly { readonly text: string; readonly mailbox: Mailbox }[];
  readonly ip: readonly IpRange[];
  readonly searchedIp: readonly IpRange[];
}

function prepare({ dns, uri, email, ip }: Subtrees): PreparedSubtrees {
  return {
    dns: dns.map(domainOf),
    uri: uri.map(domainOf),
    emailDomains: email.filter((text) => !text.includes('@')).map(domainOf),
    mailboxes: email.flatMap((text) => {
      const mailbox = text.includes('@') ? parseMailbox(text) : null;
      return mailbox === null ? [] : [{ text, mailbox }];
    }),
    ip,
    searchedIp: sortAndPrune(ip),
  };
}

function domainOf(text: string): Domain {
  const subdomainsOnly = text.startsWith('.');
  return { text, suffix: (subdomainsOnly ? text.slice(1) : text).toLowerCase(), subdomainsOnly };
}

function nameFault(
  name: GeneralName,
  permitted: PreparedSubtrees,
  excluded: PreparedSubtrees,
): string | null {
  switch (name.kind) {
    case 'dns': {
      if (!domainNameValid(name.value, false)) return `x509: cannot parse dnsName ${goQuote(name.value)}`;
      return judge('DNS name', name.value, {
        excludedBy: excludingDomain(name.value, excluded.dns),
        permitted: permitted.dns.length === 0 || permitted.dns.some((domain) => covers(domain, name.value)),
      });
    }
    case 'email': {
      const mailbox = parseMailbox(name.value);
      // Go prints the empty mailbox that its parser left, not the name.
      if (mailbox === null) return 'x509: cannot parse rfc822Name {"" ""}';
      const any = permitted.emailDomains.length + permitted.mailboxes.length > 0;
      return judge('email address', name.value, {
        excludedBy: mailboxIn(mailbox, excluded) ?? excludingDomain(mailbox.domain, excluded.emailDomains),
        permitted:
          !any ||
          mailboxIn(mailbox, permitted) !== null ||
          permitted.emailDomains.some((domain) => covers(domain, mailbox.domain)),
      });
    }
    case 'uri': {
      const host = uriHost(name.uri.host, name.uri.text);
      if (host.kind === 'unusable') return notAuthorized(host.text);
      return judge('URI', name.value, {
        excludedBy: excludingDomain(host.name, excluded.uri),
        permitted: permitted.uri.length === 0 || permitted.uri.some((domain) => covers(domain, host.name)),
      });
    }
    case 'ip':
      return judge('IP address', ipText(name.octets), {
        excludedBy: excludingRange(name.octets, excluded.ip),
        permitted: permitted.ip.length === 0 || isPermittedIp(name.octets, permitted),
      });
  }
}

function judge(
  kind: string,
  name: string,
  outcome: { readonly excludedBy: string | null; readonly permitted: boolean },
): string | null {
  if (outcome.excludedBy !== null) {
    return notAuthorized(`${kind} ${goQuote(name)} is excluded by constraint ${goQuote(outcome.excludedBy)}`);
  }
  return outcome.permitted
    ? null
    : notAuthorized(`${kind} ${goQuote(name)} is not permitted by any constraint`);
}

function notAuthorized(text: string): string {
  return `x509: a root or intermediate certificate is not authorized to sign for this name: ${text}`;
}

/** The empty constraint covers every name. */
function covers({ suffix, subdomainsOnly }: Domain, name: string): boolean {
  if (suffix === '') return true;
  if (name.length < suffix.length) return false;
  const lower = name.toLowerCase();
  if (lower.length === suffix.length) return lower === suffix && !subdomainsOnly;
  return lower.endsWith(suffix) && lower[lower.length - suffix.length - 1] === '.';
}

/**
 * The first constraint that excludes the name. A wildcard also falls when one of the names it stands for is excluded
 * (CVE-2025-61727; Go 1.25.5 excludes far more wildcards than that by mistake, 1.26 does it right).
 */
function excludingDomain(name: string, excluded: readonly Domain[]): string | null {
  const covering = excluded.find((domain) => covers(domain, name));
  if (covering !== undefined) return covering.text;
  const parent = name.startsWith('*') ? afterFirstLabel(name.toLowerCase()) : '';
  if (parent === '') return null;
  return excluded.find(({ text }) => afterFirstLabel(text.toLowerCase()) === parent)?.text ?? null;
}

function afterFirstLabel(name: string): string {
  const dot = name.indexOf('.');
  return dot < 0 ? '' : name.slice(dot);
}

function mailboxIn({ local, domain }: Mailbox, { mailboxes }: PreparedSubtrees): string | null {
  const found = mailboxes.find(
    ({ mailbox }) => mailbox.local === local && mailbox.domain.toLowerCase() === domain.toLowerCase(),
  );
  return found?.text ?? null;
}

type UriHost =
  | { readonly kind: 'named'; readonly name: string }
  | { readonly kind: 'unusable'; readonly text: string };

/**
 * A URI below a constrained authority must have a named host. Go 1.26 wants that under constraints of any kind, 1.25 only
 * under URI constraints.
 */
function uriHost(hostAndPort: string, uri: string): UriHost {
  const unusable = (text: string): UriHost => ({ kind: 'unusable', text });
  if (hostAndPort === '')
    return unusable(`URI with empty host (${goQuote(uri)}) cannot be matched against constraints`);
  const ip = () => unusable(`URI with IP (${goQuote(uri)}) cannot be matched against constraints`);
  if (hostAndPort.startsWith('[')) return ip();
  const [name = '', ...ports] = hostAndPort.split(':');
  if (ports.length > 1) return unusable(`address ${hostAndPort}: too many colons in address`);
  return parseIp(name) === null ? { kind: 'named', name } : ip();
}

function excludingRange(ip: Buffer, excluded: readonly IpRange[]): string | null {
  const range = excluded.find((one) => rangeHolds(one, ip));
  return range === undefined ? null : rangeText(range);
}

/** An IPv4-mapped address is IPv6 here: only host names are compared across families. */
function rangeHolds({ address, mask }: IpRange, ip: Buffer): boolean {
  return (
    ip.length === address.length &&
    ip.every((octet, i) => ((octet ^ (address[i] ?? 0)) & (mask[i] ?? 0)) === 0)
  );
}

/** As net.IPNet prints it: an IPv4-mapped range as IPv4, with what the last four octets of its mask say. */
function rangeText({ address, mask }: IpRange): string {
  const shownMask = mask.subarray(-unmapped(address).length);
  const bits = [...shownMask].reduce((sum, octet) => sum + octet.toString(2).replaceAll('0', '').length, 0);
  return `${ipText(address)}/${bits}`;
}

function isPermittedIp(ip: Buffer, { ip: ranges, searchedIp }: PreparedSubtrees): boolean {
  return ranges.some((range) => rangeHolds(range, ip)) && isFoundBySearch(ip, searchedIp);
}

/**
 * Go 1.26 sorts the ranges by address and looks only at the last one that does not begin beyond the address. A range written
 * with host bits (10.0.0.5/8) can be missed that way, so that 1.26 refuses what 1.25 takes.
 */
function isFoundBySearch(ip: Buffer, searched: readonly IpRange[]): boolean {
  const family = searched.filter(({ address }) => address.length === ip.length);
  const candidate = family.findLast(({ address }) => address.compare(ip) <= 0) ?? family[0];
  return candidate !== undefined && rangeHolds(candidate, ip);
}

function sortAndPrune(ranges: readonly IpRange[]): IpRange[] {
  const sorted = ranges.toSorted(
    (a, b) => a.address.length - b.address.length || a.address.compare(b.address) || a.mask.compare(b.mask),
  );
  const kept: IpRange[] = [];
  for (const range of sorted) {
    const previous = kept.at(-1);
    const last = Buffer.from(range.address.map((octet, i) => octet | (~(range.mask[i] ?? 0) & 0xff)));
    const isSubset =
      previous !== undefined && rangeHolds(previous, range.address) && rangeHolds(previous, last);
    if (!isSubset) kept.push(range);
  }
  return kept;
}

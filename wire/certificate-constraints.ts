import { CertificateFault, required } from './certificate-fault';
import { constructedContextTag, contextTag, DerReader, tags } from './der';
import { domainNameValid, parseMailbox } from './general-name';
import { goQuote } from './go-quote';
import { parseIp } from './ip-address';

export interface IpRange {
  readonly address: Buffer;
  readonly mask: Buffer;
}

/** One side of nameConstraints. Domains may begin with a dot; an email entry with `@` is one mailbox. */
export interface Subtrees {
  readonly dns: readonly string[];
  readonly ip: readonly IpRange[];
  readonly email: readonly string[];
  readonly uri: readonly string[];
}

export interface NameConstraints {
  readonly permitted: Subtrees;
  readonly excluded: Subtrees;
  /** Whether it constrains kinds of names that Go does not judge (directoryName and others): fatal when critical. */
  readonly hasUnhandledNames: boolean;
}

/** RFC 5280 section 4.2.1.10, with Go's refusals. */
export function parseNameConstraints(value: Buffer): NameConstraints {
  const invalid = 'invalid NameConstraints extension';
  const outer = new DerReader(value);
  const fields = required(outer.enter(tags.sequence), invalid);
  const permitted = required(outer.empty ? fields.readOptional(constructedContextTag(0)) : null, invalid);
  const excluded = required(fields.readOptional(constructedContextTag(1)), invalid);
  if (!fields.empty) throw new CertificateFault(invalid);
  if (isEmpty(permitted) && isEmpty(excluded)) {
    throw new CertificateFault('empty name constraints extension');
  }
  const kept = { unhandled: false };
  return {
    permitted: parseSubtrees(permitted, kept),
    excluded: parseSubtrees(excluded, kept),
    hasUnhandledNames: kept.unhandled,
  };
}

function isEmpty(subtrees: Buffer | 'absent'): boolean {
  return subtrees === 'absent' || subtrees.length === 0;
}

function parseSubtrees(content: Buffer | 'absent', kept: { unhandled: boolean }): Subtrees {
  const found = { dns: [] as string[], ip: [] as IpRange[], email: [] as string[], uri: [] as string[] };
  const subtrees = new DerReader(content === 'absent' ? Buffer.alloc(0) : content);
  while (!subtrees.empty) {
    // minimum and maximum may follow the name; nobody reads them.
    const base = required(
      subtrees.enter(tags.sequence)?.readAny() ?? null,
      'invalid NameConstraints extension',
    );
    switch (base.tag) {
      case contextTag(1):
        found.email.push(emailConstraint(base.content));
        break;
      case contextTag(2):
        found.dns.push(domainConstraint('dnsName', base.content));
        break;
      case contextTag(6):
        found.uri.push(uriConstraint(base.content));
        break;
      case contextTag(7):
        found.ip.push(ipConstraint(base.content));
        break;
      default:
        kept.unhandled = true;
    }
  }
  return found;
}

function ia5(content: Buffer): string {
  if (content.some((octet) => octet > 0x7f)) {
    throw new CertificateFault(
      `invalid constraint value: x509: ${goQuote(content)} cannot be encoded as an IA5String`,
    );
  }
  return content.toString('latin1');
}

function domainConstraint(kind: 'dnsName' | 'URI' | 'rfc822Name', content: Buffer): string {
  const domain = ia5(content);
  if (!domainNameValid(domain, true)) {
    throw new CertificateFault(`failed to parse ${kind} constraint ${goQuote(domain)}`);
  }
  return domain;
}

function emailConstraint(content: Buffer): string {
  const constraint = ia5(content);
  if (!constraint.includes('@')) return domainConstraint('rfc822Name', content);
  if (parseMailbox(constraint) === null) {
    throw new CertificateFault(`failed to parse rfc822Name constraint ${goQuote(constraint)}`);
  }
  return constraint;
}

function uriConstraint(content: Buffer): string {
  const domain = ia5(content);
  if (parseIp(domain) !== null) {
    throw new CertificateFault(`failed to parse URI constraint ${goQuote(domain)}: cannot be IP address`);
  }
  return domainConstraint('URI', content);
}

function ipConstraint(content: Buffer): IpRange {
  if (content.length !== 8 && content.length !== 32) {
    throw new CertificateFault(`IP constraint contained value of length ${content.length}`);
  }
  const half = content.length / 2;
  const mask = content.subarray(half);
  const bits = [...mask].map((octet) => octet.toString(2).padStart(8, '0')).join('');
  if (!/^1*0*$/.test(bits)) {
    throw new CertificateFault(`IP constraint contained invalid mask ${mask.toString('hex')}`);
  }
  return { address: content.subarray(0, half), mask };
}

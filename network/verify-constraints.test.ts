import { describe, expect, test } from '@jest/globals';
import {
  altNames,
  basicConstraints,
  dns,
  email,
  ip,
  ipRange,
  mint,
  nameConstraints,
  nameOf,
  testKey,
  uri,
} from '../test/certificate-builder';
import { type Certificate, parseCertificate } from '../wire/certificate';
import { constraintFault } from './verify-constraints';

const key = testKey('p256');

function certificate(...extensions: readonly Buffer[]): Certificate {
  const parsed = parseCertificate(
    mint({ issuer: nameOf('ca'), subject: nameOf('x'), spki: key.spki, signer: key, extensions }),
  );
  if (parsed.kind !== 'certificate') throw new Error(parsed.text);
  return parsed;
}

const permits = (...names: readonly Buffer[]) => certificate(basicConstraints(true), nameConstraints(names));
const excludes = (...names: readonly Buffer[]) =>
  certificate(basicConstraints(true), nameConstraints(null, names));
const named = (...names: readonly Buffer[]) => certificate(altNames(names));
const refusal = 'x509: a root or intermediate certificate is not authorized to sign for this name: ';

describe('a permitted subtree', () => {
  test.each<[string, Certificate, Buffer, boolean]>([
    ['the domain', permits(dns('example')), dns('EXAMPLE'), true],
    ['a subdomain', permits(dns('example')), dns('a.b.example'), true],
    ['a wildcard below it', permits(dns('example')), dns('*.example'), true],
    ['not another domain that ends alike', permits(dns('example')), dns('notexample'), false],
    ['not the domain when a dot leads', permits(dns('.example')), dns('example'), false],
    ['a subdomain when a dot leads', permits(dns('.example')), dns('a.example'), true],
    ['everything when empty', permits(dns('')), dns('a'), true],
    ['one of several', permits(dns('a'), dns('b')), dns('x.b'), true],
    ['names of other kinds', permits(dns('example')), ip('10.0.0.1'), true],
    ['an address in its range', permits(ipRange('10.0.0.0', '255.0.0.0')), ip('10.9.9.9'), true],
    ['not an address beyond it', permits(ipRange('10.0.0.0', '255.0.0.0')), ip('11.0.0.0'), false],
    [
      'not an IPv4-mapped address',
      permits(ipRange('10.0.0.0', '255.0.0.0')),
      ip('00000000000000000000ffff0a000001'),
      false,
    ],
    ['a range with host bits', permits(ipRange('10.5.5.5', '255.0.0.0')), ip('10.0.0.1'), true],
    [
      'nothing that Go 1.26 would not find',
      permits(ipRange('9.0.0.0', '255.0.0.0'), ipRange('10.5.5.5', '255.0.0.0')),
      ip('10.0.0.1'),
      false,
    ],
    ['a mailbox', permits(email('me@Mail.example')), email('me@mail.EXAMPLE'), true],
    ['not a mailbox in other case', permits(email('me@mail.example')), email('Me@mail.example'), false],
    ['the mailboxes of a host', permits(email('mail.example')), email('x@mail.example'), true],
    [
      'not the mailboxes of the host when a dot leads',
      permits(email('.mail.example')),
      email('x@mail.example'),
      false,
    ],
    [
      'the host of a URI, without its port',
      permits(uri('host.example')),
      uri('https://host.example:8443/x'),
      true,
    ],
    ['not the host of another URI', permits(uri('host.example')), uri('https://other.example/'), false],
  ])('covers %s', (_, authority, name, covered) => {
    const fault = constraintFault(authority, [named(name)]);
    expect(fault === null).toBe(covered);
    if (fault !== null) expect(fault.startsWith(refusal)).toBe(true);
  });
});

describe('an excluded subtree', () => {
  test.each<[Certificate, Buffer, string | null]>([
    [excludes(dns('example')), dns('a.example'), 'DNS name "a.example" is excluded by constraint "example"'],
    [excludes(dns('example')), dns('other'), null],
    [
      excludes(dns('a.example')),
      dns('*.example'),
      'DNS name "*.example" is excluded by constraint "a.example"',
    ],
    [excludes(dns('a.other')), dns('*.example'), null],
    [
      excludes(ipRange('10.0.0.0', '255.0.0.0')),
      ip('10.1.2.3'),
      'IP address "10.1.2.3" is excluded by constraint "10.0.0.0/8"',
    ],
    [
      excludes(email('mail.example')),
      email('a@mail.example'),
      'email address "a@mail.example" is excluded by constraint "mail.example"',
    ],
    [excludes(email('a@mail.example')), email('b@mail.example'), null],
    [
      excludes(uri('.example')),
      uri('https://a.example/'),
      'URI "https://a.example/" is excluded by constraint ".example"',
    ],
  ])('case %#', (authority, name, text) => {
    expect(constraintFault(authority, [named(name)])).toBe(text === null ? null : refusal + text);
  });

  test('beats a permitted one', () => {
    const authority = certificate(nameConstraints([dns('example')], [dns('a.example')]));
    expect(constraintFault(authority, [named(dns('a.example'))])).toMatch(/is excluded by/);
    expect(constraintFault(authority, [named(dns('b.example'))])).toBeNull();
  });
});

describe('a name that cannot be compared', () => {
  const authority = permits(dns('example'));
  test.each([
    [dns('a..example'), 'x509: cannot parse dnsName "a..example"'],
    [email('nobody'), 'x509: cannot parse rfc822Name {"" ""}'],
    [uri('urn:x'), `${refusal}URI with empty host ("urn:x") cannot be matched against constraints`],
    [
      uri('https://10.0.0.1/'),
      `${refusal}URI with IP ("https://10.0.0.1/") cannot be matched against constraints`,
    ],
    [
      uri('https://[::1]:80/'),
      `${refusal}URI with IP ("https://[::1]:80/") cannot be matched against constraints`,
    ],
  ])('is refused under any constraint: case %#', (name, text) => {
    expect(constraintFault(authority, [named(name)])).toBe(text);
  });

  test('does not matter without constraints', () => {
    expect(constraintFault(certificate(basicConstraints(true)), [named(dns('a..example'))])).toBeNull();
  });
});

test('the names of every certificate below count', () => {
  const below = [named(dns('a.example')), certificate(basicConstraints(true), altNames([dns('ca.other')]))];
  expect(constraintFault(permits(dns('example')), below)).toBe(
    `${refusal}DNS name "ca.other" is not permitted by any constraint`,
  );
});

test('a crowd of names and constraints ends as in Go 1.25', () => {
  const crowd = named(...Array.from({ length: 600 }, (_, i) => dns(`n${i}.example`)));
  const constraints = Array.from({ length: 420 }, (_, i) => dns(`x${i}.other`));
  expect(constraintFault(excludes(...constraints.slice(0, 400)), [crowd])).toBeNull();
  expect(constraintFault(excludes(...constraints), [crowd])).toBe('x509: unknown error');
});

import { describe, expect, test } from '@jest/globals';
import { altNames, dns, ip, mint, nameOf, testKey, uri } from '../test/certificate-builder';
import { parseCertificate } from '../wire/certificate';
import { hostFault } from './verify-hostname';

const key = testKey('p256');

function verdict(host: string, names: readonly Buffer[] | null, commonName = 'cn'): string {
  const der = mint({
    issuer: nameOf('ca'),
    subject: nameOf(commonName),
    spki: key.spki,
    signer: key,
    extensions: names === null ? null : [altNames(names)],
  });
  const certificate = parseCertificate(der);
  if (certificate.kind !== 'certificate') throw new Error(certificate.text);
  return hostFault(certificate, host)?.error.replace('x509: ', '') ?? 'fits';
}

describe('a name', () => {
  test.each([
    ['node-1', 'node-1', true],
    ['NODE-1', 'node-1', true],
    ['node-1.', 'node-1', true],
    ['node-1', 'node-1.', false],
    ['a.example', '*.example', true],
    ['a.example.', '*.EXAMPLE', true],
    ['a.b.example', '*.example', false],
    ['example', '*.example', false],
    ['a.com', '*.com', true],
    ['a.example', 'a*.example', false],
    ['x.a.example', 'x.*.example', false],
    ['node', '*', false],
    ['*', '*', true],
    ['a_b', 'a_b', true],
    ['-node', '-node', true],
    ['-node.example', '*.example', false],
    ['узел', '*', false],
    ['10.0.0', '10.0.0', true],
    ['a..b', 'a..b', true],
    ['.', '.', false],
  ])('%s is %s by the certificate for %s', (host, pattern, fits) => {
    expect(verdict(host, [dns(pattern)]) === 'fits').toBe(fits);
  });

  test('is never an address, however it is written', () => {
    expect(verdict('node-1', [ip('10.0.0.11')])).toBe(
      'certificate is not valid for any names, but wanted to match node-1',
    );
    expect(verdict('10.0.0.011', [ip('10.0.0.11')])).toMatch(/not valid for any names/);
    expect(verdict('fe80::1%eth0', [ip('fe800000000000000000000000000001')])).toMatch(
      /not valid for any names/,
    );
  });
});

describe('an address', () => {
  const mapped = ip('00000000000000000000ffff0a00000b');
  test.each([
    ['10.0.0.11', [ip('10.0.0.11')], 'fits'],
    ['[10.0.0.11]', [ip('10.0.0.11')], 'fits'],
    ['::ffff:10.0.0.11', [ip('10.0.0.11')], 'fits'],
    ['10.0.0.11', [mapped], 'fits'],
    ['fd00:0::1', [ip('fd000000000000000000000000000001')], 'fits'],
    [
      '10.0.0.11',
      [dns('10.0.0.11')],
      "cannot validate certificate for 10.0.0.11 because it doesn't contain any IP SANs",
    ],
    ['[fd00::1]', [mapped, ip('10.0.0.12')], 'certificate is valid for 10.0.0.11, 10.0.0.12, not fd00::1'],
  ])('%s', (host, names, expected) => {
    expect(verdict(host, names)).toBe(expected);
  });
});

describe('the common name', () => {
  const legacy = 'certificate relies on legacy Common Name field, use SANs instead';
  test('is only mentioned, and only without the extension', () => {
    expect(verdict('node-1', null, 'NODE-1')).toBe(legacy);
    expect(verdict('10.0.0.11', null, '10.0.0.11')).toBe(legacy);
    expect(verdict('node-1', [], 'node-1')).toBe(
      'certificate is not valid for any names, but wanted to match node-1',
    );
    expect(verdict('node-2', null, 'node-1')).toBe(
      'certificate is not valid for any names, but wanted to match node-2',
    );
  });
});

test('at 100 names they are counted and not shown', () => {
  const names = Array.from({ length: 100 }, (_, i) => [dns(`n${i}`), ip(`10.1.0.${i}`)]).flat();
  expect(verdict('other', names)).toBe('certificate is valid for 100 names, but none matched other');
  expect(verdict('10.2.0.0', names)).toBe('certificate is valid for 100 IP SANs, but none matched 10.2.0.0');
  expect(verdict('other', names.slice(0, 2))).toBe('certificate is valid for n0, not other');
});

test('names of other kinds do not count', () => {
  expect(verdict('node-1', [uri('https://node-1/')], 'node-1')).toMatch(/not valid for any names/);
});

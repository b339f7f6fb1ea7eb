import { describe, expect, test } from '@jest/globals';
import { signingPolicy } from './signing-policy';

const now = new Date('2025-06-01T12:00:00Z');
const hour = 3600;
const day = 24 * hour;
const limits = {
  durationMs: 365 * day * 1000,
  signerNotAfter: new Date('2035-06-01T12:00:00Z'),
  now,
};

function grantedUntil(expirationSeconds: number | undefined, more: Partial<typeof limits> = {}): string {
  const granted = signingPolicy({ usages: ['client auth'], expirationSeconds }, { ...limits, ...more });
  if (typeof granted === 'string') return granted;
  expect(granted.notBefore.toISOString()).toBe('2025-06-01T11:55:00.000Z');
  return granted.notAfter.toISOString();
}

describe('how long a certificate is granted', () => {
  test.each([
    ['nothing: a year, less what it was back-dated', undefined, '2026-06-01T11:55:00.000Z'],
    ['an hour', hour, '2025-06-01T13:00:00.000Z'],
    ['the shortest', 600, '2025-06-01T12:10:00.000Z'],
    ['less than that', 1, '2025-06-01T12:10:00.000Z'],
    ['a second less than eight hours', 8 * hour - 1, '2025-06-01T19:59:59.000Z'],
    ['eight hours', 8 * hour, '2025-06-01T19:55:00.000Z'],
    ['more than the signer gives', 400 * day, '2026-06-01T11:55:00.000Z'],
  ])('when asked for %s', (_what, seconds, until) => {
    expect(grantedUntil(seconds)).toBe(until);
  });

  test('never beyond the authority', () => {
    const signerNotAfter = new Date('2025-06-02T00:00:00Z');
    expect(grantedUntil(undefined, { signerNotAfter })).toBe('2025-06-02T00:00:00.000Z');
    expect(grantedUntil(hour, { signerNotAfter })).toBe('2025-06-01T13:00:00.000Z');
  });

  test.each([
    ['2025-06-01T11:55:00Z', 'the signer has expired: NotAfter=2025-06-01 11:55:00 +0000 UTC'],
    [
      '2025-06-01T11:57:00Z',
      'refusing to sign a certificate that expired in the past: NotAfter=2025-06-01 11:57:00 +0000 UTC',
    ],
  ])('not at all by an authority that ended at %s', (end, refused) => {
    expect(grantedUntil(undefined, { signerNotAfter: new Date(end) })).toBe(refused);
  });
});

test.each([
  [['client auth'], [], ['1.3.6.1.5.5.7.3.2']],
  [
    ['key encipherment', 'client auth', 'digital signature', 'server auth'],
    ['keyEncipherment', 'digitalSignature'],
    ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2'],
  ],
  [['signing', 'digital signature'], ['digitalSignature'], []],
  [['s/mime', 'email protection', 'any'], [], ['2.5.29.37.0', '1.3.6.1.5.5.7.3.4']],
])('usages %j are granted as %j and %j', (usages, keyUsages, extendedKeyUsages) => {
  expect(signingPolicy({ usages }, limits)).toMatchObject({ keyUsages, extendedKeyUsages });
});

test('a usage that nobody knows is refused', () => {
  expect(signingPolicy({ usages: ['client auth', 'flying'] }, limits)).toBe(
    'unrecognized usage values: ["flying"]',
  );
});

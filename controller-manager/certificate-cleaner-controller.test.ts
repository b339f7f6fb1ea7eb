import { beforeAll, describe, expect, test } from '@jest/globals';
import type { Condition } from '../api/objects';
import { createAuthority } from '../pki/authority';
import { whyClean } from './certificate-cleaner-controller';
import type { CertificateSigningRequest } from './certificate-signing-request';

const now = new Date('2025-06-02T12:00:00Z');
const justNow = '2025-06-02T11:59:00Z';
const hourAgo = '2025-06-02T11:00:00Z';
const overAnHourAgo = '2025-06-02T10:59:59Z';

function csr(created: string, conditions: readonly Condition[], certPem = ''): CertificateSigningRequest {
  const certificate = Buffer.from(certPem).toString('base64');
  return {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'x', creationTimestamp: created },
    spec: { request: '', signerName: 'example.com/x' },
    status: { conditions, ...(certPem === '' ? {} : { certificate }) },
  };
}

const since = (type: string, lastUpdateTime: string): Condition => ({ type, status: 'True', lastUpdateTime });

let valid: string;
let expired: string;
beforeAll(async () => {
  const authority = await createAuthority({ commonName: 'LAB test' });
  const until = async (notAfter: string) => {
    const request = { commonName: 'x', usages: ['clientAuth'], notAfter: new Date(notAfter) } as const;
    return (await authority.issue(request)).certPem;
  };
  valid = await until('2025-06-03T00:00:00Z');
  expired = await until('2025-06-02T11:59:59Z');
});

describe('a request is cleaned', () => {
  test.each([
    ['pending for a day', () => csr('2025-06-01T12:00:00Z', []), null],
    ['pending for more', () => csr('2025-06-01T11:59:59Z', []), 'not looked at for more than a day'],
    ['denied for an hour', () => csr(justNow, [since('Denied', hourAgo)]), null],
    ['denied for more', () => csr(justNow, [since('Denied', overAnHourAgo)]), 'denied more than an hour ago'],
    ['issued for an hour', () => csr(justNow, [since('Approved', hourAgo)], valid), null],
    [
      'issued for more',
      () => csr(justNow, [since('Approved', overAnHourAgo)], valid),
      'approved more than an hour ago',
    ],
    [
      'approved and not issued: it stays for ever',
      () => csr(overAnHourAgo, [since('Approved', '2024-01-01T00:00:00Z')]),
      null,
    ],
    [
      'with a certificate that has expired',
      () => csr(justNow, [since('Approved', justNow)], expired),
      'its certificate has expired',
    ],
  ])('when it is %s', (_what, made, why) => {
    expect(whyClean(made(), now)).toBe(why);
  });
});

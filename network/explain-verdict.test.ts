import { expect, test } from '@jest/globals';
import { explainVerdict } from './explain-verdict';
import { type Fault, refused } from './verify-judgement';

const explain = (fault: Fault) => explainVerdict(refused('x509: …', fault));
const leaf = { role: 'leaf', name: 'system:node:node-1' } as const;
const authority = { role: 'authority', name: 'test-ca' } as const;
const host = {
  kind: 'host-mismatch',
  host: '10.0.0.11',
  wanted: 'ip',
  names: [],
  hasOtherNames: false,
  commonNameMatches: false,
} as const;
const unknown = {
  kind: 'unknown-authority',
  issuer: 'test-ca',
  isSelfIssued: false,
  candidate: null,
} as const;

const faults: readonly (readonly [Fault, RegExp])[] = [
  [{ kind: 'no-certificate' }, /labelled CERTIFICATE/],
  [{ kind: 'no-host' }, /address that kube-apiserver dials/],
  [{ kind: 'bundle-unusable' }, /would not start/],
  [
    { kind: 'unreadable', position: 0, text: 'x', remedy: 'positive-serial' },
    /the serving certificate.*positive serial/,
  ],
  [{ kind: 'unreadable', position: 1, text: 'x', remedy: 'utf8-names' }, /certificate number 2.*UTF8String/],
  [{ kind: 'unreadable', position: 2, text: 'x', remedy: 'unique-extensions' }, /only once/],
  [{ kind: 'unreadable', position: 0, text: 'x', remedy: null }, /Issue it again, or leave it out/],
  [{ kind: 'rsa-too-large', position: 0 }, /8192/],
  [{ kind: 'unhandled-extension', culprit: authority, oids: ['1.2.3'] }, /"test-ca".*1\.2\.3/],
  [{ kind: 'expired', culprit: leaf, limit: '2026-01-01T00:00:00Z' }, /ended at 2026-01-01.*Renew/],
  [{ kind: 'expired', culprit: authority, limit: '2026-01-01T00:00:00Z' }, /authority "test-ca" ended/],
  [{ kind: 'not-yet-valid', culprit: leaf, limit: '2027-01-01T00:00:00Z' }, /clocks/],
  [{ ...host, names: ['10.0.0.12'] }, /other addresses than 10\.0\.0\.11/],
  [{ ...host, commonNameMatches: true }, /common name/],
  [{ ...host, hasOtherNames: true }, /--kubelet-preferred-address-types/],
  [host, /no IP address to compare/],
  [{ ...host, wanted: 'dns', host: 'node-1' }, /no DNS name to compare with node-1/],
  [unknown, /"test-ca" is neither in the bundle/],
  [{ ...unknown, isSelfIssued: true }, /self-signed.*serverTLSBootstrap/],
  [
    { ...unknown, candidate: { name: 'test-ca', text: 'x509: ECDSA verification failure' } },
    /another CA of that name/,
  ],
  [{ kind: 'name-constraint', culprit: authority, text: 'x' }, /nameConstraints/],
  [{ kind: 'not-an-authority', culprit: authority }, /CA:TRUE/],
  [{ kind: 'path-too-long', culprit: authority }, /pathLenConstraint/],
  [{ kind: 'too-many-attempts' }, /equal names/],
  [{ kind: 'policies' }, /requireExplicitPolicy/],
  [{ kind: 'usage', wanted: 'serverAuth' }, /kubelet-serving/],
  [{ kind: 'usage', wanted: 'clientAuth' }, /does not allow clientAuth/],
  [
    { kind: 'common-name', wanted: 'system:node:node-1', found: 'system:node:node-2' },
    /belongs to "system:node:node-2".*meant to reach "system:node:node-1"/,
  ],
  [{ kind: 'key-type' }, /ECDSA P-256/],
  [{ kind: 'weak-key', bits: 768 }, /768 bits/],
];

test.each(faults)('says what to change: %j', (fault, pattern) => {
  expect(explain(fault)).toMatch(pattern);
});

test.each(faults)('says it in a few sentences: %j', (fault) => {
  const text = explain(fault);
  expect(text.endsWith('.')).toBe(true);
  expect(text.split(/[.:] [A-Z]/).length).toBeLessThanOrEqual(3);
});

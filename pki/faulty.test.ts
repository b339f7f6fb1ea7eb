import { createPrivateKey, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parseCertificate } from '../wire/certificate';
import { pemBlocks } from '../wire/pem';
import { type Authority, createAuthority } from './authority';
import { type CertificateDescription, describeCertificate } from './describe-certificate';
import { type FaultyWord, issueFaulty } from './faulty';

const serverAuth = '1.3.6.1.5.5.7.3.1';
const clientAuth = '1.3.6.1.5.5.7.3.2';
const now = new Date('2026-06-01T12:00:00Z');
const facts = { host: '10.0.0.11', otherHost: '10.0.0.12', node: 'node-1', otherNode: 'node-2', now };

let authority: Authority;
beforeAll(async () => {
  authority = await createAuthority({ commonName: 'LAB kubernetes' });
});

/** Everything by which Go judges a leaf whose signature is right; the faults are the fields that differ from `stolen`. */
const right = {
  subject: 'O=system:nodes, CN=system:node:node-1',
  sans: ['IP:10.0.0.11'],
  usages: [serverAuth],
  valid: 'now',
};

describe.each<{ word: FaultyWord; differs: Partial<typeof right> }>([
  {
    word: 'wrong-host',
    differs: { subject: 'O=system:nodes, CN=system:node:node-2', sans: ['IP:10.0.0.12'] },
  },
  { word: 'expired', differs: { valid: 'before' } },
  { word: 'not-yet-valid', differs: { valid: 'after' } },
  { word: 'cn-only', differs: { subject: 'CN=10.0.0.11', sans: [] } },
  { word: 'client-cert', differs: { usages: [clientAuth] } },
  {
    word: 'neighbour',
    differs: { subject: 'O=system:nodes, CN=system:node:node-2', sans: ['IP:10.0.0.12', 'IP:10.0.0.11'] },
  },
  { word: 'stolen', differs: {} },
])('$word', ({ word, differs }) => {
  test('is signed by the genuine authority and has this fault alone', async () => {
    // The presence of `now` in facts must decide, so only the two words about time are issued for another present.
    const timely = 'valid' in differs ? facts : { ...facts, now: new Date() };
    const pair = await issueFaulty(authority, [word], timely);
    const leaf = new X509Certificate(pair.certPem);
    const root = new X509Certificate(authority.certPem);
    const described = describeCertificate(leaf.raw);
    expect(leaf.verify(root.publicKey) && leaf.checkIssued(root)).toBe(true);
    expect(leaf.checkPrivateKey(createPrivateKey(pair.keyPem))).toBe(true);
    expect({
      subject: described.subject,
      sans: described.sans,
      usages: leaf.keyUsage,
      valid: whenValid(described, timely.now),
    }).toEqual({ ...right, ...differs });
  });
});

function whenValid({ notBefore, notAfter }: CertificateDescription, at: Date): string {
  if (at > notAfter) return 'before';
  return at < notBefore ? 'after' : 'now';
}

test('names are told from addresses, and node names default to them', async () => {
  const { certPem } = await issueFaulty(authority, ['neighbour'], { host: 'node-1', otherHost: 'node-2' });
  expect(describeCertificate(new X509Certificate(certPem).raw)).toMatchObject({
    subjectCommonName: 'system:node:node-2',
    organizations: ['system:nodes'],
    sans: ['DNS:node-2', 'DNS:node-1'],
  });
});

test('an intermediate authority is sent along, so that it is not a second fault', async () => {
  const below = await authority.createIntermediate({ commonName: 'LAB below' });
  const { certPem } = await issueFaulty(below, ['client-cert'], facts);
  const [leaf, intermediate] = pemBlocks(certPem).map(({ der }) => new X509Certificate(der));
  expect(intermediate && leaf?.verify(intermediate.publicKey)).toBe(true);
});

const chainOf = (pem: string): X509Certificate[] => pemBlocks(pem).map(({ der }) => new X509Certificate(der));

/** What the words about keys, digests and intermediates make of the chain. */
function shapeOf(chain: readonly X509Certificate[]): object {
  const [leaf, ...above] = chain.map(({ raw }) => parseCertificate(raw));
  if (leaf?.kind !== 'certificate') throw new Error('no leaf');
  const authorities = above.map((it) => {
    if (it.kind !== 'certificate') throw new Error(it.text);
    const { basicConstraints, nameConstraints } = it.extensions;
    return {
      limit: basicConstraints?.pathLength ?? null,
      excludes: nameConstraints?.excluded.ip.map(({ address }) => address.join('.')) ?? null,
    };
  });
  return {
    key: leaf.publicKey.kind === 'RSA' ? leaf.publicKey.bits : leaf.publicKey.kind,
    digest: leaf.signatureAlgorithm?.hash,
    issuedByRoot: leaf.rawIssuer.equals(authority.name),
    authorities,
  };
}

const plain = { key: 'ECDSA', digest: 'sha256', issuedByRoot: true, authorities: [] };
const below = { ...plain, issuedByRoot: false };

test.each<{ words: FaultyWord[]; shape: object }>([
  { words: ['stolen'], shape: plain },
  { words: ['weak-key'], shape: { ...plain, key: 768 } },
  { words: ['weak-signature'], shape: { ...plain, digest: 'sha1' } },
  {
    words: ['name-constrained'],
    shape: { ...below, authorities: [{ limit: null, excludes: ['10.0.0.11'] }] },
  },
  {
    words: ['name-constrained', 'wrong-host'],
    shape: { ...below, authorities: [{ limit: null, excludes: ['10.0.0.12'] }] },
  },
  {
    words: ['path-length'],
    shape: {
      ...below,
      authorities: [
        { limit: null, excludes: null },
        { limit: 0, excludes: null },
      ],
    },
  },
  { words: ['missing-intermediate'], shape: below },
  {
    words: ['path-length', 'name-constrained', 'weak-key', 'weak-signature'],
    shape: {
      key: 768,
      digest: 'sha1',
      issuedByRoot: false,
      authorities: [
        { limit: null, excludes: ['10.0.0.11'] },
        { limit: 0, excludes: null },
      ],
    },
  },
])('$words make this chain, whose every link but a missing one holds', async ({ words, shape }) => {
  const pair = await issueFaulty(authority, words, { ...facts, now: new Date() });
  const chain = chainOf(pair.certPem);
  expect(shapeOf(chain)).toEqual(shape);
  expect(chain[0]?.checkPrivateKey(createPrivateKey(pair.keyPem))).toBe(true);
  const whole = words.includes('missing-intermediate')
    ? chain
    : [...chain, new X509Certificate(authority.certPem)];
  for (const [index, parent] of whole.slice(1).entries()) {
    expect(whole[index]?.verify(parent.publicKey)).toBe(true);
  }
});

test('several words each change their own part of one certificate', async () => {
  const { certPem } = await issueFaulty(authority, ['neighbour', 'expired', 'client-cert'], facts);
  const leaf = new X509Certificate(certPem);
  const described = describeCertificate(leaf.raw);
  expect({
    subject: described.subject,
    sans: described.sans,
    usages: leaf.keyUsage,
    valid: whenValid(described, now),
  }).toEqual({
    subject: 'O=system:nodes, CN=system:node:node-2',
    sans: ['IP:10.0.0.12', 'IP:10.0.0.11'],
    usages: [clientAuth],
    valid: 'before',
  });
});

test('an intermediate of RSA forbids names as well', async () => {
  const rsa = await createAuthority({ commonName: 'LAB kubernetes', algorithm: 'rsa-2048' });
  const { certPem } = await issueFaulty(rsa, ['name-constrained', 'weak-signature'], {
    ...facts,
    host: 'node-1',
  });
  const [leaf, intermediate] = chainOf(certPem).map(({ raw }) => parseCertificate(raw));
  expect(leaf).toMatchObject({ signatureAlgorithm: { name: 'SHA1-RSA' } });
  expect(intermediate).toMatchObject({ extensions: { nameConstraints: { excluded: { dns: ['node-1'] } } } });
});

import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { DerReader, tags } from '../wire/der';
import { type Authority, createAuthority, createNamedAuthority } from './authority';
import { altNamesOf, randomSerialNumber } from './certificate-template';
import { describeCertificate } from './describe-certificate';
import type { KeyAlgorithm } from './key-algorithm';
import { elementsOf, encodeName, nameOfIssuer, nameOfSubject, tbsFields } from './names';

const serving = {
  commonName: 'system:node:node-1',
  organizations: ['system:nodes'],
  dnsNames: ['node-1'],
  ipAddresses: ['10.0.0.11', 'fd00::11'],
  usages: ['serverAuth'],
} as const;

const extensionNames: Readonly<Record<string, string>> = {
  '2.5.29.14': 'subjectKeyIdentifier',
  '2.5.29.15': 'keyUsage',
  '2.5.29.17': 'subjectAltName',
  '2.5.29.19': 'basicConstraints',
  '2.5.29.35': 'authorityKeyIdentifier',
  '2.5.29.37': 'extKeyUsage',
};

/** `name` or `name critical` → hex of the value. */
function extensions(pem: string): Record<string, string> {
  const wrapped = tbsFields(new X509Certificate(pem).raw).find(({ tag }) => tag === 0xa3);
  const list = new DerReader(wrapped?.content ?? Buffer.alloc(0)).read(tags.sequence) ?? Buffer.alloc(0);
  const entries = elementsOf(list).map(({ content }) => {
    const reader = new DerReader(content);
    const name = extensionNames[reader.readOid() ?? ''];
    const critical = reader.peek(tags.boolean) && reader.readBoolean() === true;
    return [critical ? `${name} critical` : name, reader.read(tags.octetString)?.toString('hex')];
  });
  return Object.fromEntries(entries);
}

function serialOf(pem: string): { value: bigint; octets: number } {
  const field = tbsFields(new X509Certificate(pem).raw)[0];
  const value = new DerReader(field?.whole ?? Buffer.alloc(0)).readInteger();
  return { value: value ?? -1n, octets: field?.content.length ?? 0 };
}

function publicKeyOf(authority: Authority): KeyObject {
  return createPublicKey(authority.keyPem);
}

describe.each<{ algorithm: KeyAlgorithm; leafKeyUsage: string; authorityKeyUsage: string; key: string }>([
  // BIT STRING: unused bits, then digitalSignature 0x80, keyEncipherment 0x20, keyCertSign 0x04
  { algorithm: 'ec-p256', leafKeyUsage: '03020780', authorityKeyUsage: '03020284', key: 'ECDSA P-256' },
  { algorithm: 'rsa-2048', leafKeyUsage: '030205a0', authorityKeyUsage: '030202a4', key: 'RSA 2048' },
])('an authority with $algorithm', ({ algorithm, leafKeyUsage, authorityKeyUsage, key }) => {
  let authority: Authority;
  let root: X509Certificate;

  beforeAll(async () => {
    authority = await createAuthority({ commonName: 'LAB kubernetes', algorithm });
    root = new X509Certificate(authority.certPem);
  });

  test('signs itself, says so, and may sign others', () => {
    expect(root.ca).toBe(true);
    expect(root.verify(root.publicKey)).toBe(true);
    expect(root.checkPrivateKey(createPrivateKey(authority.keyPem))).toBe(true);
    expect(authority.intermediatesPem).toBe('');
    expect(describeCertificate(root.raw)).toMatchObject({
      subject: 'CN=LAB kubernetes',
      issuer: 'CN=LAB kubernetes',
      sans: [],
      keyAlgorithm: key,
    });
    expect(extensions(authority.certPem)).toMatchObject({
      'basicConstraints critical': '30030101ff',
      'keyUsage critical': authorityKeyUsage,
    });
    expect(extensions(authority.certPem)).not.toHaveProperty('extKeyUsage');
  });

  test('issues a leaf with a key of its own that a client with the root can verify', async () => {
    const pair = await authority.issue(serving);
    const leaf = new X509Certificate(pair.certPem);
    expect(leaf.checkIssued(root)).toBe(true);
    expect(leaf.verify(root.publicKey)).toBe(true);
    expect(leaf.checkPrivateKey(createPrivateKey(pair.keyPem))).toBe(true);
    expect(leaf.checkPrivateKey(createPrivateKey(authority.keyPem))).toBe(false);
    expect(describeCertificate(leaf.raw)).toMatchObject({
      subject: 'O=system:nodes, CN=system:node:node-1',
      sans: ['DNS:node-1', 'IP:10.0.0.11', 'IP:fd00::11'],
      keyAlgorithm: key,
    });
  });

  test('writes the extensions of a leaf, the two that restrict it as critical', async () => {
    const pem = await authority.certify(publicKeyOf(authority), serving);
    expect(extensions(pem)).toMatchObject({
      'basicConstraints critical': '3000',
      'keyUsage critical': leafKeyUsage,
      extKeyUsage: '300a06082b06010505070301',
    });
    const both = await authority.certify(publicKeyOf(authority), {
      ...serving,
      usages: ['serverAuth', 'clientAuth'],
    });
    expect(new X509Certificate(both).keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
  });

  test('names its own key in what it signs as its certificate names it', async () => {
    const own = extensions(authority.certPem)['subjectKeyIdentifier'];
    const pair = await authority.issue(serving);
    const leaf = extensions(pair.certPem);
    // OCTET STRING in the one, [0] in a SEQUENCE in the other.
    expect(own).toMatch(/^0414[0-9a-f]{40}$/);
    expect(leaf['authorityKeyIdentifier']).toBe(`30168014${own?.slice(4)}`);
    expect(leaf['subjectKeyIdentifier']).not.toBe(own);
  });

  test('leaves subjectAltName out when there are no names', async () => {
    const pem = await authority.certify(publicKeyOf(authority), {
      commonName: 'admin',
      usages: ['clientAuth'],
    });
    expect(extensions(pem)).not.toHaveProperty('subjectAltName');
  });

  test('writes its own name as issuer, octet for octet', async () => {
    const pem = await authority.certify(publicKeyOf(authority), serving);
    expect(nameOfSubject(root.raw)).toEqual(authority.name);
    expect(nameOfIssuer(new X509Certificate(pem).raw)).toEqual(authority.name);
  });

  test('gives 200 certificates 200 positive serial numbers of 16 octets', async () => {
    const key = publicKeyOf(authority);
    const serials = new Set<bigint>();
    for (let i = 0; i < 200; i += 1) {
      const { value, octets } = serialOf(await authority.certify(key, serving));
      expect(value > 0n && octets === 16).toBe(true);
      serials.add(value);
    }
    expect(serials.size).toBe(200);
  });

  test('backdates by five minutes, for a year', async () => {
    const before = Date.now();
    const pem = await authority.certify(publicKeyOf(authority), serving);
    const { notBefore, notAfter } = describeCertificate(new X509Certificate(pem).raw);
    expect(Math.abs(before - 5 * 60_000 - notBefore.getTime())).toBeLessThan(5_000);
    expect(Math.abs(before + 365 * 86_400_000 - notAfter.getTime())).toBeLessThan(5_000);
  });

  test('writes the dates it is told, beyond 2049 too', async () => {
    const dates = { notBefore: new Date('2020-02-29T12:00:01Z'), notAfter: new Date('2125-01-01T00:00:00Z') };
    const pem = await authority.certify(publicKeyOf(authority), { ...serving, ...dates });
    expect(describeCertificate(new X509Certificate(pem).raw)).toMatchObject(dates);
  });

  test('repeats whatever name it is given, in whatever string type', async () => {
    // kubeadm's own authority: CN=kubernetes as PrintableString
    const printable = Buffer.from('3015311330110603550403130a6b756265726e65746573', 'hex');
    const twin = await createNamedAuthority(printable, { algorithm });
    const leaf = await twin.certify(publicKeyOf(twin), serving);
    expect(nameOfSubject(new X509Certificate(twin.certPem).raw)).toEqual(printable);
    expect(nameOfIssuer(new X509Certificate(leaf).raw)).toEqual(printable);
  });

  test('certifies keys of the other algorithm', async () => {
    const other = algorithm === 'ec-p256' ? 'rsa-2048' : 'ec-p256';
    const pair = await authority.issue({ ...serving, algorithm: other });
    const leaf = new X509Certificate(pair.certPem);
    expect(leaf.publicKey.asymmetricKeyType).toBe(other === 'ec-p256' ? 'ec' : 'rsa');
    expect(leaf.verify(root.publicKey)).toBe(true);
  });
});

describe('an intermediate authority', () => {
  test('is certified by the one above and sends its certificate along', async () => {
    const root = await createAuthority({ commonName: 'LAB root' });
    const upper = await root.createIntermediate({ commonName: 'LAB upper', pathLength: 1 });
    const lower = await upper.createIntermediate({ commonName: 'LAB lower' });
    const leaf = new X509Certificate((await lower.issue(serving)).certPem);
    const certificates = [lower.certPem, upper.certPem, root.certPem].map((pem) => new X509Certificate(pem));
    let below = leaf;
    for (const above of certificates) {
      expect(below.verify(above.publicKey) && below.checkIssued(above)).toBe(true);
      below = above;
    }
    expect(upper.intermediatesPem).toBe(upper.certPem);
    expect(lower.intermediatesPem).toBe(lower.certPem + upper.certPem);
    expect(new Set([root.keyPem, upper.keyPem, lower.keyPem]).size).toBe(3);
  });

  test.each([
    { algorithm: 'ec-p256' as const, pathLength: 0, value: '30060101ff020100' },
    { algorithm: 'ec-p256' as const, pathLength: 2, value: '30060101ff020102' },
    { algorithm: 'ec-p256' as const, pathLength: undefined, value: '30030101ff' },
    { algorithm: 'rsa-2048' as const, pathLength: 0, value: '30060101ff020100' },
  ])('of $algorithm with path length $pathLength says so', async ({ algorithm, pathLength, value }) => {
    const root = await createAuthority({ commonName: 'LAB root', algorithm });
    const { certPem } = await root.createIntermediate({ commonName: 'LAB below', pathLength });
    expect(extensions(certPem)['basicConstraints critical']).toBe(value);
  });
});

describe('names', () => {
  test.each([
    ['printable in UTF-16', '300d310b300906035504031e02004b'],
    ['teletex beyond ASCII', '300d310b3009060355040314024bfc'],
    ['two attributes in one set, not sorted', '30183116300806035504030c017a300a060355040a0c036c6162'],
    ['empty', '3000'],
  ])('an authority keeps a name that is %s', async (_what, hex) => {
    const name = Buffer.from(hex, 'hex');
    const { certPem } = await createNamedAuthority(name);
    expect(nameOfSubject(new X509Certificate(certPem).raw)).toEqual(name);
  });

  test.each([
    ['rsa-2048', 'not the octets that were asked for'],
    ['ec-p256', 'not DER'],
  ] as const)('an authority with %s refuses to write a name that is no DER', async (algorithm, why) => {
    const longForm = Buffer.from('308100', 'hex');
    await expect(createNamedAuthority(longForm, { algorithm })).rejects.toThrow(why);
  });

  test('characters that a PrintableString cannot hold are kept', async () => {
    const { certPem } = await createAuthority({
      commonName: 'node_1-ca@1700000000, "Ж"',
      organizations: ['#1'],
    });
    expect(describeCertificate(new X509Certificate(certPem).raw).subject).toBe(
      'O=\\#1, CN=node_1-ca@1700000000\\, \\"Ж\\"',
    );
    expect(nameOfSubject(new X509Certificate(certPem).raw)).toEqual(
      encodeName({ commonName: 'node_1-ca@1700000000, "Ж"', organizations: ['#1'] }),
    );
  });
});

test.each([
  { dnsNames: ['nöde'] },
  { dnsNames: [''] },
  { ipAddresses: ['node-1'] },
  { ipAddresses: ['10.0.0.011'] },
  { ipAddresses: ['fe80::1%eth0'] },
])('a leaf for %j is a bug', async (names) => {
  const authority = await createAuthority({ commonName: 'LAB kubernetes' });
  await expect(authority.issue({ commonName: 'x', usages: ['serverAuth'], ...names })).rejects.toThrow(
    /^not an? /,
  );
});

test('addresses and names are told apart', () => {
  expect(altNamesOf('10.0.0.11', 'node-1', 'fd00::11', '10.0.0.256')).toEqual({
    dnsNames: ['node-1', '10.0.0.256'],
    ipAddresses: ['10.0.0.11', 'fd00::11'],
  });
});

test('serial numbers begin with 01 in binary', () => {
  const firsts = Array.from({ length: 200 }, () => randomSerialNumber().readUInt8(0));
  expect(firsts.every((first) => first >= 0x40 && first < 0x80)).toBe(true);
});

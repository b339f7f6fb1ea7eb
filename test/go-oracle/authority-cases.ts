import {
  altNames,
  anyUsage,
  authorityKeyId,
  basicConstraints,
  type CertificateSpec,
  clientAuth,
  dns,
  explicit,
  extendedKeyUsage,
  extension,
  inhibitAnyPolicy,
  integer,
  ip,
  keyUsage,
  mint,
  nameOf,
  nothing,
  pem,
  policies,
  policyConstraints,
  policyMappings,
  printable,
  pss,
  schemes,
  sequence,
  serverAuth,
  subjectKeyId,
  type TestKey,
  testKey,
  utcTime,
} from '../certificate-builder';
import {
  bundle,
  type Case,
  caseOf,
  deepLeafSpec,
  goodDeepLeaf,
  goodLeaf,
  goodMiddle,
  goodRoot,
  leafKey,
  leafNames,
  leafSpec,
  middleKey,
  middleName,
  middleSpec,
  rogueKey,
  rootKey,
  rootName,
  rootSpec,
} from './case';

type Fault = readonly [id: string, changes: Partial<CertificateSpec>];

const usual = [keyUsage(5, 6), basicConstraints(true)];

const authorityFaults: readonly Fault[] = [
  ['good', {}],
  ['version 1', { version: null, extensions: null }],
  ['version 2', { version: explicit(0, integer(1)) }],
  ['no basic constraints', { extensions: [keyUsage(5)] }],
  ['no extensions', { extensions: null }],
  ['CA false', { extensions: [basicConstraints(false)] }],
  ['CA false with path length', { extensions: [basicConstraints(false, 0)] }],
  ['no key usage', { extensions: [basicConstraints(true)] }],
  ['key usage without certSign', { extensions: [basicConstraints(true), keyUsage(0, 6)] }],
  ['key usage empty', { extensions: [basicConstraints(true), keyUsage()] }],
  ['expired', { notAfter: utcTime('260101000000Z') }],
  ['not yet valid', { notBefore: utcTime('270101000000Z') }],
  ['unknown critical', { extensions: [...usual, extension('1.2.3.4', nothing, true)] }],
  ['negative serial', { serial: sequence() }],
  ['path length 0', { extensions: [basicConstraints(true, 0)] }],
  ['path length 1', { extensions: [basicConstraints(true, 1)] }],
  ['usage server', { extensions: [...usual, extendedKeyUsage(serverAuth)] }],
  ['usage client', { extensions: [...usual, extendedKeyUsage(clientAuth)] }],
  ['usage any', { extensions: [...usual, extendedKeyUsage(anyUsage, clientAuth)] }],
  ['usage empty', { extensions: [...usual, extendedKeyUsage()] }],
  ['signed with SHA-1', { scheme: schemes.ecdsaSha1 }],
  ['signature broken', { alterSignature: (signature) => Buffer.from(signature.map((octet) => octet ^ 1)) }],
  ['name printable', { subject: nameOf(['2.5.4.3', printable('test-ca')]) }],
  ['name empty', { subject: sequence() }],
  ['names of its own', { extensions: [...usual, altNames([dns('ca.example')])] }],
  ['key id that does not match', { extensions: [...usual, subjectKeyId('aa')] }],
  ['explicit policy', { extensions: [...usual, policyConstraints(0)] }],
  ['explicit policy later', { extensions: [...usual, policyConstraints(1)] }],
];

export function rootCases(): Case[] {
  return authorityFaults.flatMap(([id, changes]) => {
    const root = mint(rootSpec(changes));
    return [
      caseOf(`root: ${id}`, [goodLeaf], { roots: bundle(root) }),
      caseOf(`root: ${id}, good one beside it`, [goodLeaf], { roots: bundle(root, goodRoot) }),
      caseOf(`root: ${id}, good one before it`, [goodLeaf], { roots: bundle(goodRoot, root) }),
      caseOf(`root: ${id}, also sent`, [goodLeaf, root], { roots: bundle(root) }),
      caseOf(`root: ${id}, intermediate below`, [goodDeepLeaf, goodMiddle], { roots: bundle(root) }),
    ];
  });
}

export function intermediateCases(): Case[] {
  return authorityFaults.flatMap(([id, changes]) => {
    const middle = mint(middleSpec(changes));
    const issuer = changes.subject ?? middleName;
    const leaf = mint(deepLeafSpec({ issuer }));
    return [
      caseOf(`intermediate: ${id}`, [leaf, middle]),
      caseOf(`intermediate: ${id}, as anchor`, [leaf], { roots: bundle(middle) }),
      caseOf(`intermediate: ${id}, good one beside it`, [leaf, middle, goodMiddle]),
      caseOf(`intermediate: ${id}, not needed`, [goodLeaf, middle]),
      caseOf(`intermediate: ${id}, wrong host`, [leaf, middle], { host: 'other' }),
    ];
  });
}

function selfSigned(
  name: Buffer,
  key: TestKey,
  extensions: readonly Buffer[] = usual,
  changes: Partial<CertificateSpec> = {},
): Buffer {
  return mint({ issuer: name, subject: name, spki: key.spki, signer: key, extensions, ...changes });
}

/** Certificates in odd orders, numbers and relations. */
export function chainCases(): Case[] {
  const rogueRoot = selfSigned(rootName, rogueKey);
  const rogueLeaf = mint(leafSpec({ signer: rogueKey }));
  const organizationOnly = selfSigned(nameOf(['2.5.4.10', printable('Org')]), rootKey);
  const nameless = selfSigned(sequence(), rootKey);
  const oddNamed = selfSigned(nameOf('a "quoted"\n\\ name \u00e4\u200b\u{1f600}'), rootKey);
  const named = (name: Buffer, signer: TestKey) => mint(leafSpec({ issuer: name, signer }));
  const crossOld = selfSigned(nameOf('old'), testKey('p256', 'old'), usual, {
    notAfter: utcTime('260101000000Z'),
  });
  const crossed = mint(rootSpec({ issuer: nameOf('old'), signer: testKey('p256', 'old') }));
  const middleOfOther = mint(middleSpec({ issuer: nameOf('other-root'), signer: rogueKey }));
  const loopA = mint(rootSpec({ issuer: middleName, subject: rootName, signer: middleKey }));
  const lookAlikes = Array.from({ length: 120 }, (_, i) =>
    mint(middleSpec({ spki: testKey('p256', `alike ${i % 7}`).spki, serial: integer(1000 + i) })),
  );
  const selfIssuedMiddle = mint(rootSpec({ spki: middleKey.spki, extensions: [basicConstraints(true, 0)] }));
  const selfIssuedLeafCa = mint(middleSpec({ issuer: rootName, subject: rootName, spki: leafKey.spki }));
  const ladder = makeLadder(6);
  return [
    caseOf('chain: nothing sent', []),
    caseOf('chain: intermediate missing', [goodDeepLeaf]),
    caseOf('chain: intermediate sent', [goodDeepLeaf, goodMiddle]),
    caseOf('chain: intermediate first', [goodMiddle, goodDeepLeaf]),
    caseOf('chain: intermediate twice', [goodDeepLeaf, goodMiddle, goodMiddle]),
    caseOf('chain: leaf twice', [goodLeaf, goodLeaf]),
    caseOf('chain: root sent', [goodDeepLeaf, goodMiddle, goodRoot]),
    caseOf('chain: root before intermediate', [goodDeepLeaf, goodRoot, goodMiddle]),
    caseOf('chain: rubbish after the leaf', [goodLeaf, Buffer.from('rubbish')]),
    caseOf('chain: empty after the leaf', [goodLeaf, Buffer.alloc(0)]),
    caseOf('chain: leaf is rubbish', [Buffer.from('rubbish')]),
    caseOf('chain: large key after the leaf', [goodLeaf, mint(middleSpec({ spki: largeKey }))]),
    caseOf('chain: large key, then rubbish', [
      goodLeaf,
      mint(middleSpec({ spki: largeKey })),
      Buffer.from('rubbish'),
    ]),
    caseOf('chain: large key in the bundle', [goodLeaf], {
      roots: bundle(goodRoot, mint(rootSpec({ subject: nameOf('large'), spki: largeKey }))),
    }),
    caseOf('chain: rogue of the same name', [rogueLeaf, rogueRoot]),
    caseOf('chain: rogue of the same name, not sent', [rogueLeaf]),
    caseOf('chain: rogue and genuine in the bundle', [goodLeaf], { roots: bundle(rogueRoot, goodRoot) }),
    caseOf('chain: rogue sent beside the genuine one', [goodDeepLeaf, rogueRoot, goodMiddle]),
    caseOf('chain: organization as hint', [named(nameOf(['2.5.4.10', printable('Org')]), rogueKey)], {
      roots: bundle(organizationOnly),
    }),
    caseOf('chain: serial as hint', [named(sequence(), rogueKey)], { roots: bundle(nameless) }),
    caseOf(
      'chain: odd name as hint',
      [named(nameOf('a "quoted"\n\\ name \u00e4\u200b\u{1f600}'), rogueKey)],
      { roots: bundle(oddNamed) },
    ),
    caseOf('chain: self-signed leaf', [selfSigned(nameOf('node-1'), leafKey, [altNames(leafNames)])]),
    caseOf(
      'chain: self-signed leaf in the bundle',
      [selfSigned(nameOf('node-1'), leafKey, [altNames(leafNames)])],
      { roots: bundle(selfSigned(nameOf('node-1'), leafKey, [altNames(leafNames)])) },
    ),
    caseOf('chain: leaf in the bundle', [goodLeaf], { roots: bundle(goodLeaf) }),
    caseOf('chain: expired leaf in the bundle', [mint(leafSpec({ notAfter: utcTime('260101000000Z') }))], {
      roots: bundle(mint(leafSpec({ notAfter: utcTime('260101000000Z') }))),
    }),
    ...leafInBundle(),
    caseOf('chain: old root, crossed', [goodDeepLeaf, goodMiddle, crossed], { roots: bundle(crossOld) }),
    caseOf('chain: old root, crossed, new root too', [goodDeepLeaf, goodMiddle, crossed], {
      roots: bundle(crossOld, goodRoot),
    }),
    caseOf('chain: crossed as anchor', [goodDeepLeaf, goodMiddle], { roots: bundle(crossed) }),
    caseOf('chain: intermediate of another root first', [goodDeepLeaf, middleOfOther, goodMiddle]),
    caseOf('chain: loop', [goodDeepLeaf, goodMiddle, loopA], { roots: bundle(rogueRoot) }),
    caseOf('chain: loop with a way out', [goodDeepLeaf, goodMiddle, loopA]),
    caseOf('chain: 120 look-alikes', [goodDeepLeaf, ...lookAlikes]),
    caseOf('chain: 120 look-alikes, then the genuine one', [goodDeepLeaf, ...lookAlikes, goodMiddle]),
    caseOf('chain: genuine one, then 120 look-alikes', [goodDeepLeaf, goodMiddle, ...lookAlikes]),
    caseOf('chain: 90 look-alikes, then the genuine one', [
      goodDeepLeaf,
      ...lookAlikes.slice(0, 90),
      goodMiddle,
    ]),
    caseOf('chain: self-issued intermediate', [mint(leafSpec({ signer: middleKey })), selfIssuedMiddle]),
    caseOf('chain: self-issued twice', [
      mint(leafSpec({ signer: leafKey })),
      selfIssuedLeafCa,
      selfIssuedMiddle,
    ]),
    ...ladder.map((chain, i) => caseOf(`chain: ${i} intermediates`, chain)),
    ...keyIdCases(),
    caseOf('chain: RSA-PSS key as authority', [goodLeaf], {
      roots: bundle(mint(rootSpec({ spki: pssOnlyKey })), goodRoot),
    }),
    caseOf(
      'chain: signed by PSS',
      [
        mint(
          leafSpec({ issuer: nameOf('rsa'), signer: testKey('rsa2048', 'root'), scheme: pss('sha256', 32) }),
        ),
      ],
      {
        roots: bundle(
          selfSigned(nameOf('rsa'), testKey('rsa2048', 'root'), usual, { scheme: pss('sha512', 64) }),
        ),
      },
    ),
  ];
}

function leafInBundle(): Case[] {
  const faults: readonly Fault[] = [
    ['client usage', { extensions: [altNames(leafNames), extendedKeyUsage(clientAuth)] }],
    ['explicit policy', { extensions: [altNames(leafNames), policyConstraints(0)] }],
    ['unknown critical', { extensions: [altNames(leafNames), extension('1.2.3.4', nothing, true)] }],
    ['key of no use', { spki: pssOnlyKey }],
    ['forged', { alterSignature: () => Buffer.from('30', 'hex') }],
  ];
  return faults.map(([id, changes]) => {
    const leaf = mint(leafSpec(changes));
    return caseOf(`chain: leaf in the bundle, ${id}`, [leaf], { roots: bundle(leaf) });
  });
}

const largeModulus = integer((1n << 8200n) + 1n);
const rsaBits = (...parameters: readonly Buffer[]) =>
  sequence(
    sequence(...parameters),
    Buffer.concat([Buffer.from([0x03, 0x82, 0x04, 0x0e, 0x00]), sequence(largeModulus, integer(65537))]),
  );
const largeKey = rsaBits(Buffer.from('06092a864886f70d010101', 'hex'), nothing);
const pssOnlyKey = sequence(
  sequence(Buffer.from('06092a864886f70d01010a', 'hex')),
  Buffer.from('030400300100', 'hex'),
);

/** Chains with 0, 1, 2, … intermediates, below a root that allows two. */
function makeLadder(height: number): Buffer[][] {
  const chains: Buffer[][] = [];
  const authorities: Buffer[] = [];
  let issuer = rootName;
  let signer = rootKey;
  for (let i = 0; i <= height; i += 1) {
    chains.push([mint(leafSpec({ issuer, signer })), ...authorities.toReversed()]);
    const subject = nameOf(`step ${i}`);
    const key = testKey('p256', `step ${i}`);
    const limit = i === 2 ? 2 : undefined;
    authorities.push(
      mint(
        rootSpec({ issuer, subject, spki: key.spki, signer, extensions: [basicConstraints(true, limit)] }),
      ),
    );
    issuer = subject;
    signer = key;
  }
  return chains;
}

/** Two anchors that both fail, each in its own way: the hint tells which was tried first. */
function keyIdCases(): Case[] {
  const ids = [null, 'aa', 'bb'] as const;
  const withId = (id: string | null) => (id === null ? [] : [subjectKeyId(id)]);
  return ids.flatMap((wanted) =>
    ids.flatMap((genuine) =>
      ids.map((rogue) => {
        const roots = bundle(
          mint(rootSpec({ extensions: [...usual, ...withId(rogue)], spki: rogueKey.spki, signer: rogueKey })),
          mint(rootSpec({ extensions: [basicConstraints(false), ...withId(genuine)] })),
        );
        const extensions = [altNames(leafNames), ...(wanted === null ? [] : [authorityKeyId(wanted)])];
        return caseOf(
          `key ids: ${wanted}, genuine ${genuine}, rogue ${rogue}`,
          [mint(leafSpec({ extensions }))],
          { roots },
        );
      }),
    ),
  );
}

/** The bundle as text, with everything that can surround a certificate. */
export function bundleCases(): Case[] {
  const good = pem(goodRoot);
  const broken = pem(Buffer.from('rubbish'));
  const texts: readonly (readonly [string, string])[] = [
    ['other label', pem(goodRoot, 'TRUSTED CERTIFICATE')],
    ['old label', pem(goodRoot, 'X509 CERTIFICATE')],
    ['with headers', pem(goodRoot, 'CERTIFICATE', 'Proc-Type: 4,ENCRYPTED')],
    ['with headers, then good', pem(goodRoot, 'CERTIFICATE', 'A: b') + good],
    ['broken only', broken],
    ['broken, then good', broken + good],
    ['good, then broken', good + broken],
    ['key, then good', pem(Buffer.from('key'), 'EC PRIVATE KEY') + good],
    ['key only', pem(Buffer.from('key'), 'EC PRIVATE KEY')],
    ['key only, blank line', `${pem(Buffer.from('key'), 'EC PRIVATE KEY')}\n`],
    ['text around', `subject: x\n${good}after\n`],
    ['text before on the same line', `x${good}`],
    ['carriage returns', good.replaceAll('\n', '\r\n')],
    ['spaces at line ends', good.replaceAll('\n', '  \t\n')],
    ['spaces at line starts', good.replaceAll('\n', '\n ')],
    ['one long line', good.replaceAll(/([^-])\n(?!-)/g, '$1')],
    ['no final newline', good.trimEnd()],
    ['text after the end', good.replace('-----END CERTIFICATE-----', '-----END CERTIFICATE----- x')],
    ['labels differ', good.replace('END CERTIFICATE', 'END CERTIFICATES')],
    ['labels differ, then good', good.replace('END CERTIFICATE', 'END CERTIFICATES') + good],
    ['dashes missing', good.replace('-----END CERTIFICATE-----', '-----END CERTIFICATE----')],
    ['begin twice', `-----BEGIN CERTIFICATE-----\n${good}`],
    ['stray character', good.replace('M', '*')],
    ['padding in the middle', good.replace('M', '=')],
    ['body cut', good.replace(/.\n-----END/, '\n-----END')],
    ['empty block', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n'],
    ['empty block, then good', `-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n${good}`],
    ['colon in the body', good.replace('\n', '\nx: y\n')],
    ['trailing octet in it', pem(Buffer.concat([goodRoot, Buffer.from([0])]))],
    ['twice the same', good + good],
    ['lower case', good.replaceAll('CERTIFICATE', 'certificate')],
    ['byte order mark', `\ufeff${good}`],
    ['words only', 'no certificate here'],
    ['two in one line', good.trimEnd() + good],
    [
      'certificate with private key behind',
      `${good}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n`,
    ],
  ];
  return texts.map(([id, roots]) => caseOf(`bundle: ${id}`, [goodLeaf], { roots }));
}

/** Policies down a chain of an intermediate, an issuing CA and a leaf. */
export function policyCases(): Case[] {
  const any = '2.5.29.32.0';
  const choices: readonly (readonly [string, readonly Buffer[]])[] = [
    ['none', []],
    ['one', [policies('1.2.3')]],
    ['two', [policies('1.2.3', '1.2.4')]],
    ['other', [policies('1.2.5')]],
    ['any', [policies(any)]],
    ['any and one', [policies(any, '1.2.3')]],
    ['demanding', [policies('1.2.3'), policyConstraints(0)]],
    ['demanding later', [policies(any), policyConstraints(1)]],
    ['mapping', [policies('1.2.3'), policyMappings(['1.2.3', '1.2.4'])]],
    ['mapping from any', [policies(any), policyMappings(['1.2.3', '1.2.5'])]],
    ['mapping any', [policies(any), policyMappings([any, '1.2.5'])]],
    ['no mapping', [policies('1.2.3'), policyConstraints(null, 0)]],
    ['no any', [policies(any), inhibitAnyPolicy(0)]],
    ['no any later', [policies(any), inhibitAnyPolicy(1), policyConstraints(0)]],
  ];
  return choices.flatMap(([first, upper]) =>
    choices.flatMap(([second, lower]) =>
      choices
        .filter(([third]) => ['none', 'one', 'any', 'demanding'].includes(third))
        .map(([third, own]) => {
          const middle = cached(`upper ${first}`, () =>
            mint(middleSpec({ extensions: [basicConstraints(true), ...upper] })),
          );
          const issuing = cached(`lower ${second}`, () =>
            mint(
              rootSpec({
                issuer: middleName,
                subject: nameOf('issuing'),
                spki: rogueKey.spki,
                signer: middleKey,
                extensions: [basicConstraints(true), ...lower],
              }),
            ),
          );
          const leaf = cached(`own ${third}`, () =>
            mint(
              leafSpec({
                issuer: nameOf('issuing'),
                signer: rogueKey,
                extensions: [altNames([ip('10.0.0.11')]), ...own],
              }),
            ),
          );
          return caseOf(`policies: ${first} / ${second} / ${third}`, [leaf, issuing, middle]);
        }),
    ),
  );
}

const minted = new Map<string, Buffer>();

function cached(id: string, make: () => Buffer): Buffer {
  const known = minted.get(id) ?? make();
  minted.set(id, known);
  return known;
}

/** Client certificates, as kube-apiserver judges a kubelet's. */
export function clientCases(): Case[] {
  const usages: readonly (readonly [string, readonly Buffer[]])[] = [
    ['client', [extendedKeyUsage(clientAuth)]],
    ['server', [extendedKeyUsage(serverAuth)]],
    ['any', [extendedKeyUsage(anyUsage)]],
    ['none', []],
    ['dsa-like key', [extendedKeyUsage(clientAuth)]],
  ];
  const client = { client: true, host: '' };
  return [
    ...usages.map(([id, extensions], i) =>
      caseOf(`client: ${id}`, [mint(leafSpec({ extensions, ...(i === 4 && { spki: pssOnlyKey }) }))], client),
    ),
    caseOf('client: nothing', [], client),
    caseOf('client: rubbish', [Buffer.from('rubbish')], client),
    caseOf('client: large key', [mint(leafSpec({ spki: largeKey }))], client),
    caseOf(
      'client: expired',
      [mint(leafSpec({ notAfter: utcTime('260101000000Z'), extensions: [] }))],
      client,
    ),
    caseOf('client: rogue', [mint(leafSpec({ signer: rogueKey, extensions: [] }))], client),
    caseOf(
      'client: intermediate',
      [mint(deepLeafSpec({ extensions: [extendedKeyUsage(clientAuth)] })), goodMiddle],
      client,
    ),
    caseOf('client: intermediate missing', [mint(deepLeafSpec({ extensions: [] }))], client),
    caseOf('client: rsa 768', [mint(leafSpec({ spki: testKey('rsa768').spki, extensions: [] }))], client),
  ];
}

import {
  basicConstraints,
  keyUsage,
  mint,
  nameOf,
  nothing,
  oid,
  pss,
  schemes,
  sequence,
  testKey,
} from '../certificate-builder';
import { type Case, caseOf, goodRoot, leafSpec, rootKey } from './case';
import { extensionFaults, keyFaults, usual } from './leaf-extension-faults';
import { formFaults, type LeafFault, nameFaults, timeFaults } from './leaf-faults';

const leafFaults: readonly LeafFault[] = [
  ...formFaults,
  ...timeFaults,
  ...nameFaults,
  ...keyFaults,
  ...extensionFaults,
];

/** Each fault for an address that matches, a name that matches, and a host that does not. */
export function leafCases(): Case[] {
  return leafFaults.flatMap(([id, changes]) => {
    const leaf = mint(leafSpec(changes));
    return ['10.0.0.11', 'node-1', '10.0.0.12'].map((host) =>
      caseOf(`leaf: ${id}, ${host}`, [leaf], { host }),
    );
  });
}

/** Two faults in one leaf: the order of the checks shows. */
export function pairCases(): Case[] {
  const chosen = [
    'expired',
    'unknown critical',
    'usage client',
    'key dsa',
    'signature flipped',
    'subject printable at',
    'issuer printable',
    'key rsa 8193',
    'key rsa 768',
    'serial negative',
    'policy constraints',
  ];
  const faults = leafFaults.filter(([id]) => chosen.includes(id));
  return faults.flatMap(([id, changes], i) =>
    faults.slice(i + 1).flatMap(([otherId, otherChanges]) => {
      const extensions = [
        ...(changes.extensions ?? usual),
        ...(otherChanges.extensions ?? []).slice(changes.extensions === undefined ? 0 : usual.length),
      ];
      const leaf = mint(leafSpec({ ...changes, ...otherChanges, extensions: withoutRepeats(extensions) }));
      return ['10.0.0.11', 'other'].map((host) =>
        caseOf(`pair: ${id} and ${otherId}, ${host}`, [leaf], { host }),
      );
    }),
  );
}

function withoutRepeats(extensions: readonly Buffer[]): Buffer[] {
  return extensions.filter((one, i) => extensions.findIndex((other) => other.equals(one)) === i);
}

/** How the leaf was signed: by keys and under algorithms of every kind. */
export function signatureCases(): Case[] {
  const rsaRoot = testKey('rsa2048', 'root');
  const tried = [
    [rootKey, schemes.ecdsaSha1],
    [rootKey, schemes.ecdsaSha224],
    [rootKey, schemes.ecdsaSha384],
    [rootKey, schemes.ecdsaSha512],
    [testKey('p224', 'root'), schemes.ecdsaSha256],
    [testKey('p384', 'root'), schemes.ecdsaSha384],
    [testKey('p521', 'root'), schemes.ecdsaSha512],
    [testKey('ed25519', 'root'), schemes.ed25519],
    [testKey('ed448', 'root'), schemes.ed448],
    [testKey('rsa1024', 'root'), schemes.rsaSha256],
    [testKey('rsa768', 'root'), schemes.rsaSha256],
    [rsaRoot, schemes.rsaMd5],
    [rsaRoot, schemes.rsaSha1],
    [rsaRoot, schemes.rsaSha1Iso],
    [rsaRoot, schemes.rsaSha224],
    [rsaRoot, schemes.rsaSha256],
    [rsaRoot, schemes.rsaSha384],
    [rsaRoot, schemes.rsaSha512],
    [rsaRoot, schemes.rsaSha3],
    [rsaRoot, pss('sha256', 32)],
    [rsaRoot, pss('sha384', 48)],
    [rsaRoot, pss('sha512', 64)],
    [rsaRoot, pss('sha256', 20)],
    [rsaRoot, pss('sha256', 0)],
    [rsaRoot, pss('sha256', 32, { mask: 'sha384' })],
    [rsaRoot, pss('sha256', 32, { trailer: 1 })],
    [rsaRoot, pss('sha256', 32, { trailer: 2 })],
    [rsaRoot, pss('sha256', 32, { bare: true })],
    [rsaRoot, { ...schemes.ecdsaSha256, sign: schemes.rsaSha256.sign }],
    [rsaRoot, { ...schemes.ed25519, sign: schemes.rsaSha256.sign }],
    [rsaRoot, schemes.dsaSha256],
    [rootKey, schemes.dsaSha1],
    [rootKey, { ...schemes.rsaSha256, sign: schemes.ecdsaSha256.sign }],
    [testKey('ed25519', 'root'), { ...schemes.ecdsaSha256, sign: schemes.ed25519.sign }],
    [
      testKey('ed25519', 'root'),
      { algorithm: sequence(oid('1.3.101.112'), nothing), sign: schemes.ed25519.sign },
    ],
    [rsaRoot, { algorithm: sequence(oid('1.2.840.113549.1.1.11')), sign: schemes.rsaSha256.sign }],
    [rsaRoot, { algorithm: sequence(oid('1.2.840.113549.1.1.10')), sign: schemes.rsaSha256.sign }],
  ] as const;
  return tried.flatMap(([key, scheme], i) => {
    const subject = nameOf(`ca ${i}`);
    const extensions = [keyUsage(5), basicConstraints(true)];
    const usualKey =
      key.word.startsWith('rsa') || key.word.startsWith('ed') ? undefined : schemes.ecdsaSha256;
    const root = mint({
      issuer: subject,
      subject,
      spki: key.spki,
      signer: key,
      extensions,
      ...(usualKey && { scheme: usualKey }),
    });
    const leaf = mint(leafSpec({ issuer: subject, signer: key, scheme }));
    const forged = mint(
      leafSpec({
        issuer: subject,
        signer: key,
        scheme,
        alterSignature: (made) => Buffer.from(made.map((octet, at) => (at === 9 ? octet ^ 4 : octet))),
      }),
    );
    const roots = [root, goodRoot]
      .map((one) => one.toString('base64'))
      .map((one) => `-----BEGIN CERTIFICATE-----\n${one}\n-----END CERTIFICATE-----\n`)
      .join('');
    return [
      caseOf(`signature ${i}: ${key.word}`, [leaf], { roots }),
      caseOf(`signature ${i}, forged: ${key.word}`, [forged], { roots }),
    ];
  });
}

import {
  altNames,
  basicConstraints,
  type CertificateSpec,
  dns,
  extendedKeyUsage,
  ip,
  keyUsage,
  mint,
  nameOf,
  pem,
  serverAuth,
  testKey,
} from '../certificate-builder';

/** One question to both verifiers. */
export interface Case {
  readonly id: string;
  readonly chain: readonly Buffer[];
  readonly roots: string;
  readonly host: string;
  readonly now: string;
  readonly client: boolean;
}

export const present = '2026-06-01T12:00:00Z';

export const rootKey = testKey('p256', 'root');
export const middleKey = testKey('p256', 'middle');
export const leafKey = testKey('p256', 'leaf');
export const rogueKey = testKey('p256', 'rogue');

export const rootName = nameOf('test-ca');
export const middleName = nameOf('test-intermediate');
export const leafName = nameOf(['2.5.4.10', nameOrganization()], 'system:node:node-1');

function nameOrganization(): Buffer {
  return Buffer.concat([Buffer.from([0x0c, 12]), Buffer.from('system:nodes')]);
}

export const leafNames = [dns('node-1'), dns('*.nodes.example'), ip('10.0.0.11')];

/** A kubelet's serving certificate as a cluster issues it, straight from the root unless changed. */
export function leafSpec(changes: Partial<CertificateSpec> = {}): CertificateSpec {
  return {
    issuer: rootName,
    subject: leafName,
    spki: leafKey.spki,
    signer: rootKey,
    extensions: [keyUsage(0, 2), extendedKeyUsage(serverAuth), basicConstraints(false), altNames(leafNames)],
    ...changes,
  };
}

export function rootSpec(changes: Partial<CertificateSpec> = {}): CertificateSpec {
  return {
    issuer: rootName,
    subject: rootName,
    spki: rootKey.spki,
    signer: rootKey,
    extensions: [keyUsage(5, 6), basicConstraints(true)],
    ...changes,
  };
}

export function middleSpec(changes: Partial<CertificateSpec> = {}): CertificateSpec {
  return rootSpec({ subject: middleName, spki: middleKey.spki, ...changes });
}

/** A leaf below the intermediate. */
export function deepLeafSpec(changes: Partial<CertificateSpec> = {}): CertificateSpec {
  return leafSpec({ issuer: middleName, signer: middleKey, ...changes });
}

export const goodRoot = mint(rootSpec());
export const goodMiddle = mint(middleSpec());
export const goodLeaf = mint(leafSpec());
export const goodDeepLeaf = mint(deepLeafSpec());

export function bundle(...certificates: readonly Buffer[]): string {
  return certificates.map((certificate) => pem(certificate)).join('');
}

export function caseOf(
  id: string,
  chain: readonly Buffer[],
  changes: Partial<Omit<Case, 'id' | 'chain'>> = {},
): Case {
  return { id, chain, roots: bundle(goodRoot), host: '10.0.0.11', now: present, client: false, ...changes };
}

/** A small generator of numbers, so that a failing case can be made again. */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

import type { GrantedUsages, KeyUsageBit } from '../pki/certificate-template';
import { backdateMs, type Validity } from '../pki/validity';
import { goQuoteList } from '../wire/go-quote';

/**
 * What a signer grants: the usages that were asked for, and a time within bounds. Pure.
 * Source: pkg/controller/certificates/authority/policies.go (PermissiveSigningPolicy), signer/signer.go (sign, duration).
 */
export interface Asked {
  readonly usages: readonly string[];
  readonly expirationSeconds?: number | undefined;
}

export interface SigningLimits {
  /** --cluster-signing-duration. */
  readonly durationMs: number;
  /** When the authority's own certificate ends. */
  readonly signerNotAfter: Date;
  readonly now: Date;
}

/** A text instead is Go's error: nothing can be signed now. */
export function signingPolicy(asked: Asked, limits: SigningLimits): (GrantedUsages & Validity) | string {
  const usages = grantedUsages(asked.usages);
  if (typeof usages === 'string') return usages;
  const validity = grantedValidity(asked.expirationSeconds, limits);
  return typeof validity === 'string' ? validity : { ...usages, ...validity };
}

/** Twice what is back-dated. */
const shortestMs = 10 * 60 * 1000;
/** Below that, five minutes of back-dating are not taken off at the end. */
const shortLivedMs = 8 * 60 * 60 * 1000;

function grantedValidity(
  expirationSeconds: number | undefined,
  { durationMs, signerNotAfter, now }: SigningLimits,
): Validity | string {
  const lifetimeMs =
    expirationSeconds === undefined
      ? durationMs
      : Math.min(durationMs, Math.max(shortestMs, expirationSeconds * 1000));
  const notBefore = new Date(now.getTime() - backdateMs);
  const end = now.getTime() + lifetimeMs - (lifetimeMs < shortLivedMs ? 0 : backdateMs);
  if (notBefore >= signerNotAfter) return `the signer has expired: NotAfter=${goTime(signerNotAfter)}`;
  if (now >= signerNotAfter) {
    return `refusing to sign a certificate that expired in the past: NotAfter=${goTime(signerNotAfter)}`;
  }
  return { notBefore, notAfter: new Date(Math.min(end, signerNotAfter.getTime())) };
}

/** time.Time as fmt prints it: certificates count whole seconds of UTC. */
function goTime(at: Date): string {
  return at.toISOString().replace(/^(.*)T(.*)\.\d+Z$/, '$1 $2 +0000 UTC');
}

function grantedUsages(usages: readonly string[]): GrantedUsages | string {
  const unknown = usages.filter((usage) => !Object.hasOwn(bits, usage) && !Object.hasOwn(purposes, usage));
  if (unknown.length > 0) return `unrecognized usage values: ${goQuoteList(unknown)}`;
  const granted = new Set(usages.flatMap((usage) => bits[usage] ?? []));
  const order = Object.keys(purposes);
  const named = usages
    .filter((usage) => Object.hasOwn(purposes, usage))
    .sort((a, b) => order.indexOf(a) - order.indexOf(b));
  return {
    keyUsages: [...granted],
    extendedKeyUsages: [...new Set(named.map((usage) => purposes[usage] ?? ''))],
  };
}

const bits: Readonly<Record<string, KeyUsageBit>> = {
  signing: 'digitalSignature',
  'digital signature': 'digitalSignature',
  'content commitment': 'contentCommitment',
  'key encipherment': 'keyEncipherment',
  'key agreement': 'keyAgreement',
  'data encipherment': 'dataEncipherment',
  'cert sign': 'keyCertSign',
  'crl sign': 'cRLSign',
  'encipher only': 'encipherOnly',
  'decipher only': 'decipherOnly',
};

/** In the order of Go's constants, which is that of the certificate (crypto/x509, ExtKeyUsage). */
const purposes: Readonly<Record<string, string>> = {
  any: '2.5.29.37.0',
  'server auth': '1.3.6.1.5.5.7.3.1',
  'client auth': '1.3.6.1.5.5.7.3.2',
  'code signing': '1.3.6.1.5.5.7.3.3',
  'email protection': '1.3.6.1.5.5.7.3.4',
  's/mime': '1.3.6.1.5.5.7.3.4',
  'ipsec end system': '1.3.6.1.5.5.7.3.5',
  'ipsec tunnel': '1.3.6.1.5.5.7.3.6',
  'ipsec user': '1.3.6.1.5.5.7.3.7',
  timestamping: '1.3.6.1.5.5.7.3.8',
  'ocsp signing': '1.3.6.1.5.5.7.3.9',
  'microsoft sgc': '1.3.6.1.4.1.311.10.3.3',
  'netscape sgc': '2.16.840.1.113730.4.1',
};

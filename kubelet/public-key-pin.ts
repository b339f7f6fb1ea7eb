import { createHash } from 'node:crypto';
import { parseCertificate } from '../wire/certificate';
import { pemBlocks } from '../wire/pem';

/** Pins of public keys, `sha256:HEX` over SubjectPublicKeyInfo. Source: cmd/kubeadm/app/util/pubkeypin/pubkeypin.go. */
export function pinOf(rawPublicKey: Buffer): string {
  return `sha256:${createHash('sha256').update(rawPublicKey).digest('hex')}`;
}

/** The pins of the certificates of a bundle, in their order. Throws when one of them cannot be read. */
export function pinsOf(bundlePem: string): string[] {
  return pemBlocks(bundlePem)
    .filter(({ label }) => label === 'CERTIFICATE')
    .map(({ der }) => {
      const certificate = parseCertificate(der);
      if (certificate.kind === 'unreadable-certificate') throw new Error(certificate.text);
      return pinOf(certificate.rawPublicKey);
    });
}

const KNOWN = 'Known format(s) are: sha256';

/** What is wrong with a pin that somebody gave, or null. */
export function pinFault(pin: string): string | null {
  const parts = pin.split(':');
  const [format = '', value = ''] = parts;
  if (parts.length !== 2) return `invalid hash, expected "format:hex-value". ${KNOWN}`;
  if (format.toLowerCase() !== 'sha256') return `unknown hash format ${JSON.stringify(format)}. ${KNOWN}`;
  const octets = value.length >> 1;
  if (octets !== 32) {
    return `invalid hash ${JSON.stringify(pin)}, expected a 32 byte SHA-256 hash, found ${octets} bytes`;
  }
  const wrong = /[^0-9a-f]/i.exec(value)?.[0];
  if (wrong === undefined) return value.length === 64 ? null : oddLength(pin);
  const named = `invalid byte: U+${wrong.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')} '${wrong}'`;
  return `invalid hash ${JSON.stringify(pin)}, could not decode SHA-256 from hex: encoding/hex: ${named}`;
}

function oddLength(pin: string): string {
  return `invalid hash ${JSON.stringify(pin)}, could not decode SHA-256 from hex: encoding/hex: odd length hex string`;
}

/** Null, or kubeadm's words for a bundle none of whose keys is pinned. */
export function unpinned(bundlePem: string, pins: readonly string[]): string | null {
  const wanted = new Set(pins.map((pin) => pin.toLowerCase()));
  const found = pinsOf(bundlePem);
  if (found.some((pin) => wanted.has(pin))) return null;
  return `none of the public keys ${JSON.stringify(found.join(':'))} are pinned`;
}

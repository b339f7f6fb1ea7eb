import { constructedContextTag, contextTag, tags } from '../wire/der';
import { parseIp } from '../wire/ip-address';
import type { AltNames } from './certificate-template';
import { encodeDer, encodeOid } from './encode-der';

/** Extensions (RFC 5280 §4.1.2.9) in DER: those of certificates, and those that requests ask for. */
export function extension(oid: string, value: Buffer, weight?: 'critical'): Buffer {
  const critical = weight === 'critical' ? [isTrue] : [];
  return encodeDer(tags.sequence, encodeOid(oid), ...critical, encodeDer(tags.octetString, value));
}

export const isTrue = encodeDer(tags.boolean, Buffer.from([0xff]));

/** [] when there are no names: an empty one is not allowed. */
export function subjectAltName(altNames: AltNames, weight?: 'critical'): Buffer[] {
  const names = generalNames(altNames);
  return names.length === 0 ? [] : [extension('2.5.29.17', encodeDer(tags.sequence, ...names), weight)];
}

/** nameConstraints (RFC 5280 §4.2.1.10) that forbid each of these names: a domain with all below it, a single address. */
export function excludedSubtrees({ dnsNames, ipAddresses }: AltNames): Buffer[] {
  const bases = [
    ...dnsNames.map((name) => encodeDer(contextTag(2), Buffer.from(name, 'latin1'))),
    ...ipAddresses.map((address) => {
      const octets = octetsOf(address);
      return encodeDer(contextTag(7), octets, Buffer.alloc(octets.length, 0xff));
    }),
  ];
  if (bases.length === 0) return [];
  const subtrees = bases.map((base) => encodeDer(tags.sequence, base));
  const excluded = encodeDer(constructedContextTag(1), ...subtrees);
  return [extension('2.5.29.30', encodeDer(tags.sequence, excluded), 'critical')];
}

/** GeneralName, RFC 5280 §4.2.1.6. */
function generalNames({ dnsNames, emailAddresses = [], ipAddresses, uris = [] }: AltNames): Buffer[] {
  const text = (tag: number, values: readonly string[]): Buffer[] =>
    values.map((value) => encodeDer(contextTag(tag), Buffer.from(value, 'latin1')));
  return [
    ...text(2, dnsNames),
    ...text(1, emailAddresses),
    ...ipAddresses.map((address) => encodeDer(contextTag(7), octetsOf(address))),
    ...text(6, uris),
  ];
}

function octetsOf(address: string): Buffer {
  const octets = parseIp(address);
  if (octets === null) throw new Error(`not an IP address: "${address}"`);
  return octets;
}

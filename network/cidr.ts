import { isIPv4 } from 'node:net';

/** An IPv4 prefix. The fabric's virtual networks are IPv4 only. */
export interface Cidr {
  /** Network address as an unsigned 32-bit number. */
  readonly network: number;
  readonly prefixLength: number;
}

/** Throws a RangeError for anything but dotted IPv4: prefixes are written by the lab, never by a user. */
export function parseCidr(text: string): Cidr {
  const [address = '', length = '32'] = text.split('/');
  const prefixLength = Number(length);
  if (!isIPv4(address) || !Number.isInteger(prefixLength) || prefixLength < 0 || prefixLength > 32) {
    throw new RangeError(`not an IPv4 prefix: "${text}"`);
  }
  return { network: (ipv4ToNumber(address) & mask(prefixLength)) >>> 0, prefixLength };
}

export function cidrContains(cidr: Cidr, address: string): boolean {
  return isIPv4(address) && (ipv4ToNumber(address) & mask(cidr.prefixLength)) >>> 0 === cidr.network;
}

/** The addresses for hosts, the last one first: neither that of the network nor the one for all. */
export function* hostsFromLast({ network, prefixLength }: Cidr): Generator<string> {
  for (let number = network + 2 ** (32 - prefixLength) - 2; number > network; number -= 1) {
    yield [24, 16, 8, 0].map((shift) => (number >>> shift) & 0xff).join('.');
  }
}

function ipv4ToNumber(address: string): number {
  return address.split('.').reduce((number, octet) => number * 256 + Number(octet), 0);
}

function mask(prefixLength: number): number {
  return prefixLength === 0 ? 0 : (0xffffffff << (32 - prefixLength)) >>> 0;
}

/** Dotted IPv4. */
export function isIPv4Address(text: string): boolean {
  return isIPv4(text);
}

/** Whether `parseCidr` takes it, with its length written out. */
export function isIPv4Cidr(text: string): boolean {
  const [address = '', length = ''] = text.split('/');
  return isIPv4(address) && /^\d{1,2}$/.test(length) && Number(length) <= 32;
}

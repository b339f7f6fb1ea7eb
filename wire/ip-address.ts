/** IP addresses as octets, read and written like Go's net and netip packages do: that is what certificates are compared with. */

/** 4 or 16 octets; null when Go's net.ParseIP would not read it (leading zeros, a zone, brackets, anything else). */
export function parseIp(text: string): Buffer | null {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): Buffer | null {
  const fields = text.split('.');
  if (
    fields.length !== 4 ||
    !fields.every((field) => /^(0|[1-9]\d{0,2})$/.test(field) && Number(field) <= 255)
  ) {
    return null;
  }
  return Buffer.from(fields.map(Number));
}

function parseIpv6(text: string): Buffer | null {
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0) return null;
  const before = groupsOf(head, tail === undefined);
  const after = tail === undefined ? [] : groupsOf(tail, true);
  if (before === null || after === null) return null;
  const missing = 16 - before.length - after.length;
  // A `::` stands for one group of zeros or more.
  if (tail === undefined ? missing !== 0 : missing < 2) return null;
  return Buffer.from([...before, ...new Array<number>(missing).fill(0), ...after]);
}

function groupsOf(text: string, mayEndInIpv4: boolean): number[] | null {
  if (text === '') return [];
  const groups = text.split(':');
  const octets: number[] = [];
  for (const [i, group] of groups.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(group)) {
      const value = Number.parseInt(group, 16);
      octets.push(value >> 8, value & 0xff);
      continue;
    }
    const ipv4 = mayEndInIpv4 && i === groups.length - 1 ? parseIpv4(group) : null;
    if (ipv4 === null) return null;
    octets.push(...ipv4);
  }
  return octets;
}

/** The last four octets of an IPv4-mapped IPv6 address; everything else as it is. Go compares and prints them as IPv4. */
export function unmapped(ip: Buffer): Buffer {
  const isMapped = ip.length === 16 && ip.subarray(0, 12).equals(ipv4Prefix);
  return isMapped ? ip.subarray(12) : ip;
}

const ipv4Prefix = Buffer.from('00000000000000000000ffff', 'hex');

/** 4 or 16 octets as text, IPv6 shortened as RFC 5952 says. */
export function ipText(octets: Buffer): string {
  const ip = unmapped(octets);
  if (ip.length === 4) return ip.join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ip.readUInt16BE(2 * i));
  const { start, length } = longestZeros(groups);
  const hex = (part: number[]) => part.map((group) => group.toString(16)).join(':');
  return length < 2 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

function longestZeros(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < groups.length; start += 1) {
    let length = 0;
    while (groups[start + length] === 0) length += 1;
    if (length > best.length) best = { start, length };
  }
  return best;
}

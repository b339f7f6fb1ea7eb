import { tags } from '../wire/der';

/** Writing DER (X.690): one element of a one-octet tag around what is already encoded. */
export function encodeDer(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag, ...lengthOctets(content.length)]), content]);
}

/** X.690 §8.1.3, the shortest form. */
function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  if (length < 0x100) return [0x81, length];
  if (length < 0x10000) return [0x82, length >> 8, length & 0xff];
  throw new RangeError(`${length} octets are more than names and requests have`);
}

/** From its dotted form (X.690 §8.19). Throws RangeError for what is none. */
export function encodeOid(dotted: string): Buffer {
  const arcs = dotted.split('.').map(Number);
  const [first = Number.NaN, second = Number.NaN, ...rest] = arcs;
  const isWhole = arcs.every((arc) => Number.isSafeInteger(arc) && arc >= 0);
  if (!isWhole || first > 2 || Number.isNaN(second) || (first < 2 && second > 39))
    throw new RangeError(`not an object identifier: "${dotted}"`);
  const octets = [first * 40 + second, ...rest].flatMap(base128);
  return encodeDer(tags.objectIdentifier, Buffer.from(octets));
}

/** Seven bits to the octet, the highest first; all but the last say that more follow. */
function base128(arc: number): number[] {
  const octets = [arc % 128];
  for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128))
    octets.unshift(0x80 | (left % 128));
  return octets;
}

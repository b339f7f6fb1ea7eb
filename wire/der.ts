/**
 * Reading DER (ITU-T X.690) exactly as strictly as Go's certificate parser does: one-octet tags only, lengths and integers
 * in their shortest form, BOOLEAN 00 or FF. Whatever is wrong comes out as null; the caller knows which field it was reading
 * and words the refusal. No value is copied: contents are views of the input.
 */

export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectIdentifier: 0x06,
  utf8String: 0x0c,
  numericString: 0x12,
  printableString: 0x13,
  t61String: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const;

/** `[number]`, primitive: 0x80 + number. */
export function contextTag(number: number): number {
  return 0x80 | number;
}

/** `[number]`, constructed (EXPLICIT, or IMPLICIT over a SEQUENCE). */
export function constructedContextTag(number: number): number {
  return 0xa0 | number;
}

export interface DerElement {
  readonly tag: number;
  readonly content: Buffer;
  /** Tag, length and content. */
  readonly whole: Buffer;
}

/** Walks over consecutive elements. A read that fails leaves the position where it was and yields null. */
export class DerReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get empty(): boolean {
    return this.#at >= this.#bytes.length;
  }

  peek(tag: number): boolean {
    return this.#bytes[this.#at] === tag;
  }

  readAny(): DerElement | null {
    const bytes = this.#bytes;
    const start = this.#at;
    const tag = bytes[start];
    const first = bytes[start + 1];
    if (tag === undefined || first === undefined) return null;
    if ((tag & 0x1f) === 0x1f) return null;
    let header = 2;
    let length = first;
    if (first >= 0x80) {
      const octets = first & 0x7f;
      if (octets === 0 || octets > 4 || start + 2 + octets > bytes.length) return null;
      length = bytes.readUIntBE(start + 2, octets);
      const shortest = length >= 0x80 && length >= 2 ** (8 * (octets - 1));
      if (!shortest) return null;
      header += octets;
    }
    const end = start + header + length;
    if (end > bytes.length) return null;
    this.#at = end;
    return { tag, content: bytes.subarray(start + header, end), whole: bytes.subarray(start, end) };
  }

  /** The content of the next element, which must have this tag. */
  read(tag: number): Buffer | null {
    if (!this.peek(tag)) return null;
    return this.readAny()?.content ?? null;
  }

  /** Like `read`, with tag and length. */
  readWhole(tag: number): Buffer | null {
    if (!this.peek(tag)) return null;
    return this.readAny()?.whole ?? null;
  }

  /** A reader over the content of the next element, which must have this tag. */
  enter(tag: number): DerReader | null {
    const content = this.read(tag);
    return content === null ? null : new DerReader(content);
  }

  /** `absent` when the next element has another tag or there is none; null when it is there and broken. */
  readOptional(tag: number): Buffer | 'absent' | null {
    return this.peek(tag) ? this.read(tag) : 'absent';
  }

  readBoolean(): boolean | null {
    const content = this.read(tags.boolean);
    if (content?.length !== 1) return null;
    if (content[0] === 0) return false;
    return content[0] === 0xff ? true : null;
  }

  /** A dotted object identifier. */
  readOid(): string | null {
    const content = this.read(tags.objectIdentifier);
    return content === null ? null : decodeOid(content);
  }

  readInteger(tag: number = tags.integer): bigint | null {
    const content = this.read(tag);
    return content === null ? null : decodeInteger(content);
  }

  /** An INTEGER that fits 64 bits with its sign, as a number: beyond 2^53 it is rounded, which no caller can tell. */
  readSmallInteger(tag: number = tags.integer): number | null {
    const content = this.read(tag);
    if (content === null || content.length > 8) return null;
    const value = decodeInteger(content);
    return value === null ? null : Number(value);
  }

  readBitString(): BitString | null {
    const content = this.read(tags.bitString);
    return content === null ? null : decodeBitString(content);
  }
}

/**
 * Arcs are limited to 31 bits, as in Go's encoding/asn1.ObjectIdentifier: an extension with a longer arc makes the whole
 * certificate unreadable there. Null for that and for arcs that are not in their shortest form.
 */
function decodeOid(content: Buffer): string | null {
  const arcs: number[] = [];
  let arc = 0;
  let octets = 0;
  for (const byte of content) {
    if (octets === 0 && byte === 0x80) return null;
    if (octets === 5 || arc >= 2 ** 24) return null;
    arc = arc * 128 + (byte & 0x7f);
    octets += 1;
    if (byte < 0x80) {
      arcs.push(arc);
      arc = 0;
      octets = 0;
    }
  }
  const [first, ...rest] = arcs;
  if (first === undefined || octets !== 0) return null;
  const head = first < 80 ? [Math.floor(first / 40), first % 40] : [2, first - 80];
  return [...head, ...rest].join('.');
}

function decodeInteger(content: Buffer): bigint | null {
  const [first, second] = content;
  if (first === undefined) return null;
  if (second !== undefined) {
    if (first === 0 && second < 0x80) return null;
    if (first === 0xff && second >= 0x80) return null;
  }
  const unsigned = BigInt(`0x${content.toString('hex')}`);
  return first < 0x80 ? unsigned : unsigned - (1n << BigInt(8 * content.length));
}

export interface BitString {
  readonly bytes: Buffer;
  /** How many of the last octet's low bits do not belong to the value; they are zero. */
  readonly unusedBits: number;
}

function decodeBitString(content: Buffer): BitString | null {
  const unusedBits = content[0];
  if (unusedBits === undefined || unusedBits > 7) return null;
  const bytes = content.subarray(1);
  const last = bytes.at(-1);
  if (last === undefined) return unusedBits === 0 ? { bytes, unusedBits } : null;
  return (last & ((1 << unusedBits) - 1)) === 0 ? { bytes, unusedBits } : null;
}

/** The octets of the value moved right, so that unused bits stand in front: how Go reads keys and signatures. */
export function rightAligned({ bytes, unusedBits }: BitString): Buffer {
  if (unusedBits === 0) return bytes;
  return Buffer.from(
    bytes.map((byte, i) => (byte >> unusedBits) | ((bytes[i - 1] ?? 0) << (8 - unusedBits))),
  );
}

/** Bit 0 is the most significant bit of the first octet. */
export function bitIsSet({ bytes }: BitString, bit: number): boolean {
  return ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0;
}

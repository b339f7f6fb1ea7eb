import { constants, inflateRawSync } from 'node:zlib';
import { SPDY_DICTIONARY } from './spdy-dictionary';

/**
 * SPDY header blocks: a count and length-prefixed names and values, all blocks of one direction forming one zlib stream
 * that is flushed to a byte boundary after each block (SPDY draft 3.1 §2.6.10).
 */

/** Names are lower case. Several values of one name are one string, joined by NUL. */
export type SpdyHeaders = Readonly<Record<string, string>>;

export type ReadHeaders =
  | { readonly kind: 'headers'; readonly headers: SpdyHeaders }
  | { readonly kind: 'malformed'; readonly text: string };

/** Real clients send under 100 bytes a block; the bound is for the other kind. */
const MOST_INFLATED_BYTES = 256 * 1024;
/** One stored block holds this much (RFC 1951 §3.2.4), and no header block of ours comes near it. */
const MOST_STORED_BYTES = 65_535;

const DEFLATE_WINDOW = 32 * 1024;
const DICTIONARY_ID = 0xe3c6a7c2;
/** RFC 1950: deflate with a 32 KB window, no preset dictionary, check bits. */
const ZLIB_HEAD = Buffer.from([0x78, 0x01]);
/** An empty stored block. Go's inflater keeps the block's last bytes to itself until it has seen one. */
const SYNC_FLUSH = Buffer.from([0x00, 0x00, 0x00, 0xff, 0xff]);

/**
 * Writes the header blocks of one direction. They are stored, not compressed: a legal zlib stream that costs no
 * compressor, and these blocks are a few dozen bytes inside TLS.
 */
export class SpdyHeaderWriter {
  #begun = false;

  write(headers: SpdyHeaders): Buffer {
    const block = encodeHeaderBlock(headers);
    if (block.length > MOST_STORED_BYTES) throw new RangeError(`SPDY header block of ${block.length} bytes`);
    const head = Buffer.alloc(5);
    head.writeUInt16LE(block.length, 1);
    head.writeUInt16LE(~block.length & 0xffff, 3);
    const parts = [head, block, SYNC_FLUSH];
    if (!this.#begun) parts.unshift(ZLIB_HEAD);
    this.#begun = true;
    return Buffer.concat(parts);
  }
}

/**
 * Reads the header blocks of one direction, in order. Synchronous on purpose: a block must be read before the next frame,
 * and each block is byte-aligned, so raw inflate with the last 32 KB of output as dictionary continues the stream.
 */
export class SpdyHeaderReader {
  #begun = false;
  #window: Buffer = Buffer.alloc(0);

  read(compressed: Buffer): ReadHeaders {
    let body = compressed;
    if (!this.#begun) {
      const skipped = this.#begin(compressed);
      if (skipped === null) return malformed('header stream is no zlib stream with the SPDY dictionary');
      body = compressed.subarray(skipped);
      this.#begun = true;
    }
    const block = readStored(body) ?? inflate(body, this.#window);
    if (block === null) return malformed('header block does not inflate');
    this.#window = Buffer.concat([this.#window, block]).subarray(-DEFLATE_WINDOW);
    return decodeHeaderBlock(block);
  }

  /** The length of the zlib head (RFC 1950 §2.2), null when it is none. */
  #begin(bytes: Buffer): number | null {
    if (bytes.length < 2) return null;
    const head = bytes.readUInt16BE(0);
    if ((head & 0x0f00) !== 0x0800 || head % 31 !== 0) return null;
    if ((head & 0x20) === 0) return 2;
    if (bytes.length < 6 || bytes.readUInt32BE(2) !== DICTIONARY_ID) return null;
    this.#window = SPDY_DICTIONARY;
    return 6;
  }
}

/** What our own writer sends needs no inflater; null when the block is of another kind. */
function readStored(body: Buffer): Buffer | null {
  if (body.length < 10 || body[0] !== 0) return null;
  const length = body.readUInt16LE(1);
  if ((body.readUInt16LE(3) ^ length) !== 0xffff || body.length !== length + 10) return null;
  return body.subarray(5 + length).equals(SYNC_FLUSH) ? body.subarray(5, 5 + length) : null;
}

function inflate(body: Buffer, window: Buffer): Buffer | null {
  try {
    return inflateRawSync(body, {
      finishFlush: constants.Z_SYNC_FLUSH,
      chunkSize: 1024,
      maxOutputLength: MOST_INFLATED_BYTES,
      ...(window.length === 0 ? {} : { dictionary: window }),
    });
  } catch {
    return null;
  }
}

function encodeHeaderBlock(headers: SpdyHeaders): Buffer {
  const entries = Object.entries(headers);
  const parts = [uint32(entries.length)];
  for (const [name, value] of entries) {
    for (const text of [name.toLowerCase(), value]) {
      const bytes = Buffer.from(text, 'utf8');
      parts.push(uint32(bytes.length), bytes);
    }
  }
  return Buffer.concat(parts);
}

function decodeHeaderBlock(block: Buffer): ReadHeaders {
  if (block.length < 4) return malformed('header block is cut short');
  const count = block.readUInt32BE(0);
  // Without a prototype, so that a header named `__proto__` is a header.
  const headers: Record<string, string> = Object.create(null);
  let at = 4;
  const take = (): string | null => {
    if (at + 4 > block.length) return null;
    const end = at + 4 + block.readUInt32BE(at);
    if (end > block.length) return null;
    const text = block.toString('utf8', at + 4, end);
    at = end;
    return text;
  };
  for (let index = 0; index < count; index++) {
    const name = take();
    const value = take();
    if (name === null || value === null) return malformed('header block is cut short');
    if (name === '' || name !== name.toLowerCase()) return malformed(`header name ${JSON.stringify(name)}`);
    if (name in headers) return malformed(`duplicate header ${JSON.stringify(name)}`);
    headers[name] = value;
  }
  if (at !== block.length) return malformed(`header block has ${block.length - at} bytes left over`);
  return { kind: 'headers', headers };
}

function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function malformed(text: string): ReadHeaders {
  return { kind: 'malformed', text };
}

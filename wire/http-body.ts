import {
  type HeaderList,
  headerValues,
  type MalformedHead,
  type RequestHead,
  type ResponseHead,
} from './http-head';

/**
 * Where the body of an HTTP/1.1 message ends (RFC 9112 §6), and the bytes of it without what frames them. Stricter than a
 * server need be: a message that two readers could cut differently is refused, for that is how a request is smuggled.
 */
export type BodyFraming =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' }
  /** Only of a response. */
  | { readonly kind: 'until-close' };

export function requestFraming({ version, headers }: RequestHead): BodyFraming | MalformedHead {
  return announcedFraming(version, headers) ?? { kind: 'none' };
}

/** `method` is the request's: an answer to HEAD has no body, whatever it says. */
export function responseFraming(method: string, head: ResponseHead): BodyFraming | MalformedHead {
  const { status, version, headers } = head;
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return { kind: 'none' };
  return announcedFraming(version, headers) ?? { kind: 'until-close' };
}

/** A length in digits alone; 15 of them stay exact as a number. */
const LENGTH = /^[0-9]{1,15}$/;

function announcedFraming(version: string, headers: HeaderList): BodyFraming | MalformedHead | null {
  const codings = headerValues(headers, 'transfer-encoding');
  const lengths = headerValues(headers, 'content-length');
  const [coding] = codings;
  const [length] = lengths;
  if (coding !== undefined) {
    if (length !== undefined) return malformed('both Content-Length and Transfer-Encoding');
    if (codings.length > 1 || coding.toLowerCase() !== 'chunked') {
      return malformed(`unsupported transfer encoding: ${JSON.stringify(codings.join(', '))}`);
    }
    return version === 'HTTP/1.1' ? { kind: 'chunked' } : malformed(`Transfer-Encoding in ${version}`);
  }
  if (length === undefined) return null;
  if (lengths.length > 1 || !LENGTH.test(length)) {
    return malformed(`bad Content-Length ${JSON.stringify(lengths.join(', '))}`);
  }
  return { kind: 'length', length: Number(length) };
}

/** A line of chunked coding; the same limit as in Go (Source: net/http/internal/chunked.go, maxLineLength). */
const MAX_CHUNK_LINE_BYTES = 4096;
/** Of what is neither data nor needed to frame it (Source: net/http/internal/chunked.go, chunkedReader.excess). */
const MAX_EXCESS_BYTES = 16 * 1024;
const MAX_TRAILER_BYTES = 64 * 1024;
/** 13 digits stay exact as a number. Blanks may stand before an extension, and extensions mean nothing to anybody here. */
const CHUNK_SIZE = /^([0-9a-fA-F]{1,13})[\t ]*(?:;.*)?$/;

const CR = 0x0d;
const LF = 0x0a;

/** Takes one body off the front of what arrives. Trailers are read and thrown away. */
export class BodyReader {
  readonly #framing: BodyFraming;
  #state: 'size' | 'data' | 'after-data' | 'trailer' | 'done' | 'malformed';
  /** Bytes that are still to come of the body, or of the chunk. */
  #left = 0;
  #line = '';
  #excess = 0;
  #trailerBytes = 0;

  constructor(framing: BodyFraming) {
    this.#framing = framing;
    this.#left = framing.kind === 'length' ? framing.length : framing.kind === 'until-close' ? Infinity : 0;
    if (framing.kind === 'chunked') this.#state = 'size';
    else this.#state = this.#left === 0 ? 'done' : 'data';
  }

  /** All of the body has been read; what follows belongs to somebody else. */
  get done(): boolean {
    return this.#state === 'done';
  }

  /** The stream has ended. False when that cuts the body short. */
  end(): boolean {
    if (this.#framing.kind === 'until-close') this.#state = 'done';
    return this.done;
  }

  /** Hands out the body's bytes as views, and returns how many bytes were read: all, unless the body is done. */
  read(bytes: Buffer, take: (piece: Buffer) => void): number | MalformedHead {
    let at = 0;
    while (at < bytes.length && this.#state !== 'done') {
      if (this.#state === 'malformed') return malformed('the body was malformed before');
      if (this.#state === 'data') {
        const piece = bytes.subarray(at, Math.min(bytes.length, at + this.#left));
        at += piece.length;
        this.#left -= piece.length;
        if (this.#left === 0) this.#state = this.#framing.kind === 'chunked' ? 'after-data' : 'done';
        take(piece);
        continue;
      }
      const lineFeed = bytes.indexOf(LF, at);
      const end = lineFeed < 0 ? bytes.length : lineFeed + 1;
      this.#line += bytes.toString('latin1', at, Math.min(end, at + MAX_CHUNK_LINE_BYTES + 1));
      at = end;
      const fault =
        this.#line.length > MAX_CHUNK_LINE_BYTES
          ? 'header line too long'
          : lineFeed < 0
            ? null
            : this.#endLine();
      if (fault !== null) {
        this.#state = 'malformed';
        return malformed(fault);
      }
    }
    return at;
  }

  /** What is wrong with the line that has just come to its end, or null. */
  #endLine(): string | null {
    const line = this.#line;
    this.#line = '';
    // A bare line feed would let two readers see different lines (CVE-2025-22871).
    if (line.charCodeAt(line.length - 2) !== CR) return 'chunked line ends with bare LF';
    const text = line.slice(0, -2);
    switch (this.#state) {
      case 'size':
        return this.#readSize(text);
      case 'after-data':
        this.#state = 'size';
        return text === '' ? null : 'malformed chunked encoding';
      default:
        this.#trailerBytes += line.length;
        if (text === '') this.#state = 'done';
        return this.#trailerBytes > MAX_TRAILER_BYTES ? 'trailer too long' : null;
    }
  }

  #readSize(text: string): string | null {
    const digits = CHUNK_SIZE.exec(text)?.[1];
    if (digits === undefined) return `invalid chunk size ${JSON.stringify(text.slice(0, 40))}`;
    this.#left = Number.parseInt(digits, 16);
    this.#state = this.#left === 0 ? 'trailer' : 'data';
    this.#excess = Math.max(0, this.#excess + text.length + 2 - 16 - 2 * this.#left);
    return this.#excess > MAX_EXCESS_BYTES ? 'chunked encoding contains too much non-data' : null;
  }
}

/** The end of a chunked body without trailers. */
export const LAST_CHUNK: Buffer = Buffer.from('0\r\n\r\n');
export const CHUNK_END: Buffer = Buffer.from('\r\n');

/** What goes before a chunk's bytes; behind them goes CHUNK_END. */
export function chunkHead(length: number): Buffer {
  return Buffer.from(`${length.toString(16)}\r\n`, 'latin1');
}

function malformed(text: string): MalformedHead {
  return { kind: 'malformed-head', text };
}

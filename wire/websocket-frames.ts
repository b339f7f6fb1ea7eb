/**
 * WebSocket frames (RFC 6455 §5), as far as somebody needs them who stands between the two ends: data comes out piece by
 * piece, however large its frame is, and nothing but a head or a control frame is ever waited for.
 */
export type WebSocketPart =
  /** A piece of a message: `opcode` is the message's, `start` and `end` say whether it is its first and its last. */
  | {
      readonly kind: 'data';
      readonly opcode: 'text' | 'binary';
      readonly start: boolean;
      readonly end: boolean;
      readonly bytes: Buffer;
    }
  | { readonly kind: 'close' | 'ping' | 'pong'; readonly bytes: Buffer }
  /** Nothing comes after this. */
  | { readonly kind: 'malformed'; readonly text: string };

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

const CONTROLS: Readonly<Record<number, 'close' | 'ping' | 'pong'>> = { 8: 'close', 9: 'ping', 10: 'pong' };
const LARGEST_CONTROL_BYTES = 125;
const EMPTY: Buffer = Buffer.alloc(0);

interface Frame {
  readonly fin: boolean;
  readonly opcode: number;
  readonly mask: Buffer | null;
  readonly length: number;
}

export class WebSocketDecoder {
  #pending: Buffer = EMPTY;
  #frame: Frame | null = null;
  /** Bytes of the frame's payload that were given out. */
  #taken = 0;
  #message: { readonly opcode: 'text' | 'binary'; started: boolean } | null = null;
  #failed = false;

  push(chunk: Buffer): WebSocketPart[] {
    if (this.#failed) return [];
    const parts: WebSocketPart[] = [];
    let rest: Buffer = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    for (;;) {
      if (this.#frame === null) {
        const head = readHead(rest);
        if (head === null) break;
        const problem = head.kind === 'malformed' ? head.text : this.#begin(head.frame);
        if (problem !== null || head.kind === 'malformed') {
          this.#failed = true;
          parts.push({ kind: 'malformed', text: problem ?? '' });
          return parts;
        }
        rest = rest.subarray(head.size);
      }
      const taken = this.#take(rest, parts);
      if (taken === null) break;
      rest = rest.subarray(taken);
    }
    this.#pending = Buffer.from(rest);
    return parts;
  }

  /** What is wrong with a frame at this place; null for nothing. */
  #begin(frame: Frame): string | null {
    const { opcode, fin, length } = frame;
    if (opcode >= 8) {
      if (CONTROLS[opcode] === undefined) return `reserved opcode ${opcode}`;
      if (!fin || length > LARGEST_CONTROL_BYTES) return 'control frame in pieces, or too long';
    } else if (opcode === OPCODE.continuation) {
      if (this.#message === null) return 'continuation of nothing';
    } else if (opcode > OPCODE.binary) return `reserved opcode ${opcode}`;
    else if (this.#message !== null) return 'message inside a message';
    else this.#message = { opcode: opcode === OPCODE.text ? 'text' : 'binary', started: false };
    this.#frame = frame;
    this.#taken = 0;
    return null;
  }

  /** How many bytes were used up; null when more are needed. */
  #take(rest: Buffer, parts: WebSocketPart[]): number | null {
    const frame = this.#frame;
    if (frame === null) return null;
    const control = CONTROLS[frame.opcode];
    if (control !== undefined) {
      if (rest.length < frame.length) return null;
      this.#frame = null;
      parts.push({ kind: control, bytes: unmasked(rest.subarray(0, frame.length), frame.mask, 0) });
      return frame.length;
    }
    const size = Math.min(rest.length, frame.length - this.#taken);
    if (size === 0 && frame.length > this.#taken) return null;
    // Channel protocols say in the first two bytes what a message is: nobody should have to put those together.
    if (this.#message?.started === false && size < 2 && frame.length > size) return null;
    const bytes = unmasked(rest.subarray(0, size), frame.mask, this.#taken);
    this.#taken += size;
    const frameEnds = this.#taken === frame.length;
    const message = this.#message;
    if (message !== null) {
      const { opcode, started } = message;
      const end = frameEnds && frame.fin;
      if (size > 0 || end) parts.push({ kind: 'data', opcode, start: !started, end, bytes });
      if (size > 0) message.started = true;
      if (end) this.#message = null;
    }
    if (frameEnds) this.#frame = null;
    return size;
  }
}

/** One frame. `mask`: as a client has to, with these four bytes. */
export function encodeFrame(
  opcode: number,
  payload: Buffer,
  options: { fin?: boolean; mask?: Buffer } = {},
): Buffer {
  const { fin = true, mask } = options;
  const { length } = payload;
  const size = length < 126 ? 2 : length < 65536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(size + (mask === undefined ? 0 : 4) + length);
  frame[0] = (fin ? 0x80 : 0) | opcode;
  frame[1] = (mask === undefined ? 0 : 0x80) | (size === 2 ? length : size === 4 ? 126 : 127);
  if (size === 4) frame.writeUInt16BE(length, 2);
  if (size === 10) frame.writeBigUInt64BE(BigInt(length), 2);
  if (mask !== undefined) mask.copy(frame, size);
  const body = frame.subarray(frame.length - length);
  payload.copy(body);
  if (mask !== undefined) applyMask(body, mask, 0);
  return frame;
}

/** What goes in front of `length` bytes of payload that are not masked, for who writes them himself. */
export function frameHead(opcode: number, length: number): Buffer {
  const head = Buffer.allocUnsafe(length < 126 ? 2 : length < 65536 ? 4 : 10);
  head[0] = 0x80 | opcode;
  head[1] = head.length === 2 ? length : head.length === 4 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(length, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(length), 2);
  return head;
}

type Head =
  | { readonly kind: 'head'; readonly frame: Frame; readonly size: number }
  | { readonly kind: 'malformed'; readonly text: string };

function readHead(bytes: Buffer): Head | null {
  const [first, second] = bytes;
  if (first === undefined || second === undefined) return null;
  // Nobody negotiated an extension: those who offer one are not heard.
  if ((first & 0x70) !== 0) return { kind: 'malformed', text: 'reserved bits are set' };
  const short = second & 0x7f;
  const lengthSize = short === 126 ? 2 : short === 127 ? 8 : 0;
  const masked = (second & 0x80) !== 0;
  const size = 2 + lengthSize + (masked ? 4 : 0);
  if (bytes.length < size) return null;
  const long = lengthSize === 8 ? bytes.readBigUInt64BE(2) : 0n;
  if (long > BigInt(Number.MAX_SAFE_INTEGER)) return { kind: 'malformed', text: `frame of ${long} bytes` };
  const length = lengthSize === 0 ? short : lengthSize === 2 ? bytes.readUInt16BE(2) : Number(long);
  const mask = masked ? Buffer.from(bytes.subarray(size - 4, size)) : null;
  return { kind: 'head', frame: { fin: (first & 0x80) !== 0, opcode: first & 0x0f, mask, length }, size };
}

function unmasked(bytes: Buffer, mask: Buffer | null, offset: number): Buffer {
  if (mask === null) return bytes;
  const copy = Buffer.from(bytes);
  applyMask(copy, mask, offset);
  return copy;
}

function applyMask(bytes: Buffer, mask: Buffer, offset: number): void {
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = (bytes[at] ?? 0) ^ (mask[(at + offset) & 3] ?? 0);
}

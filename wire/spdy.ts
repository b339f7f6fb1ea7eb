import { type ReadHeaders, SpdyHeaderReader, type SpdyHeaders, SpdyHeaderWriter } from './spdy-headers';

/**
 * SPDY/3.1 frames as github.com/moby/spdystream uses them: bytes in, frames out, no stream and no socket. Window updates
 * and settings are read and mean nothing: Kubernetes' peers do no flow control.
 */

export type SpdyFrame =
  | {
      readonly kind: 'syn-stream';
      readonly streamId: number;
      readonly fin: boolean;
      readonly headers: SpdyHeaders;
    }
  | {
      readonly kind: 'syn-reply';
      readonly streamId: number;
      readonly fin: boolean;
      readonly headers: SpdyHeaders;
    }
  | {
      readonly kind: 'headers';
      readonly streamId: number;
      readonly fin: boolean;
      readonly headers: SpdyHeaders;
    }
  | { readonly kind: 'rst-stream'; readonly streamId: number; readonly status: number }
  | { readonly kind: 'settings' }
  | { readonly kind: 'ping'; readonly id: number }
  | { readonly kind: 'goaway'; readonly lastStreamId: number; readonly status: number }
  | { readonly kind: 'window-update'; readonly streamId: number; readonly delta: number }
  /** A decoder hands out a data frame piece by piece as it arrives; `fin` is on the last piece only. */
  | { readonly kind: 'data'; readonly streamId: number; readonly fin: boolean; readonly bytes: Buffer };

export interface MalformedSpdy {
  readonly kind: 'malformed';
  readonly text: string;
}

/** RST_STREAM statuses (SPDY draft 3.1 §2.6.3). */
export const RST_STATUS = { protocolError: 1, invalidStream: 2, refusedStream: 3, cancel: 5 } as const;

const TYPE = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goaway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

const FRAME_HEAD_BYTES = 8;
const VERSION_AND_CONTROL_BIT = 0x8003;
const FLAG_FIN = 0x01;
const ID_MASK = 0x7fffffff;
/** A control frame is buffered whole. Real ones are under 100 bytes. */
const MOST_CONTROL_BYTES = 64 * 1024;

/** Writes the frames of one direction; header blocks make it stateful, so frames must be sent in the order encoded. */
export class SpdyEncoder {
  readonly #headers = new SpdyHeaderWriter();

  encode(frame: SpdyFrame): Buffer {
    switch (frame.kind) {
      case 'syn-stream':
        // Associated stream, priority and credential slot are all zero in spdystream.
        return this.#withHeaders(TYPE.synStream, frame.fin, [frame.streamId, 0], 2, frame.headers);
      case 'syn-reply':
        return this.#withHeaders(TYPE.synReply, frame.fin, [frame.streamId], 0, frame.headers);
      case 'headers':
        return this.#withHeaders(TYPE.headers, frame.fin, [frame.streamId], 0, frame.headers);
      case 'rst-stream':
        return control(TYPE.rstStream, 0, words([frame.streamId, frame.status]));
      case 'settings':
        return control(TYPE.settings, 0, words([0]));
      case 'ping':
        return control(TYPE.ping, 0, words([frame.id]));
      case 'goaway':
        return control(TYPE.goaway, 0, words([frame.lastStreamId, frame.status]));
      case 'window-update':
        return control(TYPE.windowUpdate, 0, words([frame.streamId, frame.delta]));
      case 'data':
        return Buffer.concat([dataHead(frame.streamId, frame.bytes.length, frame.fin), frame.bytes]);
    }
  }

  #withHeaders(type: number, fin: boolean, ids: number[], padding: number, headers: SpdyHeaders): Buffer {
    const block = this.#headers.write(headers);
    return control(type, fin ? FLAG_FIN : 0, Buffer.concat([words(ids), Buffer.alloc(padding), block]));
  }
}

/** The eight bytes in front of a data frame's payload, so that the payload need not be copied. */
export function dataHead(streamId: number, length: number, fin: boolean): Buffer {
  const head = Buffer.allocUnsafe(FRAME_HEAD_BYTES);
  head.writeUInt32BE(streamId, 0);
  head.writeUInt32BE(((fin ? FLAG_FIN : 0) << 24) | length, 4);
  return head;
}

/** Reads the frames of one direction from chunks of any size. After something malformed it yields nothing more. */
export class SpdyDecoder {
  readonly #headers = new SpdyHeaderReader();
  /** What has arrived of a frame head or of a control frame, unjoined until `#needed` bytes are there. */
  #chunks: Buffer[] = [];
  #buffered = 0;
  #needed = FRAME_HEAD_BYTES;
  /** The data frame that is being handed out. */
  #data: { streamId: number; fin: boolean; left: number } | null = null;
  #dead = false;

  /** The frames that this chunk completes; a malformed one is the last. Data frames are views of the chunk. */
  push(chunk: Buffer): (SpdyFrame | MalformedSpdy)[] {
    const frames: (SpdyFrame | MalformedSpdy)[] = [];
    let bytes = chunk;
    while (!this.#dead) {
      if (this.#data !== null) {
        if (bytes.length === 0) break;
        bytes = this.#takeData(this.#data, bytes, frames);
        continue;
      }
      if (this.#buffered + bytes.length < this.#needed) {
        if (bytes.length > 0) this.#chunks.push(bytes);
        this.#buffered += bytes.length;
        break;
      }
      if (this.#buffered > 0) {
        bytes = Buffer.concat([...this.#chunks, bytes]);
        this.#chunks = [];
        this.#buffered = 0;
      }
      bytes = this.#takeFrame(bytes, frames);
    }
    return frames;
  }

  #takeData(
    data: { streamId: number; fin: boolean; left: number },
    bytes: Buffer,
    frames: (SpdyFrame | MalformedSpdy)[],
  ): Buffer {
    const piece = bytes.subarray(0, data.left);
    data.left -= piece.length;
    const last = data.left === 0;
    if (last) this.#data = null;
    frames.push({ kind: 'data', streamId: data.streamId, fin: last && data.fin, bytes: piece });
    return bytes.subarray(piece.length);
  }

  /** Takes the frame that begins here, or says how much of it is needed. At least a frame head is there. */
  #takeFrame(bytes: Buffer, frames: (SpdyFrame | MalformedSpdy)[]): Buffer {
    const first = bytes.readUInt32BE(0);
    const flags = bytes.readUInt8(4);
    const length = bytes.readUIntBE(5, 3);
    if (first <= ID_MASK) {
      const fin = (flags & FLAG_FIN) !== 0;
      if (length === 0) frames.push({ kind: 'data', streamId: first, fin, bytes: Buffer.alloc(0) });
      else this.#data = { streamId: first, fin, left: length };
      return bytes.subarray(FRAME_HEAD_BYTES);
    }
    if (first >>> 16 !== VERSION_AND_CONTROL_BIT) {
      return this.#die(frames, `control frame of version ${(first >>> 16) & 0x7fff}`);
    }
    if (length > MOST_CONTROL_BYTES) return this.#die(frames, `control frame of ${length} bytes`);
    const end = FRAME_HEAD_BYTES + length;
    if (bytes.length < end) {
      this.#needed = end;
      return bytes;
    }
    this.#needed = FRAME_HEAD_BYTES;
    const frame = this.#readControl(first & 0xffff, flags, bytes.subarray(FRAME_HEAD_BYTES, end));
    if (frame.kind === 'malformed') return this.#die(frames, frame.text);
    frames.push(frame);
    return bytes.subarray(end);
  }

  #readControl(type: number, flags: number, payload: Buffer): SpdyFrame | MalformedSpdy {
    const least = LEAST_PAYLOAD.get(type);
    if (least === undefined) return { kind: 'malformed', text: `control frame of type ${type}` };
    if (payload.length < least) {
      return { kind: 'malformed', text: `control frame of type ${type} with ${payload.length} bytes` };
    }
    const streamId = payload.readUInt32BE(0) & ID_MASK;
    const fin = (flags & FLAG_FIN) !== 0;
    switch (type) {
      case TYPE.synStream:
        return withHeaders('syn-stream', streamId, fin, this.#headers.read(payload.subarray(10)));
      case TYPE.synReply:
        return withHeaders('syn-reply', streamId, fin, this.#headers.read(payload.subarray(4)));
      case TYPE.headers:
        return withHeaders('headers', streamId, fin, this.#headers.read(payload.subarray(4)));
      case TYPE.rstStream:
        return { kind: 'rst-stream', streamId, status: payload.readUInt32BE(4) };
      case TYPE.ping:
        return { kind: 'ping', id: payload.readUInt32BE(0) };
      case TYPE.goaway:
        return { kind: 'goaway', lastStreamId: streamId, status: payload.readUInt32BE(4) };
      case TYPE.windowUpdate:
        return { kind: 'window-update', streamId, delta: payload.readUInt32BE(4) & ID_MASK };
      default:
        return { kind: 'settings' };
    }
  }

  #die(frames: (SpdyFrame | MalformedSpdy)[], text: string): Buffer {
    this.#dead = true;
    frames.push({ kind: 'malformed', text });
    return Buffer.alloc(0);
  }
}

const LEAST_PAYLOAD: ReadonlyMap<number, number> = new Map([
  [TYPE.synStream, 10],
  [TYPE.synReply, 4],
  [TYPE.rstStream, 8],
  [TYPE.settings, 4],
  [TYPE.ping, 4],
  [TYPE.goaway, 8],
  [TYPE.headers, 4],
  [TYPE.windowUpdate, 8],
]);

function withHeaders(
  kind: 'syn-stream' | 'syn-reply' | 'headers',
  streamId: number,
  fin: boolean,
  read: ReadHeaders,
): SpdyFrame | MalformedSpdy {
  return read.kind === 'malformed' ? read : { kind, streamId, fin, headers: read.headers };
}

function control(type: number, flags: number, payload: Buffer): Buffer {
  const head = Buffer.allocUnsafe(FRAME_HEAD_BYTES);
  head.writeUInt16BE(VERSION_AND_CONTROL_BIT, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt32BE((flags << 24) | payload.length, 4);
  return Buffer.concat([head, payload]);
}

function words(values: number[]): Buffer {
  const bytes = Buffer.allocUnsafe(values.length * 4);
  for (const [index, value] of values.entries()) bytes.writeUInt32BE(value, index * 4);
  return bytes;
}

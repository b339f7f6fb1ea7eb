import { randomBytes } from 'node:crypto';
import { type Duplex, Transform, type TransformCallback } from 'node:stream';
import { type ChannelProtocol, encodeChannel, encodeChannelClose, isBase64Protocol } from '../wire/channel';
import {
  encodeFrame,
  frameHead,
  OPCODE,
  WebSocketDecoder,
  type WebSocketPart,
} from '../wire/websocket-frames';
import { flowInto } from './flow-into';
import { MAX_WAITING_BYTES } from './limits';
import type { Direction } from './loot';
import type { FlowOutlet, RelayedFlow } from './relayed-flows';

export interface WebSocketRelayListener {
  /** A channel is heard of. Null: what it carries passes as it is. */
  open(channel: number, direction: Direction, outlet: FlowOutlet): RelayedFlow | null;
  /** Of a channel that passes as it is. */
  passed(channel: number, direction: Direction, bytes: Buffer): void;
  /** A rule broke the connection off, and what was said before is on its way. */
  cut(): void;
  malformed(direction: Direction, text: string): void;
}

export interface WebSocketRelayOptions {
  readonly protocol: ChannelProtocol;
  /** Channels whose first message is not what they carry: of a port-forward, the number of the port. */
  readonly beginsWithPort: boolean;
  /** Those that are known before anybody says something on them. */
  readonly channels: readonly { readonly channel: number; readonly direction: Direction }[];
}

/** channel.k8s.io through the attacker: the messages of either direction in their order, those of known channels in clear. */
export function relayWebSocket(
  victim: Duplex,
  genuine: Duplex,
  options: WebSocketRelayOptions,
  listener: WebSocketRelayListener,
): void {
  const up = new ChannelLine('up', options, listener);
  const down = new ChannelLine('down', options, listener);
  for (const { channel, direction } of options.channels) (direction === 'up' ? up : down).open(channel);
  join(victim, up, genuine);
  join(genuine, down, victim);
  victim.once('close', () => genuine.destroy());
}

/** What ends on one side ends on the other; what fails breaks off. Every line that was said before has to arrive. */
function join(from: Duplex, line: ChannelLine, to: Duplex): void {
  from.pipe(line);
  flowInto(line, to);
  from.on('error', () => line.destroy());
  from.once('close', () => {
    if (!from.readableEnded) line.destroy();
  });
  line.on('error', () => undefined);
  line.once('close', () => {
    if (line.readableEnded) return;
    from.destroy();
    to.destroy();
  });
}

/** One direction: bytes of frames in, bytes of frames out. */
class ChannelLine extends Transform {
  readonly #direction: Direction;
  readonly #options: WebSocketRelayOptions;
  readonly #listener: WebSocketRelayListener;
  readonly #decoder = new WebSocketDecoder();
  readonly #channels = new Map<number, Channel>();
  #message: Message | null = null;
  /** What has to wait until a message that passes in pieces has ended. */
  readonly #behind: Buffer[] = [];
  #sessionEnds = false;
  #over = false;

  constructor(direction: Direction, options: WebSocketRelayOptions, listener: WebSocketRelayListener) {
    super({ highWaterMark: MAX_WAITING_BYTES });
    this.#direction = direction;
    this.#options = options;
    this.#listener = listener;
  }

  open(number: number): Channel {
    const known = this.#channels.get(number);
    if (known !== undefined) return known;
    const say = (bytes: Buffer): void => {
      if (bytes.length > 0) this.#say(number, bytes);
    };
    // Only v5 can say that a channel has ended; before that nothing but the end of the session does.
    const isV5 = this.#options.protocol === 'v5.channel.k8s.io';
    const finish = (): void => {
      if (isV5 && !this.#sessionEnds) this.#send(this.#frame(OPCODE.binary, encodeChannelClose(number)));
    };
    const cut = (): void => this.#cut();
    const flow = this.#listener.open(number, this.#direction, { say, finish, cut });
    const channel: Channel = { flow, begun: false };
    this.#channels.set(number, channel);
    return channel;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#takeAll(this.#decoder.push(chunk), 0, done);
  }

  /** What is held back goes before the end. */
  override _flush(done: TransformCallback): void {
    this.#endSession(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    for (const { flow } of this.#channels.values()) flow?.close();
    done(error);
  }

  /** One after the other: a flow that waits makes all wait that comes behind it. */
  #takeAll(parts: readonly WebSocketPart[], from: number, done: TransformCallback): void {
    for (let at = from; at < parts.length; at += 1) {
      const part = parts[at];
      if (part === undefined) break;
      let isThere = false;
      let isLeft = false;
      this.#take(part, () => {
        isThere = true;
        if (isLeft) this.#takeAll(parts, at + 1, done);
      });
      if (!isThere) {
        isLeft = true;
        return;
      }
    }
    done();
  }

  #take(part: WebSocketPart, done: () => void): void {
    switch (part.kind) {
      case 'data':
        this.#takeData(part, done);
        break;
      case 'ping':
      case 'pong':
        this.#push(this.#frame(OPCODE[part.kind], part.bytes));
        done();
        break;
      case 'close':
        this.#endSession(() => {
          this.#push(this.#frame(OPCODE.close, part.bytes));
          done();
        });
        break;
      case 'malformed':
        this.#listener.malformed(this.#direction, part.text);
        this.destroy();
        break;
    }
  }

  /** That a session ends is no word about a channel, and none must be sent. */
  #endSession(done: () => void): void {
    this.#sessionEnds = true;
    this.#finishFlows([...this.#channels.values()], done);
  }

  #finishFlows([first, ...rest]: readonly Channel[], done: () => void): void {
    if (first === undefined) done();
    else if (first.flow === null || first.ended === true) this.#finishFlows(rest, done);
    else {
      first.ended = true;
      first.flow.finished(() => this.#finishFlows(rest, done));
    }
  }

  #takeData(part: WebSocketPart & { kind: 'data' }, done: () => void): void {
    let bytes = part.bytes;
    let message = part.start ? null : this.#message;
    if (message === null) {
      const begun = this.#begin(part);
      message = begun;
      bytes = bytes.subarray(begun.kind === 'other' ? 0 : 1);
    }
    this.#message = part.end ? null : message;
    if (message.kind === 'channel' && message.channel.ended !== true && message.channel.flow !== null) {
      const said = this.#decoded(message, bytes, part.end);
      if (said.length > 0) message.channel.flow.said(said, done);
      else {
        // An empty message is a greeting: it says nothing, and is expected.
        if (part.start && part.end) this.#push(this.#encode(message.number, said));
        done();
      }
      return;
    }
    if (message.kind === 'end') {
      const { channel } = message;
      channel.ended = true;
      channel.flow?.finished(done);
      return;
    }
    if (message.kind === 'untouched') {
      this.#listener.passed(message.number, this.#direction, this.#decoded(message, bytes, part.end));
    }
    this.#passAsIs(part);
    done();
  }

  #begin({ bytes, opcode }: WebSocketPart & { kind: 'data' }): Message {
    const { protocol, beginsWithPort } = this.#options;
    const base64 = isBase64Protocol(protocol);
    const first = bytes[0];
    if (first === undefined || (opcode === 'text') !== base64) return { kind: 'other' };
    if (first === CLOSE_CHANNEL && protocol === 'v5.channel.k8s.io') {
      const ended = bytes.length === 2 ? bytes[1] : undefined;
      const channel = ended === undefined ? null : this.open(ended);
      return channel === null || channel.flow === null || channel.ended === true
        ? { kind: 'other' }
        : { kind: 'end', channel };
    }
    const number = base64 ? first - DIGIT_ZERO : first;
    const channel = this.open(number);
    const isPort = beginsWithPort && this.#direction === 'down' && !channel.begun;
    channel.begun = true;
    if (isPort || channel.flow === null) return { kind: 'untouched', number, rest: '' };
    return { kind: 'channel', channel, number, rest: '' };
  }

  #decoded(message: { rest: string }, bytes: Buffer, end: boolean): Buffer {
    return isBase64Protocol(this.#options.protocol) ? unbase64(message, bytes, end) : bytes;
  }

  /** In the pieces in which it comes, as fragments of one message. */
  #passAsIs(part: WebSocketPart & { kind: 'data' }): void {
    const opcode = part.start ? OPCODE[part.opcode] : OPCODE.continuation;
    this.#push(this.#frame(opcode, part.bytes, part.end));
    if (part.end) for (const frame of this.#behind.splice(0)) this.#push(frame);
  }

  /** What a kubelet sends in bulk goes on without being copied. */
  #say(number: number, bytes: Buffer): void {
    if (this.#direction === 'up' || isBase64Protocol(this.#options.protocol)) {
      this.#send(this.#encode(number, bytes));
      return;
    }
    this.#send(Buffer.concat([frameHead(OPCODE.binary, 1 + bytes.length), Buffer.from([number])]));
    this.#send(bytes);
  }

  #encode(number: number, bytes: Buffer): Buffer {
    const encoded = encodeChannel(this.#options.protocol, number, bytes);
    return typeof encoded === 'string'
      ? this.#frame(OPCODE.text, Buffer.from(encoded))
      : this.#frame(OPCODE.binary, encoded);
  }

  #send(frame: Buffer): void {
    const message = this.#message;
    if (message !== null && message.kind !== 'channel') this.#behind.push(frame);
    else this.#push(frame);
  }

  #push(frame: Buffer): void {
    if (!this.#over && !this.destroyed && !this.readableEnded) this.push(frame);
  }

  #cut(): void {
    if (this.#over) return;
    this.#over = true;
    this.once('end', () => this.#listener.cut());
    this.push(null);
  }

  #frame(opcode: number, payload: Buffer, fin = true): Buffer {
    return encodeFrame(opcode, payload, {
      fin,
      ...(this.#direction === 'up' ? { mask: randomBytes(4) } : {}),
    });
  }
}

interface Channel {
  /** Null: not for us. */
  readonly flow: RelayedFlow | null;
  begun: boolean;
  ended?: boolean;
}

type Message =
  | { readonly kind: 'channel'; readonly channel: Channel; readonly number: number; rest: string }
  | { readonly kind: 'end'; readonly channel: Channel }
  | { readonly kind: 'untouched'; readonly number: number; rest: string }
  | { readonly kind: 'other' };

const CLOSE_CHANNEL = 255;
const DIGIT_ZERO = 0x30;

/** Base64 comes in groups of four characters, and a piece may end inside one. */
function unbase64(message: { rest: string }, bytes: Buffer, end: boolean): Buffer {
  const text = `${message.rest}${bytes.toString('latin1')}`;
  const whole = end ? text.length : text.length - (text.length % 4);
  message.rest = text.slice(whole);
  return Buffer.from(text.slice(0, whole), 'base64');
}

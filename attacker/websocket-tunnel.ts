import { randomBytes } from 'node:crypto';
import { Duplex } from 'node:stream';
import { encodeFrame, OPCODE, WebSocketDecoder, type WebSocketPart } from '../wire/websocket-frames';
import { MAX_UNREAD_ANSWERS_BYTES } from './limits';

/**
 * The bytes inside a WebSocket's binary messages as one stream, as a tunnel carries them: where a message ends means
 * nothing. Bounded by both buffers; what the peer does wrong ends it. Source: client-go/tools/portforward/tunneling_connection.go.
 */
export class WebSocketTunnel extends Duplex {
  readonly #socket: Duplex;
  readonly #isClient: boolean;
  readonly #decoder = new WebSocketDecoder();
  #closing: Buffer | null = null;

  /** @param role of this end: a client masks what it sends */
  constructor(socket: Duplex, role: 'client' | 'server') {
    super({ allowHalfOpen: true });
    this.#socket = socket;
    this.#isClient = role === 'client';
    socket.on('data', (chunk: Buffer) => {
      for (const part of this.#decoder.push(chunk)) this.#take(part);
    });
    socket.on('end', () => this.push(null));
    socket.on('error', () => this.destroy());
    socket.on('close', () => this.destroy());
  }

  /** What the peer said in its Close frame; null while it said none. */
  get closing(): Buffer | null {
    return this.#closing;
  }

  /** Says Close with this payload, and nothing more. */
  sayClose(payload: Buffer): void {
    if (!this.#socket.writable) return;
    this.#send(OPCODE.close, payload);
    this.#socket.end();
  }

  #take(part: WebSocketPart): void {
    switch (part.kind) {
      case 'data':
        if (part.opcode !== 'binary') this.destroy();
        else if (part.bytes.length > 0 && !this.readableEnded && !this.push(part.bytes)) this.#socket.pause();
        break;
      case 'ping':
        // Data waits for the other side, an answer to a ping cannot: who provokes them and reads none is left.
        if (this.#socket.writableLength > MAX_UNREAD_ANSWERS_BYTES) this.destroy();
        else this.#send(OPCODE.pong, part.bytes);
        break;
      case 'pong':
        break;
      case 'close':
        this.#closing = part.bytes;
        this.push(null);
        break;
      case 'malformed':
        this.destroy();
        break;
    }
  }

  #send(opcode: number, payload: Buffer): boolean {
    if (!this.#socket.writable) return true;
    return this.#socket.write(encodeFrame(opcode, payload, this.#isClient ? { mask: randomBytes(4) } : {}));
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#send(OPCODE.binary, chunk)) done();
    else {
      const go = (): void => {
        this.#socket.off('drain', go);
        this.#socket.off('close', go);
        done();
      };
      this.#socket.once('drain', go);
      this.#socket.once('close', go);
    }
  }

  /** A WebSocket has no half-close: whoever has nothing more to say says Close. */
  override _final(done: (error?: Error | null) => void): void {
    this.sayClose(NORMAL_CLOSURE);
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}

/** RFC 6455 §7.4.1. */
const NORMAL_CLOSURE = Buffer.from([0x03, 0xe8]);

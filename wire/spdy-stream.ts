import { Duplex } from 'node:stream';
import { RST_STATUS } from './spdy';
import type { SpdyHeaders } from './spdy-headers';

/** What a stream asks of its session. */
export interface SpdyStreamOwner {
  sendReply(stream: SpdyStream, headers: SpdyHeaders): void;
  /** Calls back when the transport takes more, or never when the session is over. */
  sendData(stream: SpdyStream, bytes: Buffer, fin: boolean, taken: () => void): void;
  sendReset(stream: SpdyStream, status: number): void;
  /** The stream's reader has room again. */
  readerReady(stream: SpdyStream): void;
  forget(stream: SpdyStream): void;
}

/**
 * One SPDY stream. `end()` half-closes with FIN. A stream that is cut (reset by the peer, or its session over) delivers
 * what had arrived and then ends, as spdystream's Read gives EOF; `cutShort` then says why. It never emits an error of its own.
 */
export class SpdyStream extends Duplex {
  readonly id: number;
  /** Names in lower case. */
  readonly headers: SpdyHeaders;
  readonly #owner: SpdyStreamOwner;
  #replied: boolean;
  #cutShort: string | null = null;
  #finReceived = false;
  #finSent = false;

  constructor(owner: SpdyStreamOwner, id: number, headers: SpdyHeaders, opener: 'us' | 'peer') {
    super({ allowHalfOpen: true });
    this.#owner = owner;
    this.id = id;
    this.headers = headers;
    this.#replied = opener === 'us';
  }

  /** Why the stream ended without the peer's FIN; null when it did not. */
  get cutShort(): string | null {
    return this.#cutShort;
  }

  /** Accepts a stream that the peer opened. Implied by the first write: the opener drops data that comes before. */
  reply(headers: SpdyHeaders = {}): void {
    if (this.#replied || this.#cutShort !== null || this.destroyed) return;
    this.#replied = true;
    this.#owner.sendReply(this, headers);
  }

  /** Ends both directions at once. */
  reset(status: number = RST_STATUS.cancel): void {
    if (this.#cutShort === null && !this.destroyed) {
      this.#cutShort = `stream reset by this side with status ${status}`;
      this.#owner.sendReset(this, status);
    }
    this.destroy();
  }

  /** For the session: bytes from the wire. False when the reader has enough for now. */
  receive(bytes: Buffer): boolean {
    if (this.#finReceived || this.#cutShort !== null || this.destroyed) return true;
    return this.push(bytes);
  }

  /** For the session: the peer's FIN. */
  receiveFin(): void {
    if (this.#finReceived || this.#cutShort !== null || this.destroyed) return;
    this.#finReceived = true;
    this.push(null);
    this.#forgetWhenClosed();
  }

  /** For the session: nothing more comes, and nothing more can be sent. */
  cut(reason: string): void {
    if (this.#cutShort !== null || this.destroyed) return;
    if (!this.#finReceived) {
      this.#cutShort = reason;
      this.push(null);
    }
    // A writer that is still busy gets no answer until the stream is destroyed, which follows the reader's end.
    if (this.readableEnded) {
      this.destroy();
      return;
    }
    this.once('end', () => this.destroy());
    // Emits `end` even when nobody reads and nothing is buffered.
    if (this.readableLength === 0) this.read(0);
  }

  override _read(): void {
    this.#owner.readerReady(this);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.reply();
    this.#owner.sendData(this, chunk, false, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.reply();
    this.#owner.sendData(this, Buffer.alloc(0), true, () => {
      this.#finSent = true;
      this.#forgetWhenClosed();
      done();
    });
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!(this.#finReceived && this.#finSent) && this.#cutShort === null) {
      this.#owner.sendReset(this, RST_STATUS.cancel);
    }
    this.#owner.forget(this);
    done(error);
  }

  #forgetWhenClosed(): void {
    if (this.#finReceived && this.#finSent) this.#owner.forget(this);
  }
}

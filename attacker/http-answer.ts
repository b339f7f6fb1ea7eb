import { type Duplex, Writable } from 'node:stream';
import { CHUNK_END, chunkHead, LAST_CHUNK } from '../wire/http-body';
import { formatResponseHead, type HeaderList, headerValue, headerValues } from '../wire/http-head';
import type { OutgoingBytes } from './outgoing-bytes';

/** What an answer has to know of its request. */
export interface AnswerTo {
  readonly method: string;
  readonly version: string;
  /** The connection ends with this answer. */
  readonly last: boolean;
}

/**
 * One HTTP/1.1 answer: a head with exactly the headers given, and what frames the body. One that is destroyed before its
 * end takes the connection with it, so that nobody takes half of it for all.
 */
export class HttpAnswer extends Writable {
  readonly #socket: Duplex;
  readonly #out: OutgoingBytes;
  readonly #to: AnswerTo;
  #framing: 'none' | 'chunked' | 'until-close' | 'length' = 'none';
  #left = 0;
  #begun = false;
  readonly #onClose = (): void => {
    this.destroy();
  };

  constructor(socket: Duplex, out: OutgoingBytes, to: AnswerTo) {
    super();
    this.#socket = socket;
    this.#out = out;
    this.#to = to;
    // Whoever is on the other side may leave at any byte.
    this.on('error', () => undefined);
    socket.once('close', this.#onClose);
  }

  /** The connection can carry another answer after this one. */
  get keepsAlive(): boolean {
    return !this.#to.last && this.#framing !== 'until-close';
  }

  writeHead(status: number, statusText: string, headers: HeaderList): void {
    if (this.#begun || this.destroyed) return;
    this.#begun = true;
    this.#framing = this.#framingFor(status, headers);
    const added: [string, string][] = [];
    if (!this.keepsAlive && headerValue(headers, 'connection') === null) added.push(['Connection', 'close']);
    if (this.#framing === 'chunked') added.push(['Transfer-Encoding', 'chunked']);
    this.#out.write(formatResponseHead({ status, statusText, headers: [...headers, ...added] }));
  }

  #framingFor(status: number, headers: HeaderList): 'none' | 'chunked' | 'until-close' | 'length' {
    const { method, version } = this.#to;
    if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return 'none';
    const [length] = headerValues(headers, 'content-length');
    if (length !== undefined) {
      this.#left = Number(length);
      return 'length';
    }
    return version === 'HTTP/1.1' ? 'chunked' : 'until-close';
  }

  /** Ends the connection where the answer is; what was written has to arrive, and nobody must take it for all. */
  breakOff(): void {
    this.#out.end();
    this.destroy();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    switch (this.#framing) {
      case 'none':
        done();
        return;
      case 'length':
        this.#left -= bytes.length;
        if (this.#left < 0) {
          done(new Error('the body is longer than its Content-Length'));
          return;
        }
        break;
      case 'chunked':
        if (bytes.length === 0) {
          done();
          return;
        }
        this.#out.write(chunkHead(bytes.length));
        this.#out.write(bytes);
        this.#out.write(CHUNK_END, done);
        return;
      case 'until-close':
        break;
    }
    this.#out.write(bytes, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#framing === 'length' && this.#left > 0) {
      done(new Error('the body is shorter than its Content-Length'));
      return;
    }
    if (this.#framing === 'chunked') this.#out.write(LAST_CHUNK, done);
    else done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.off('close', this.#onClose);
    this.#out.flush();
    if (!this.writableFinished && !this.#socket.writableEnded) this.#socket.destroy();
    done(error);
  }
}

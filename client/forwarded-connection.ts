import { Duplex } from 'node:stream';
import { clientForwardingErrorText } from '../wire/port-forward';
import type { SpdyStream } from '../wire/spdy-stream';

export interface ForwardedStreams {
  /** Already half-closed on our side. */
  readonly error: SpdyStream;
  readonly data: SpdyStream;
  readonly localPort: number;
  readonly remotePort: number;
  /** Told when the server reports a failure, before the connection is destroyed with it. */
  readonly onFailure: () => void;
}

/** An error text is a sentence. */
const MOST_ERROR_BYTES = 64 * 1024;

/**
 * One forwarded connection: the data stream, with the error stream's text as its error. `end()` half-closes; when the
 * data stream breaks off, the end is held back until the error stream has had its say.
 */
export class ForwardedConnection extends Duplex {
  readonly #streams: ForwardedStreams;

  constructor(streams: ForwardedStreams) {
    super({ allowHalfOpen: true });
    this.#streams = streams;
    const { data, error } = streams;
    let words = '';
    error.on('data', (chunk: Buffer) => {
      if (words.length < MOST_ERROR_BYTES) words += chunk.toString('utf8');
    });
    let errorDone = false;
    let dataDone = false;
    const settle = (): void => {
      if (errorDone && words !== '') {
        this.#fail(words);
      } else if (dataDone && (errorDone || data.cutShort === null)) {
        this.push(null);
        // After a break nothing can be written either.
        if (data.cutShort !== null) this.end();
      }
    };
    error.once('end', () => {
      errorDone = true;
      settle();
    });
    data.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) data.pause();
    });
    data.once('end', () => {
      dataDone = true;
      settle();
    });
  }

  #fail(text: string): void {
    const { localPort, remotePort, onFailure } = this.#streams;
    onFailure();
    this.destroy(new Error(clientForwardingErrorText(localPort, remotePort, text)));
  }

  override _read(): void {
    this.#streams.data.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#whenOpen(done, (taken) => this.#streams.data.write(chunk, taken));
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#whenOpen(done, (taken) => this.#streams.data.end(taken));
  }

  /** Bytes for a stream that broke off vanish, as they do in a socket; the reader's side tells what happened. */
  #whenOpen(done: (error?: Error | null) => void, act: (taken: () => void) => void): void {
    const { data } = this.#streams;
    if (data.destroyed || data.cutShort !== null) {
      done();
      return;
    }
    const finish = (): void => {
      data.off('close', finish);
      done();
    };
    data.once('close', finish);
    act(finish);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#streams.data.destroy();
    this.#streams.error.destroy();
    done(error);
  }
}

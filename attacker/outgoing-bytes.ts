import type { Duplex } from 'node:stream';
import { MAX_WAITING_BYTES } from './limits';

/**
 * Writes to a connection what is written in one turn as one: a head, its body and what frames it would else be a TLS
 * record and a packet each. Tells the writer to go on while little waits to be sent.
 */
export class OutgoingBytes {
  readonly #socket: Duplex;
  #corked = false;

  constructor(socket: Duplex) {
    this.#socket = socket;
  }

  /** `taken` is called at once, or when the other side has taken what waits; never when the connection is gone. */
  write(bytes: Buffer, taken?: () => void): void {
    const socket = this.#socket;
    if (!socket.writable) return;
    if (!this.#corked) {
      this.#corked = true;
      socket.cork();
      process.nextTick(() => {
        this.#corked = false;
        socket.uncork();
      });
    }
    socket.write(bytes);
    if (taken === undefined) return;
    if (socket.writableLength <= MAX_WAITING_BYTES) taken();
    else socket.once('drain', taken);
  }

  /** No more is written; what waits is sent. */
  end(): void {
    this.#socket.end();
  }
}

import type { Duplex } from 'node:stream';
import { TurnCork } from '../wire/turn-cork';
import { MAX_WAITING_BYTES } from './limits';

/**
 * Writes to a connection what is written in one turn as one: a head, its body and what frames it would else be a TLS
 * record and a packet each. Tells the writer to go on while little waits to be sent.
 */
export class OutgoingBytes {
  readonly #socket: Duplex;
  readonly #cork: TurnCork;

  constructor(socket: Duplex) {
    this.#socket = socket;
    this.#cork = new TurnCork(socket);
  }

  /** `taken` is called at once, or when the other side has taken what waits; never when the connection is gone. */
  write(bytes: Buffer, taken?: () => void): void {
    const socket = this.#socket;
    if (!socket.writable) return;
    this.#cork.hold();
    socket.write(bytes);
    if (taken === undefined) return;
    if (socket.writableLength <= MAX_WAITING_BYTES) taken();
    else socket.once('drain', taken);
  }

  /** Sends what was written in this turn: for who is about to destroy the connection. */
  flush(): void {
    this.#cork.release();
  }

  /** No more is written; what waits is sent. */
  end(): void {
    this.#socket.end();
  }
}

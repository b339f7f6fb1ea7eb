import type { Writable } from 'node:stream';

/**
 * Makes one write of all that is written to a stream in one turn of the event loop. A TLS socket is read in pieces of one
 * record, and ticks run between them: what goes on as it comes costs a record more for each frame's head, and a system
 * call for each piece.
 */
export class TurnCork {
  readonly #stream: Writable;
  #turn: NodeJS.Immediate | null = null;

  constructor(stream: Writable) {
    this.#stream = stream;
  }

  /** From now until the turn ends. */
  hold(): void {
    if (this.#turn !== null) return;
    this.#stream.cork();
    this.#turn = setImmediate(() => this.release());
  }

  /** At once: for who is about to destroy the stream. */
  release(): void {
    if (this.#turn === null) return;
    clearImmediate(this.#turn);
    this.#turn = null;
    this.#stream.uncork();
  }
}

import type { Readable, Writable } from 'node:stream';
import { MAX_WAITING_BYTES } from './limits';
import type { FlowOutlet, RelayedFlow } from './relayed-flows';

/**
 * A flow between two streams that are there already: what a Transform between two pipes would do, without two more
 * streams and their ticks for every piece. Neither is destroyed here: who joins them knows what a failure means.
 */
export class JoinedFlow implements FlowOutlet {
  readonly #to: Writable;
  readonly #onCut: () => void;
  #over = false;

  constructor(to: Writable, onCut: () => void) {
    this.#to = to;
    this.#onCut = onCut;
  }

  begin(flow: RelayedFlow, from: Readable): void {
    const to = this.#to;
    let waits = false;
    const mayGoOn = (): void => {
      if (!waits && to.writableLength <= MAX_WAITING_BYTES) from.resume();
    };
    from.on('data', (bytes: Buffer) => {
      waits = true;
      flow.said(bytes, () => {
        waits = false;
        mayGoOn();
      });
      if (waits || to.writableLength > MAX_WAITING_BYTES) from.pause();
    });
    to.on('drain', mayGoOn);
    from.once('end', () => flow.finished(() => undefined));
  }

  say(bytes: Buffer): void {
    if (!this.#over && this.#to.writable) this.#to.write(bytes);
  }

  finish(): void {
    if (this.#over) return;
    this.#over = true;
    this.#to.end();
  }

  cut(): void {
    if (this.#over) return;
    this.#over = true;
    // What the rules made of this piece besides is done first.
    process.nextTick(this.#onCut);
  }
}

import { setImmediate as nextTurn } from 'node:timers/promises';

/**
 * How the processes of all containers share the one thread with the kubelet: whoever computes calls `takeTurn` now and then,
 * and waits here once it has had its time. One waiter runs per turn of the event loop, first come first served, and the more
 * there are the less time each has, so that others (a probe, another exec) are answered in between.
 */
const SLICE_MS = 4;
const SHORTEST_SLICE_MS = 0.3;

export class Turns {
  readonly #waiting: (() => void)[] = [];
  #startedAt = performance.now();
  #pumping = false;

  /** Goes on at once while the present slice lasts. */
  async take(): Promise<void> {
    const slice = Math.max(SLICE_MS / (1 + this.#waiting.length), SHORTEST_SLICE_MS);
    if (this.#pumping && performance.now() - this.#startedAt < slice) return;
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve);
      if (this.#pumping) return;
      this.#pumping = true;
      void this.#pump();
    });
  }

  async #pump(): Promise<void> {
    while (this.#waiting.length > 0) {
      await nextTurn();
      this.#startedAt = performance.now();
      this.#waiting.shift()?.();
    }
    // The last one woken has a slice too; what asks after that waits for a turn of the event loop again.
    await nextTurn();
    this.#pumping = this.#waiting.length > 0;
    if (this.#pumping) await this.#pump();
  }
}

const turns = new Turns();

export function takeTurn(): Promise<void> {
  return turns.take();
}

import { setMaxListeners } from 'node:events';

/**
 * Something that can be killed by itself or together with what it belongs to: a command of a session, a session of a
 * container. `end` takes its listeners back from the long-lived parents.
 */
export class Job {
  readonly #controller = new AbortController();
  readonly #parents: readonly AbortSignal[];
  readonly #kill = (): void => this.#controller.abort();

  constructor(...parents: readonly AbortSignal[]) {
    // A container that many are attached to has many children.
    setMaxListeners(0, this.#controller.signal);
    this.#parents = parents;
    for (const parent of parents) {
      if (parent.aborted) this.#controller.abort();
      else parent.addEventListener('abort', this.#kill, { once: true });
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  kill(): void {
    this.#controller.abort();
    this.end();
  }

  end(): void {
    for (const parent of this.#parents) parent.removeEventListener('abort', this.#kill);
  }
}

import type { Terminal } from './terminal';

/** One line on stderr that is written over as work goes on, and gone when it is done. Silent without a terminal. */
export class Progress {
  readonly #terminal: Terminal;
  #shown = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  show(text: string): void {
    if (!this.#terminal.progress) return;
    this.#terminal.warn(`\r\u001b[K${text.slice(0, (this.#terminal.width ?? 100) - 1)}`);
    this.#shown = true;
  }

  clear(): void {
    if (this.#shown) this.#terminal.warn('\r\u001b[K');
    this.#shown = false;
  }
}

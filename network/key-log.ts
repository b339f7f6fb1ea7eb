import type { TLSSocket } from 'node:tls';
import type { Connection } from './network';
import type { Site } from './secure';

/** One line of an NSS key log, and which program learned it on which connection. */
export interface LearnedKey {
  /** The machine of the program, as its timeline names it. */
  readonly host: string;
  readonly connection: string;
  /** Label, client random and secret. */
  readonly line: string;
}

/** Where the ends of TLS connections say what opens them, while somebody asks for it. */
export class KeyLog {
  readonly #listeners = new Set<(key: LearnedKey) => void>();

  get wanted(): boolean {
    return this.#listeners.size > 0;
  }

  learn(key: LearnedKey): void {
    for (const listener of this.#listeners) listener(key);
  }

  /** Returns the function that ends the subscription. */
  subscribe(listener: (key: LearnedKey) => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}

/** From a handshake that begins now. Costs nothing when nobody asks. */
export function tellKeys(engine: TLSSocket, connection: Connection, at: Site | undefined): void {
  if (at?.timeline.keys.wanted !== true) return;
  engine.on('keylog', (line) =>
    at.timeline.keys.learn({
      host: at.name,
      connection: connection.id,
      line: line.toString('latin1').trim(),
    }),
  );
}

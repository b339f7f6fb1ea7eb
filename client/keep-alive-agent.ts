import { setMaxListeners } from 'node:events';
import { Agent } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Connection, Refusal } from '../network/network';
import type { SecureConnection } from '../network/secure';

/** Carries a Refusal through node:http, which only knows errors. */
export class DialRefused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.text);
    this.name = 'DialRefused';
    this.refusal = refusal;
  }
}

/** Keeps connections to one apiserver for the next ordinary request, as a client-go client does. */
export class KeepAliveAgent extends Agent {
  readonly #dial: (signal: AbortSignal) => Promise<SecureConnection | Refusal>;
  readonly #connections = new WeakMap<Duplex, Connection>();
  /** Aborted by destroy: what is still being dialled is nobody's any more. */
  readonly #stop = new AbortController();

  constructor(dial: (signal: AbortSignal) => Promise<SecureConnection | Refusal>) {
    super({ keepAlive: true, scheduling: 'lifo' });
    this.#dial = dial;
    // Every connection that is being dialled listens to it, and controllers dial many at once.
    setMaxListeners(0, this.#stop.signal);
  }

  /** For the text of an error on one of its sockets. */
  connectionOf(socket: Duplex): Connection | null {
    return this.#connections.get(socket) ?? null;
  }

  /** node:http calls this for each connection it lacks; the socket goes to the callback. */
  createConnection(_options: unknown, created: (error: Error | null, socket?: Duplex) => void): undefined {
    this.#dial(this.#stop.signal).then(
      (dialled) => {
        if (dialled.kind === 'refusal') {
          created(new DialRefused(dialled));
          return;
        }
        this.#connections.set(dialled.socket, dialled.connection);
        if (this.#stop.signal.aborted) dialled.socket.destroy();
        created(null, dialled.socket);
      },
      (error: Error) => created(error),
    );
  }

  override destroy(): void {
    this.#stop.abort();
    super.destroy();
  }
}

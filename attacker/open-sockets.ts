import type { Duplex } from 'node:stream';

/**
 * Everything the attacker holds open, so that withdrawing leaves nothing behind. A socket that fails ends that socket and
 * nothing else: whoever is on the other side may be hostile.
 */
export class OpenSockets {
  readonly #open = new Set<Duplex>();
  #closed = false;

  add(socket: Duplex): void {
    if (this.#open.has(socket)) return;
    socket.on('error', () => undefined);
    if (this.#closed) socket.destroy();
    if (socket.closed) return;
    this.#open.add(socket);
    socket.once('close', () => this.#open.delete(socket));
  }

  /** Destroys all of them and waits until each says that it is closed. What is added later is destroyed at once. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#open].map(closeSocket));
  }
}

function closeSocket(socket: Duplex): Promise<void> {
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
    socket.destroy();
  });
}

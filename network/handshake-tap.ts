import { Duplex } from 'node:stream';

/**
 * Stands between a socket and the TLS engine, so that the server's first bytes can be read and held before the engine
 * sees them, and so that the engine can be cut off from the wire.
 *
 * Node feeds an engine over anything that is not a net.Socket through its internal JSStreamSocket, which only listens
 * to events and calls the methods overridden here. None of the buffering of a Duplex is used: every chunk goes straight
 * through, which keeps bulk transfer near a native socket's speed (a plain Duplex costs a quarter of it).
 */
export class HandshakeTap extends Duplex {
  readonly #raw: Duplex;
  #inspect: ((chunk: Buffer) => void) | null;
  #muted = false;
  #detached = false;

  /** `inspect` gets every chunk of the peer until `open` is called. */
  constructor(raw: Duplex, inspect: (chunk: Buffer) => void) {
    super({ allowHalfOpen: raw.allowHalfOpen, autoDestroy: false, emitClose: false });
    this.#raw = raw;
    this.#inspect = inspect;
    // The engine decides when our side ends: it may still have to write when the peer's side has ended.
    raw.allowHalfOpen = true;
    raw.on('data', (chunk: Buffer) => {
      if (this.#inspect !== null) this.#inspect(chunk);
      else if (!this.#detached) this.emit('data', chunk);
    });
    raw.on('end', () => this.#toEngine('end'));
    raw.on('close', () => this.#toEngine('close'));
  }

  /** Hands bytes to the engine, which acts on them before this returns. */
  deliver(bytes: Buffer): void {
    if (bytes.length > 0) this.#toEngine('data', bytes);
  }

  /** From now on the engine and the peer talk to each other. */
  open(): void {
    this.#inspect = null;
  }

  /** From now on what the engine writes is thrown away, and it does not notice. */
  mute(): void {
    this.#muted = true;
  }

  /** From now on the engine reaches nobody, and what it does to its stream does nothing to the socket. */
  detach(): void {
    this.#detached = true;
    this.#inspect = null;
  }

  override pause(): this {
    this.#raw.pause();
    return this;
  }

  override resume(): this {
    this.#raw.resume();
    return this;
  }

  override cork(): void {
    this.#raw.cork();
  }

  override uncork(): void {
    this.#raw.uncork();
  }

  override write(chunk: Buffer, ...rest: unknown[]): boolean {
    const done = rest.at(-1) as (error?: Error | null) => void;
    if (this.#muted) {
      done();
      return true;
    }
    if (this.#detached || this.#raw.writableEnded || this.#raw.destroyed) {
      done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
      return false;
    }
    return this.#raw.write(chunk, done);
  }

  override end(...rest: unknown[]): this {
    if (!this.#detached && !this.#muted) this.#raw.end();
    // Reported at once: while a shutdown is pending JSStreamSocket fails an assertion if the engine has to write, which
    // a peer could provoke. `destroy` makes up for it.
    (rest.at(-1) as () => void)();
    return this;
  }

  override destroy(): this {
    if (this.#detached) return this;
    const raw = this.#raw;
    if (raw.writableEnded && !raw.writableFinished && !raw.destroyed) raw.once('finish', () => raw.destroy());
    else raw.destroy();
    return this;
  }

  #toEngine(event: 'data' | 'end' | 'close', bytes?: Buffer): void {
    if (!this.#detached) this.emit(event, bytes);
  }
}

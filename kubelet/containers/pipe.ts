import { takeTurn } from './turns';

/**
 * What the processes of a simulated container read from and write to.
 *
 * Reads and writes never throw: a read yields null at the end of the stream or when its process is killed, a write
 * yields false when nobody reads any more. So killing a process is aborting its signal, and everything unwinds.
 */
export interface Source {
  /** The next bytes; null at the end, or when `signal` is aborted (what was not read stays readable). */
  read(signal?: AbortSignal): Promise<Buffer | null>;
  /** Says that nobody will read any more. */
  close(): void;
}

export interface Sink {
  /** False: nobody takes the bytes (EPIPE), the device is full (`problem` says so), or `signal` is aborted. */
  write(bytes: Buffer, signal?: AbortSignal): Promise<boolean>;
  end(): void;
  /** Why the last write was refused, in strerror's words, when it was not for want of a reader. */
  readonly problem?: string | null;
}

/** What a Linux pipe holds (pipe(7)). */
const CAPACITY_BYTES = 64 * 1024;
/** Processes that only feed each other would otherwise never let the event loop turn. */
const WRITES_PER_TURN = 64;
const END_MARK = Buffer.alloc(0);

/** A bounded byte queue with backpressure: what is between two processes, or between a process and a network stream. */
export class Pipe implements Source, Sink {
  readonly #queue: Buffer[] = [];
  readonly #waiting = new Set<() => void>();
  #size = 0;
  #reading = 0;
  #writes = 0;
  #ended = false;
  #closed = false;

  get full(): boolean {
    return this.#size >= CAPACITY_BYTES;
  }

  /** Whether a read would be answered at once with bytes. */
  get hasBytes(): boolean {
    return this.#queue.length > 0;
  }

  get ended(): boolean {
    return this.#ended;
  }

  async read(signal?: AbortSignal): Promise<Buffer | null> {
    for (;;) {
      if (signal?.aborted) return null;
      const bytes = this.#queue.shift();
      if (bytes !== undefined) {
        this.#size -= bytes.length;
        this.#changed();
        return bytes.length === 0 ? null : bytes;
      }
      if (this.#ended || this.#closed) return null;
      this.#reading += 1;
      this.#changed();
      await this.#change(signal);
      this.#reading -= 1;
    }
  }

  async write(bytes: Buffer, signal?: AbortSignal): Promise<boolean> {
    if (this.#ended || this.#closed || signal?.aborted) return false;
    if (bytes.length === 0) return true;
    this.#queue.push(bytes);
    this.#size += bytes.length;
    this.#changed();
    this.#writes += 1;
    if (this.#writes % WRITES_PER_TURN === 0) await takeTurn();
    while (this.full && !this.#closed && !signal?.aborted) await this.#change(signal);
    return !this.#closed && !signal?.aborted;
  }

  /** One read yields the end, later ones go on: what Ctrl-D does on a terminal. */
  markEnd(): void {
    if (this.#ended || this.#closed) return;
    this.#queue.push(END_MARK);
    this.#changed();
  }

  end(): void {
    this.#ended = true;
    this.#changed();
  }

  close(): void {
    this.#closed = true;
    this.#queue.length = 0;
    this.#size = 0;
    this.#changed();
  }

  /** Resolves when everything written was read and the reader came back for more, or no reader is left. */
  async consumed(signal?: AbortSignal): Promise<void> {
    while (!this.#closed && !signal?.aborted && (this.#queue.length > 0 || this.#reading === 0)) {
      await this.#change(signal);
    }
  }

  #changed(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of waiting) wake();
  }

  #change(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }
}

const NEWLINE = 0x0a;

/** A source whose rest can be given back, so that a shell takes one line and leaves what follows to its children. */
export class LineSource implements Source {
  readonly #source: Source;
  #rest: Buffer = END_MARK;

  constructor(source: Source) {
    this.#source = source;
  }

  /** Whether there are bytes that were given back. */
  get hasRest(): boolean {
    return this.#rest.length > 0;
  }

  async read(signal?: AbortSignal): Promise<Buffer | null> {
    if (this.#rest.length === 0) return this.#source.read(signal);
    const rest = this.#rest;
    this.#rest = END_MARK;
    return signal?.aborted ? null : rest;
  }

  /** The next line with its newline; the last one may lack it. Null at the end. At most `limit` bytes. */
  async readLine(signal?: AbortSignal, limit = CAPACITY_BYTES): Promise<Buffer | null> {
    const parts: Buffer[] = [];
    let size = 0;
    for (;;) {
      const bytes = await this.read(signal);
      if (bytes === null) {
        if (size === 0) return null;
        if (!signal?.aborted) return Buffer.concat(parts);
        this.unread(Buffer.concat(parts));
        return null;
      }
      const at = bytes.indexOf(NEWLINE);
      const end = Math.min(at < 0 ? bytes.length : at + 1, limit - size);
      parts.push(bytes.subarray(0, end));
      size += end;
      if (at >= 0 || size >= limit) {
        this.unread(bytes.subarray(end));
        return Buffer.concat(parts);
      }
    }
  }

  unread(bytes: Buffer): void {
    if (bytes.length > 0) this.#rest = Buffer.concat([bytes, this.#rest]);
  }

  close(): void {
    this.#source.close();
  }
}

export const NOTHING: Source = { read: async () => null, close: () => undefined };

/** `/dev/null`. Yields to the event loop, or a process that floods it would never be killed. */
export const DISCARD: Sink = {
  write: async (_bytes, signal) => {
    await takeTurn();
    return !signal?.aborted;
  },
  end: () => undefined,
};

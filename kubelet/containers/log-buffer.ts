/**
 * What a container wrote to stdout and stderr, as the CRI log file keeps it: line by line with time and stream.
 * Source: containerd internal/cri/io/logger.go (a line is written when its newline arrives, or in pieces of 16 KiB).
 */
export interface LogEntry {
  readonly at: Date;
  readonly stream: 'stdout' | 'stderr';
  /** With its newline, unless it is a piece of a longer line. */
  readonly bytes: Buffer;
}

export interface LogSelection {
  readonly tailLines?: number | undefined;
  readonly since?: Date | undefined;
}

const CAPACITY_BYTES = 1024 * 1024;
const LONGEST_LINE_BYTES = 16 * 1024;
/** What an entry costs besides its bytes: many empty lines must not escape the limit. */
const ENTRY_OVERHEAD_BYTES = 64;
const NEWLINE = 0x0a;

export class LogBuffer {
  readonly #entries = new Map<number, LogEntry>();
  readonly #partial = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  readonly #waiting = new Set<() => void>();
  readonly #now: () => Date;
  #first = 0;
  #next = 0;
  #size = 0;
  #ended = false;
  #written = 0;

  constructor(now: () => Date = () => new Date()) {
    this.#now = now;
  }

  get sizeBytes(): number {
    return this.#size;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** The number that the next entry will have: where a follower goes on. */
  get next(): number {
    return this.#next;
  }

  /** Also what has been dropped since. */
  get writtenBytes(): number {
    return this.#written;
  }

  write(stream: 'stdout' | 'stderr', bytes: Buffer): void {
    this.#written += bytes.length;
    let rest = this.#partial[stream].length === 0 ? bytes : Buffer.concat([this.#partial[stream], bytes]);
    for (;;) {
      const at = rest.indexOf(NEWLINE);
      if (at < 0 && rest.length < LONGEST_LINE_BYTES) break;
      const length = Math.min(at < 0 ? rest.length : at + 1, LONGEST_LINE_BYTES);
      this.#append(stream, rest.subarray(0, length));
      rest = rest.subarray(length);
    }
    // A copy: a short rest must not keep a large chunk alive.
    this.#partial[stream] = Buffer.from(rest);
  }

  /** The container ended: what had no newline yet is logged, followers are done. */
  end(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#partial[stream].length > 0) this.#append(stream, this.#partial[stream]);
      this.#partial[stream] = Buffer.alloc(0);
    }
    this.#ended = true;
    this.#wake();
  }

  select({ tailLines, since }: LogSelection = {}): LogEntry[] {
    const entries = [...this.#entries.values()].filter((it) => since === undefined || it.at >= since);
    return tailLines === undefined ? entries : lastLines(entries, tailLines);
  }

  /** Entries from number `from` on that are still kept, and the number after them. */
  after(from: number): { entries: LogEntry[]; next: number } {
    const entries: LogEntry[] = [];
    for (let at = Math.max(from, this.#first); at < this.#next; at += 1) {
      const entry = this.#entries.get(at);
      if (entry !== undefined) entries.push(entry);
    }
    return { entries, next: this.#next };
  }

  /** Resolves when there is an entry with this number, when the log has ended, or when `signal` is aborted. */
  async reached(number: number, signal: AbortSignal): Promise<void> {
    while (this.#next <= number && !this.#ended && !signal.aborted) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiting.delete(wake);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        this.#waiting.add(wake);
        signal.addEventListener('abort', wake, { once: true });
      });
    }
  }

  #append(stream: 'stdout' | 'stderr', bytes: Buffer): void {
    this.#entries.set(this.#next, { at: this.#now(), stream, bytes: Buffer.from(bytes) });
    this.#next += 1;
    this.#size += bytes.length + ENTRY_OVERHEAD_BYTES;
    while (this.#size > CAPACITY_BYTES) {
      const oldest = this.#entries.get(this.#first);
      this.#entries.delete(this.#first);
      this.#first += 1;
      this.#size -= (oldest?.bytes.length ?? 0) + ENTRY_OVERHEAD_BYTES;
    }
    this.#wake();
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}

/** The entries of the last `count` lines; a line in pieces counts once. */
function lastLines(entries: LogEntry[], count: number): LogEntry[] {
  if (count === 0) return [];
  let lines = 0;
  for (let at = entries.length - 1; at >= 0; at -= 1) {
    const before = entries[at - 1];
    const startsLine = before === undefined || before.bytes.at(-1) === NEWLINE;
    if (startsLine) lines += 1;
    if (lines === count) return entries.slice(at);
  }
  return entries;
}

import { setImmediate as nextTurn } from 'node:timers/promises';
import { aborted } from '../../client/aborted';
import { Job } from './job';
import type { LogBuffer } from './log-buffer';
import { LineSource, NOTHING, Pipe, type Sink } from './pipe';
import type { SessionStreams } from './simulated-container';
import { Terminal } from './terminal';

/** Much less than the log keeps: in pieces of this size, and as much in one turn of the event loop (an entry costs, too). */
const PIECE_BYTES = 8 * 1024;
const MOST_PER_TURN = 256 * 1024;
const ENTRY_BYTES = 64;

/**
 * The streams of a container's first process: what it writes goes to the log and to everybody who is attached, what
 * attached clients type goes to its input.
 */
export class MainProcess {
  readonly terminal: Terminal | null;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly #job = new Job();
  readonly #input = new Pipe();
  readonly #attached = new Map<SessionStreams, AbortSignal>();
  readonly #stdinOnce: boolean;
  #readsInput = false;
  #seen = 0;

  constructor({ tty, stdinOnce, log }: { tty: boolean; stdinOnce: boolean; log: LogBuffer }) {
    this.#stdinOnce = stdinOnce && !tty;
    const output = (stream: 'stdout' | 'stderr'): Sink => ({
      write: async (bytes) => {
        for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
          log.write(stream, bytes.subarray(at, at + PIECE_BYTES));
          await this.#letFollowersRead(log);
        }
        await this.#broadcast(stream, bytes);
        return !this.signal.aborted;
      },
      end: () => undefined,
    });
    this.terminal = tty ? new Terminal(output('stdout')) : null;
    this.stdout = this.terminal?.stdout ?? output('stdout');
    this.stderr = this.terminal?.stdout ?? output('stderr');
  }

  get signal(): AbortSignal {
    return this.#job.signal;
  }

  kill(): void {
    this.#job.kill();
  }

  /** The process has ended: who is attached is let go. */
  end(): void {
    this.#job.kill();
    this.#input.close();
  }

  /** Its input: open until the end when it reads any, else at its end at once. */
  stdinFor(reads: boolean): LineSource {
    this.#readsInput = reads;
    if (!reads) return new LineSource(NOTHING);
    if (this.terminal === null) return new LineSource(this.#input);
    void this.terminal.run(this.#input, this.signal);
    return this.terminal.stdin;
  }

  /**
   * Resolves when the process ends, the client leaves, or the client's input ends. On that last one the runtime lets go
   * of the outputs too; with stdinOnce and no terminal it closes the process's input instead, and the outputs stay until
   * the process ends (containerd internal/cri/io/container_io.go, Attach). Here it lets go only after what was typed has
   * been dealt with, so that a short input still gets its answer.
   */
  async attach(streams: SessionStreams, hear: (bytes: Buffer) => void): Promise<void> {
    const session = new Job(this.signal, streams.signal);
    this.#attached.set(streams, session.signal);
    try {
      if (streams.stdin === null) return await aborted(session.signal);
      for (;;) {
        const bytes = await streams.stdin.read(session.signal);
        if (bytes === null) break;
        if (!this.#readsInput) continue;
        hear(bytes);
        await this.#input.write(bytes, session.signal);
      }
      if (!this.#readsInput) return;
      if (this.#stdinOnce) {
        this.#input.end();
        return await aborted(session.signal);
      }
      await this.#input.consumed(session.signal);
      await this.terminal?.consumed(session.signal);
    } finally {
      this.#attached.delete(streams);
      session.end();
    }
  }

  /** What the log drops for want of room, whoever follows it and keeps up has read before. */
  async #letFollowersRead(log: LogBuffer): Promise<void> {
    const written = log.writtenBytes + ENTRY_BYTES * log.next;
    if (written - this.#seen < MOST_PER_TURN) return;
    this.#seen = written;
    await nextTurn();
  }

  async #broadcast(stream: 'stdout' | 'stderr', bytes: Buffer): Promise<void> {
    for (const [streams, signal] of [...this.#attached]) {
      const sink = streams[stream];
      if (sink !== null) await sink.write(bytes, signal);
    }
  }
}

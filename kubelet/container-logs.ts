import type { Writable } from 'node:stream';
import type { LogBuffer, LogEntry } from './containers/log-buffer';
import type { LogOptions } from './log-options';
import { sinkOf } from './stream-pipes';

/** How much is put into one write. */
const BATCH_BYTES = 64 * 1024;
const NEWLINE = 0x0a;

/**
 * Writes a container's log as /containerLogs does, and with `follow` what comes after, until the container ends or the
 * client leaves. Does not end the stream.
 */
export async function writeLogs(
  log: LogBuffer,
  options: LogOptions,
  to: Writable,
  signal: AbortSignal,
): Promise<void> {
  const sink = sinkOf(to);
  const writer = new EntryWriter(options, (bytes) => sink.write(bytes, signal));
  let next = log.next;
  const selected = log.select({
    tailLines: options.tailLines ?? undefined,
    since: options.since ?? undefined,
  });
  if (!(await writer.write(selected))) return;
  while (options.follow && !signal.aborted) {
    await log.reached(next, signal);
    const news = log.after(next);
    next = news.next;
    if (!(await writer.write(news.entries))) return;
    if (log.ended && log.next === next) return;
  }
}

/** Source: cri-client/pkg/logs/logs.go (logWriter). */
class EntryWriter {
  readonly #timestamps: boolean;
  readonly #send: (bytes: Buffer) => Promise<boolean>;
  #left: number;
  #atLineStart = true;

  constructor(options: LogOptions, send: (bytes: Buffer) => Promise<boolean>) {
    this.#timestamps = options.timestamps;
    this.#left = options.limitBytes ?? Number.POSITIVE_INFINITY;
    this.#send = send;
  }

  /** False when no more is wanted: the limit is reached or the reader has left. */
  async write(entries: readonly LogEntry[]): Promise<boolean> {
    let batch: Buffer[] = [];
    let size = 0;
    for (const entry of entries) {
      const bytes = this.#formatted(entry).subarray(0, this.#left);
      this.#left -= bytes.length;
      batch.push(bytes);
      size += bytes.length;
      if (this.#left === 0) break;
      if (size < BATCH_BYTES) continue;
      if (!(await this.#send(Buffer.concat(batch)))) return false;
      batch = [];
      size = 0;
    }
    if (size > 0 && !(await this.#send(Buffer.concat(batch)))) return false;
    return this.#left > 0;
  }

  #formatted({ at, bytes }: LogEntry): Buffer {
    const stamped = this.#timestamps && this.#atLineStart;
    this.#atLineStart = bytes.at(-1) === NEWLINE;
    return stamped ? Buffer.concat([Buffer.from(`${timestamp(at)} `), bytes]) : bytes;
  }
}

/** RFC 3339 with nine digits of a second, as log lines carry it. */
function timestamp(at: Date): string {
  return at.toISOString().replace('Z', '000000Z');
}

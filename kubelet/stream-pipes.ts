import type { Readable, Writable } from 'node:stream';
import { Pipe, type Sink, type Source } from './containers/pipe';

/** What a Node stream delivers, as a source with backpressure. Its end and its failure both read as the end. */
export function sourceOf(readable: Readable): Source {
  const pipe = new Pipe();
  readable.on('data', (bytes: Buffer) => {
    const written = pipe.write(bytes);
    if (!pipe.full) return;
    readable.pause();
    void written.then(() => readable.resume());
  });
  readable.once('end', () => pipe.end());
  readable.once('close', () => pipe.end());
  readable.on('error', () => pipe.end());
  return pipe;
}

/** A Node stream as a sink: a write resolves when the stream takes more, with false once it is gone. */
export function sinkOf(writable: Writable): Sink {
  const takesMore = (): boolean => !writable.destroyed && !writable.writableEnded;
  writable.on('error', () => undefined);
  return {
    write: async (bytes, signal) => {
      if (!takesMore() || signal?.aborted) return false;
      if (!writable.write(bytes)) await drained(writable, signal);
      return takesMore() && !signal?.aborted;
    },
    end: () => {
      if (takesMore()) writable.end();
    },
  };
}

function drained(writable: Writable, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      writable.off('drain', end);
      writable.off('close', end);
      signal?.removeEventListener('abort', end);
      resolve();
    };
    writable.on('drain', end);
    writable.on('close', end);
    signal?.addEventListener('abort', end, { once: true });
    if (writable.destroyed || signal?.aborted) end();
  });
}

/** Ends a stream and waits until everything written has left, or the stream is gone. */
export function finished(writable: Writable): Promise<void> {
  return new Promise((resolve) => {
    if (writable.destroyed || writable.writableFinished) {
      resolve();
      return;
    }
    writable.once('finish', () => resolve());
    writable.once('close', () => resolve());
    writable.end();
  });
}

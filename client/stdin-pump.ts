import type { Readable } from 'node:stream';

/** Sends one piece, and calls back when the next may follow. */
export type SendPiece = (piece: Buffer, sent: (error?: Error | null) => void) => void;

/** io.Copy's buffer: what kubectl puts into one message. */
const PIECE_BYTES = 32 * 1024;

/**
 * Feeds a session's stdin, one piece at a time. `onEnd` is called when the source has ended and everything is sent.
 * Returns what stops it; the source itself is left alone, paused.
 */
export function pumpStdin(source: Buffer | Readable, send: SendPiece, onEnd: () => void): () => void {
  return Buffer.isBuffer(source) ? pumpBuffer(source, send, onEnd) : pumpStream(source, send, onEnd);
}

function pumpBuffer(source: Buffer, send: SendPiece, onEnd: () => void): () => void {
  let stopped = false;
  const next = (from: number): void => {
    if (stopped) return;
    if (from >= source.length) {
      onEnd();
      return;
    }
    send(source.subarray(from, from + PIECE_BYTES), (error) => {
      if (error === undefined || error === null) next(from + PIECE_BYTES);
    });
  };
  next(0);
  return () => {
    stopped = true;
  };
}

function pumpStream(source: Readable, send: SendPiece, onEnd: () => void): () => void {
  let stopCurrent: () => void = () => {};
  let ended = false;
  let sending = false;
  const onData = (chunk: Buffer | string): void => {
    source.pause();
    sending = true;
    stopCurrent = pumpBuffer(Buffer.from(chunk as string), send, () => {
      sending = false;
      if (ended) onEnd();
      else source.resume();
    });
  };
  // A source that fails is at its end: kubectl closes stdin then, too.
  const onDone = (): void => {
    if (ended) return;
    ended = true;
    if (!sending) onEnd();
  };
  const stop = (): void => {
    ended = true;
    stopCurrent();
    source.off('data', onData);
    source.off('end', onDone);
    source.off('close', onDone);
    source.off('error', onDone);
    source.pause();
  };
  source.on('end', onDone);
  source.on('close', onDone);
  source.on('error', onDone);
  if (source.destroyed || source.readableEnded) onDone();
  else source.on('data', onData);
  return stop;
}

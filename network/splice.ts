import type { Duplex } from 'node:stream';

/**
 * Joins two streams so that each gets what the other sends, with backpressure, half-close and reset passed on.
 * `onBytes` sees every chunk before it is written.
 */
export function splice(a: Duplex, b: Duplex, onBytes?: (from: 'a' | 'b', bytes: Buffer) => void): void {
  pump(a, b, onBytes && ((bytes) => onBytes('a', bytes)));
  pump(b, a, onBytes && ((bytes) => onBytes('b', bytes)));
}

function pump(from: Duplex, to: Duplex, onBytes: ((bytes: Buffer) => void) | undefined): void {
  from.on('data', (bytes: Buffer) => {
    onBytes?.(bytes);
    if (!to.write(bytes)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => to.end());
  from.on('error', () => to.destroy());
  from.on('close', (hadError?: boolean) => {
    if (hadError === true) reset(to);
    else if (!to.writableEnded) to.destroy();
  });
}

/** What is no socket has no way to break off but to close. */
function reset(stream: Duplex & { resetAndDestroy?: () => unknown }): void {
  if (stream.resetAndDestroy === undefined) stream.destroy();
  else stream.resetAndDestroy();
}

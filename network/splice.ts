import type { Socket } from 'node:net';

/**
 * Joins two sockets so that each gets what the other sends, with backpressure, half-close and reset passed on.
 * `onBytes` sees every chunk before it is written.
 */
export function splice(a: Socket, b: Socket, onBytes?: (from: 'a' | 'b', bytes: Buffer) => void): void {
  pump(a, b, onBytes && ((bytes) => onBytes('a', bytes)));
  pump(b, a, onBytes && ((bytes) => onBytes('b', bytes)));
}

function pump(from: Socket, to: Socket, onBytes: ((bytes: Buffer) => void) | undefined): void {
  from.on('data', (bytes: Buffer) => {
    onBytes?.(bytes);
    if (!to.write(bytes)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => to.end());
  from.on('error', () => to.destroy());
  from.on('close', (hadError) => {
    if (hadError) to.resetAndDestroy();
    else if (!to.writableEnded) to.destroy();
  });
}

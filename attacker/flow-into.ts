import type { Duplex, Readable } from 'node:stream';
import { MAX_WAITING_BYTES } from './limits';
import { OutgoingBytes } from './outgoing-bytes';

/**
 * `from.pipe(to)` for bytes in bulk: `to` is written to while little waits in it, and not stopped and started again for
 * every TLS record.
 */
export function flowInto(from: Readable, to: Duplex): void {
  const out = new OutgoingBytes(to);
  from.on('data', (bytes: Buffer) => {
    out.write(bytes);
    if (to.writableLength > MAX_WAITING_BYTES) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => to.end());
  // One that breaks off may take `to` with it: what it said before still arrives.
  from.on('close', () => out.flush());
}

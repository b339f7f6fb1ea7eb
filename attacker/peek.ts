import type { Duplex } from 'node:stream';

/** A ClientHello with a post-quantum key share takes two segments; nothing that is looked for here needs more. */
const MAX_PEEKED_BYTES = 64 * 1024;

/**
 * Looks at the first bytes of a stream and puts them back. `look` is called with all bytes so far until it returns
 * something; null when the stream ends, or has shown too much, before that.
 */
export function peek<Seen>(socket: Duplex, look: (bytes: Buffer) => Seen | null): Promise<Seen | null> {
  return new Promise((resolve) => {
    let bytes: Buffer = Buffer.alloc(0);
    const finish = (seen: Seen | null): void => {
      socket.off('readable', onReadable);
      socket.off('end', onEnd);
      socket.off('close', onEnd);
      if (bytes.length > 0 && !socket.readableEnded && !socket.destroyed) socket.unshift(bytes);
      resolve(seen);
    };
    const onReadable = (): void => {
      const chunk = socket.read() as Buffer | null;
      if (chunk === null) return;
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      const seen = look(bytes);
      if (seen !== null || bytes.length > MAX_PEEKED_BYTES) finish(seen);
    };
    const onEnd = (): void => finish(null);
    socket.on('readable', onReadable);
    socket.once('end', onEnd);
    socket.once('close', onEnd);
  });
}

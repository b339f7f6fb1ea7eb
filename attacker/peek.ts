import type { Duplex } from 'node:stream';
import { MAX_PEEKED_BYTES } from './limits';

/**
 * Looks at the first bytes of a stream and puts them back. `look` is called with piece after piece until it returns
 * something; null when the stream ends, has shown too much or has been silent for too long before that.
 */
export function peek<Seen>(
  socket: Duplex,
  look: (piece: Buffer) => Seen | null,
  timeoutMs: number,
): Promise<Seen | null> {
  return new Promise((resolve) => {
    const seen: Buffer[] = [];
    let length = 0;
    const timer = setTimeout(() => finish(null), timeoutMs);
    const finish = (outcome: Seen | null): void => {
      clearTimeout(timer);
      socket.off('readable', onReadable);
      socket.off('end', onEnd);
      socket.off('close', onEnd);
      if (length > 0 && !socket.readableEnded && !socket.destroyed) socket.unshift(Buffer.concat(seen));
      resolve(outcome);
    };
    const onReadable = (): void => {
      const chunk = socket.read() as Buffer | null;
      if (chunk === null) return;
      seen.push(chunk);
      length += chunk.length;
      const outcome = look(chunk);
      if (outcome !== null || length > MAX_PEEKED_BYTES) finish(outcome);
    };
    const onEnd = (): void => finish(null);
    socket.on('readable', onReadable);
    socket.once('end', onEnd);
    socket.once('close', onEnd);
  });
}

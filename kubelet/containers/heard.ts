import type { Device } from './inode';
import { DISCARD } from './pipe';

const CAPACITY_BYTES = 1024 * 1024;
/** What a chunk costs besides its bytes: many small ones must not escape the limit. */
const CHUNK_OVERHEAD_BYTES = 64;

/**
 * Every byte that a container took in, kept apart by where it came from so that what arrives on two connections at
 * once is not shuffled. Past the limit the oldest bytes go.
 */
export class Heard {
  #chunks: { from: symbol; bytes: Buffer }[] = [];
  #size = 0;

  /** A new origin: one command, one request, one forwarded connection. */
  origin(): (bytes: Buffer | string) => void {
    const from = Symbol();
    return (taken) => {
      const bytes = Buffer.from(taken.slice(-(CAPACITY_BYTES - CHUNK_OVERHEAD_BYTES)));
      if (bytes.length === 0) return;
      this.#chunks.push({ from, bytes });
      this.#size += bytes.length + CHUNK_OVERHEAD_BYTES;
      while (this.#size > CAPACITY_BYTES) {
        this.#size -= (this.#chunks.shift()?.bytes.length ?? 0) + CHUNK_OVERHEAD_BYTES;
      }
    };
  }

  /** All origins one after the other, a newline between them. */
  bytes(): Buffer {
    const origins = new Map<symbol, Buffer[]>();
    for (const { from, bytes } of this.#chunks) {
      const chunks = origins.get(from);
      if (chunks === undefined) origins.set(from, [bytes]);
      else chunks.push(bytes);
    }
    const parts = [...origins.values()].map((chunks) => Buffer.concat(chunks));
    return Buffer.concat(parts.flatMap((part, index) => (index === 0 ? [part] : [Buffer.from('\n'), part])));
  }

  clear(): void {
    this.#chunks = [];
    this.#size = 0;
  }
}

/**
 * The same for somebody who can only reach the container by exec: reading gives everything that was taken in so far, the
 * command that reads included; opening for writing forgets it, whatever is then written.
 */
export function heardDevice(heard: Heard): Device {
  return {
    source: () => {
      let unread: Buffer | null = heard.bytes();
      return {
        read: async () => {
          const bytes = unread;
          unread = null;
          return bytes;
        },
        close: () => undefined,
      };
    },
    sink: () => {
      heard.clear();
      return DISCARD;
    },
  };
}

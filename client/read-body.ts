import type { Readable } from 'node:stream';

export type BodyEnd =
  | { readonly kind: 'complete' }
  /** The peer broke off, or a signal did. */
  | { readonly kind: 'cut-off' };

/** What a command keeps of its output in memory; a listener gets everything. */
export const MOST_KEPT_BYTES = 64 * 1024 * 1024;

/** Keeps chunks until a limit. */
export class Collected {
  readonly #chunks: Buffer[] = [];
  readonly #limit: number;
  #length = 0;

  constructor(limit: number = MOST_KEPT_BYTES) {
    this.#limit = limit;
  }

  add(chunk: Buffer): void {
    const kept = chunk.subarray(0, this.#limit - this.#length);
    if (kept.length === 0) return;
    this.#chunks.push(kept);
    this.#length += kept.length;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}

/** Reads a body to its end, whichever end that is. */
export function readBody(body: Readable, onChunk: (chunk: Buffer) => void): Promise<BodyEnd> {
  return new Promise((resolve) => {
    body.on('data', onChunk);
    body.on('end', () => resolve({ kind: 'complete' }));
    body.on('error', () => resolve({ kind: 'cut-off' }));
    body.on('close', () => resolve({ kind: 'cut-off' }));
    if (body.destroyed) resolve({ kind: 'cut-off' });
  });
}

import { createCipheriv, createHash, randomBytes } from 'node:crypto';

/**
 * Where whoever makes a key, an id or a secret word takes it from. It is handed in, never global: what is not handed one
 * takes the system's.
 */
export interface Randomness {
  bytes(size: number): Buffer;
  /** Twice as many digits as bytes. */
  hex(bytes: number): string;
  /**
   * A stream of its own for one purpose: what others draw meanwhile changes nothing in it. The same label gives the same
   * stream from its beginning.
   */
  for(label: string): Randomness;
}

export const systemRandomness: Randomness = {
  bytes: (size) => randomBytes(size),
  hex: (bytes) => randomBytes(bytes).toString('hex'),
  for: () => systemRandomness,
};

/** The same for the same seed. For labs that nobody attacks in earnest: whoever knows the seed knows every key. */
export function seededRandomness(seed: string): Randomness {
  const key = createHash('sha256').update(seed).digest();
  const stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  const bytes = (size: number): Buffer => stream.update(Buffer.alloc(size));
  return {
    bytes,
    hex: (count) => bytes(count).toString('hex'),
    for: (label) => seededRandomness(`${key.toString('hex')}/${label}`),
  };
}

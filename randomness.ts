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

/** Of the seed that somebody gave, or the system's. */
export function randomnessOf(seed: string | undefined): Randomness {
  return seed === undefined ? systemRandomness : seededRandomness(seed);
}

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

/** For what is made again and again under one label: a stream for the first, one for the second, and so on. */
export function inTurn(random: Randomness): (label: string) => Randomness {
  if (random === systemRandomness) return () => random;
  const turns = new Map<string, number>();
  return (label) => {
    const turn = (turns.get(label) ?? 0) + 1;
    turns.set(label, turn);
    return random.for(`${label} ${turn}`);
  };
}

/** RFC 9562 §5.4: version 4. */
export function uuidFrom(random: Randomness): string {
  const bytes = random.bytes(16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** From 0 up to, and without, 1. */
export function fractionFrom(random: Randomness): number {
  return random.bytes(4).readUInt32BE() / 2 ** 32;
}

/** A whole number from 0 up to, and without, `limit`, which is far below 2^32. */
export function integerBelow(limit: number, random: Randomness): number {
  return Math.floor(fractionFrom(random) * limit);
}

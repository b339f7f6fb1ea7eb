/** The bytes of one file, in blocks, so that a large file grows without being copied. */
const BLOCK_BYTES = 64 * 1024;
const SMALLEST_BLOCK_BYTES = 64;

export class FileContent {
  readonly #blocks: Buffer[] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  append(bytes: Buffer): void {
    let from = 0;
    while (from < bytes.length) {
      const at = this.#size % BLOCK_BYTES;
      const length = Math.min(BLOCK_BYTES - at, bytes.length - from);
      bytes.copy(this.#roomFor(at, at + length), at, from, from + length);
      this.#size += length;
      from += length;
    }
  }

  clear(): void {
    this.#blocks.length = 0;
    this.#size = 0;
  }

  /** A copy of the bytes from `position` on, at most `limit` of them and never past the end of a block; empty at the end. */
  read(position: number, limit = BLOCK_BYTES): Buffer {
    const block = this.#blocks[Math.floor(position / BLOCK_BYTES)];
    const at = position % BLOCK_BYTES;
    const end = Math.min(BLOCK_BYTES, at + limit, at + this.#size - position);
    return block === undefined || end <= at ? Buffer.alloc(0) : Buffer.from(block.subarray(at, end));
  }

  bytes(): Buffer {
    return Buffer.concat(this.#blocks, this.#size);
  }

  /** The last block, with room up to `end`. Grows by doubling, so that small files stay small. */
  #roomFor(at: number, end: number): Buffer {
    const last = at === 0 ? undefined : this.#blocks.at(-1);
    if (last !== undefined && last.length >= end) return last;
    const wanted = Math.max(end, 2 * (last?.length ?? 0), SMALLEST_BLOCK_BYTES);
    const grown = Buffer.alloc(Math.min(wanted, BLOCK_BYTES));
    last?.copy(grown);
    if (last === undefined) this.#blocks.push(grown);
    else this.#blocks[this.#blocks.length - 1] = grown;
    return grown;
  }
}

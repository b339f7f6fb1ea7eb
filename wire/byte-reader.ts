/** Reads length-prefixed fields, as TLS messages are made of them. Past the end every read is null, and stays so. */
export class ByteReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  uint(size: 1 | 2 | 3): number | null {
    if (this.#offset + size > this.#bytes.length) {
      this.#offset = this.#bytes.length + 1;
      return null;
    }
    const value = this.#bytes.readUIntBE(this.#offset, size);
    this.#offset += size;
    return value;
  }

  take(length: number): Buffer | null {
    if (this.#offset + length > this.#bytes.length) {
      this.#offset = this.#bytes.length + 1;
      return null;
    }
    const value = this.#bytes.subarray(this.#offset, this.#offset + length);
    this.#offset += length;
    return value;
  }

  /** A vector whose length comes first, in `size` bytes. */
  vector(size: 1 | 2 | 3): Buffer | null {
    const length = this.uint(size);
    return length === null ? null : this.take(length);
  }
}

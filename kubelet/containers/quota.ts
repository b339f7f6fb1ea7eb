/** What a file system may hold: bytes, and files of any kind. */
export interface Capacity {
  readonly bytes: number;
  readonly files: number;
}

/** What a file costs besides its bytes: many empty files must not escape the limit. */
export const FILE_OVERHEAD_BYTES = 256;

export class Quota {
  readonly capacity: Capacity;
  #bytes = 0;
  #files = 0;

  constructor(capacity: Capacity) {
    this.capacity = capacity;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get files(): number {
    return this.#files;
  }

  /** False: there is no space left, and nothing was taken. */
  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.capacity.bytes) return false;
    this.#bytes += bytes;
    return true;
  }

  takeFile(): boolean {
    if (this.#files >= this.capacity.files || !this.take(FILE_OVERHEAD_BYTES)) return false;
    this.#files += 1;
    return true;
  }

  give(bytes: number): void {
    this.#bytes -= bytes;
  }

  giveFile(): void {
    this.#files -= 1;
    this.#bytes -= FILE_OVERHEAD_BYTES;
  }
}

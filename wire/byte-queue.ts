/**
 * Bytes that arrive in pieces and are taken off in front, in a time that grows with their number only: joining them anew
 * for every piece lets a peer that sends byte by byte make n² of it. What was handed out is never written over.
 */
export class ByteQueue {
  #bytes: Buffer = Buffer.alloc(0);
  #start = 0;
  #end = 0;

  get length(): number {
    return this.#end - this.#start;
  }

  /** The first piece is taken as it is, without a copy: whoever adds must not write into it afterwards. */
  add(piece: Buffer): void {
    if (this.length === 0) {
      this.#bytes = piece;
      this.#start = 0;
      this.#end = piece.length;
      return;
    }
    // Behind the end there is room only in a buffer that was made here.
    if (this.#end + piece.length > this.#bytes.length) this.#grow(piece.length);
    piece.copy(this.#bytes, this.#end);
    this.#end += piece.length;
  }

  /** All of it, as a view. */
  view(): Buffer {
    return this.#bytes.subarray(this.#start, this.#end);
  }

  /** Takes the first bytes off. */
  drop(length: number): void {
    this.#start = Math.min(this.#end, this.#start + length);
  }

  #grow(by: number): void {
    const live = this.view();
    const grown = Buffer.allocUnsafeSlow(2 * (live.length + by));
    live.copy(grown);
    this.#bytes = grown;
    this.#start = 0;
    this.#end = live.length;
  }
}

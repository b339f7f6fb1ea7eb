import type { Pattern, PatternState } from './pattern';

export interface Piece {
  readonly kind: 'plain' | 'match';
  readonly bytes: Buffer;
}

/** What is longer than this is no match: as much is held back at most. */
export const LONGEST_MATCH_BYTES = 1024;

/**
 * Looks for a pattern in bytes that come in pieces, wherever these are cut. Of matches at one place the longest counts,
 * of places the first. Bytes that may yet become a match are held back until it is known.
 */
export class StreamSearch {
  readonly #pattern: Pattern;
  readonly #begins: readonly boolean[];
  /** The only byte that a match begins with; null when there are several. */
  readonly #onlyFirst: number | null;
  #held: Buffer = Buffer.alloc(0);
  /** The byte before what is held. */
  #before = LF;

  constructor(pattern: Pattern) {
    this.#pattern = pattern;
    this.#begins = Array.from({ length: 256 }, (_, byte) => pattern.next(pattern.start, byte) !== null);
    const first = this.#begins.indexOf(true);
    this.#onlyFirst = this.#begins.indexOf(true, first + 1) < 0 ? first : null;
  }

  push(bytes: Buffer): Piece[] {
    return this.#look(this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]), false);
  }

  /** Nothing more comes, or not for a while: what is held is judged as it is, and a line that is open counts as ended. */
  release(): Piece[] {
    return this.#look(this.#held, true);
  }

  #look(bytes: Buffer, last: boolean): Piece[] {
    const pieces: Piece[] = [];
    let plainFrom = 0;
    let at = this.#candidate(bytes, 0);
    while (at < bytes.length) {
      const found = this.#matchAt(bytes, at, last);
      if (found === 'unknown') break;
      if (found === null) {
        at = this.#candidate(bytes, at + 1);
        continue;
      }
      if (at > plainFrom) pieces.push({ kind: 'plain', bytes: bytes.subarray(plainFrom, at) });
      pieces.push({ kind: 'match', bytes: bytes.subarray(at, found) });
      plainFrom = found;
      at = this.#candidate(bytes, found);
    }
    if (at > plainFrom) pieces.push({ kind: 'plain', bytes: bytes.subarray(plainFrom, at) });
    if (at > 0) this.#before = bytes[at - 1] ?? this.#before;
    // A copy: a slice would keep the whole read buffer behind it alive.
    this.#held = Buffer.from(bytes.subarray(at));
    return pieces;
  }

  /** Where a match may begin, from here on; the length when nowhere. */
  #candidate(bytes: Buffer, from: number): number {
    for (let at = from; at < bytes.length; at += 1) {
      if (this.#onlyFirst !== null) {
        at = bytes.indexOf(this.#onlyFirst, at);
        if (at < 0) break;
      }
      if (this.#begins[bytes[at] ?? 0] !== true) continue;
      if (!this.#pattern.atLineStart || (at === 0 ? this.#before : bytes[at - 1]) === LF) return at;
    }
    return bytes.length;
  }

  /** The end of the longest match that begins here, null for none; unknown when bytes that have yet to come decide. */
  #matchAt(bytes: Buffer, from: number, last: boolean): number | null | 'unknown' {
    const limit = Math.min(bytes.length, from + LONGEST_MATCH_BYTES);
    let state: PatternState | null = this.#pattern.start;
    let found: number | null = null;
    let at = from;
    while (at < limit) {
      state = this.#pattern.next(state, bytes[at] ?? 0);
      if (state === null) return found;
      at += 1;
      if (!state.accepts) continue;
      if (!this.#pattern.atLineEnd) found = at;
      else if (at === bytes.length && !last) return 'unknown';
      else if (at === bytes.length || bytes[at] === LF || bytes[at] === CR) found = at;
    }
    return state.goesOn && at === bytes.length && at - from < LONGEST_MATCH_BYTES && !last
      ? 'unknown'
      : found;
  }
}

const LF = 0x0a;
const CR = 0x0d;

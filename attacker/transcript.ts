import { isUtf8 } from 'node:buffer';

/**
 * What passed a relay, as each side saw it: what the client sent and what the endpoint received of it, what the endpoint
 * answered and what the client got of that. Bounded: the beginning is kept, the rest is counted.
 */
export interface Transcript {
  readonly entries: readonly TranscriptEntry[];
  readonly dropped: { readonly entries: number; readonly bytes: number };
}

export interface TranscriptEntry {
  /** Milliseconds since the attack began. */
  readonly atMs: number;
  readonly connection: string;
  /** Numbers the requests of a connection. */
  readonly exchange: number;
  /** A name of rules, or `request`, `answer`, `error`, `resize`, `note`. */
  readonly stream: string;
  readonly side: Side;
  /** What is no UTF-8 is in hexadecimal. */
  readonly text: string;
  readonly encoding: 'utf8' | 'hex';
}

export type Side = (typeof sides)[number];

export const sides = [
  'client-sent',
  'endpoint-received',
  'endpoint-answered',
  'client-got',
  'attacker',
] as const;

export interface TranscriptPlace {
  readonly connection: string;
  readonly exchange: number;
  readonly stream: string;
  readonly side: Side;
}

const MOST_ENTRIES = 2_000;
const MOST_BYTES = 128 * 1024;

/** The writing side. */
export class TranscriptBook {
  readonly #began = performance.now();
  readonly #entries: { at: number; place: TranscriptPlace; chunks: Buffer[] }[] = [];
  readonly #dropped = { entries: 0, bytes: 0 };
  #bytes = 0;

  write(place: TranscriptPlace, bytes: Buffer): void {
    if (bytes.length === 0) return;
    const kept = bytes.subarray(0, MOST_BYTES - this.#bytes);
    this.#dropped.bytes += bytes.length - kept.length;
    const last = this.#entries.at(-1);
    if (last !== undefined && isSame(last.place, place)) {
      if (kept.length > 0) last.chunks.push(Buffer.from(kept));
    } else if (kept.length === 0 || this.#entries.length === MOST_ENTRIES) {
      this.#dropped.entries += 1;
      this.#dropped.bytes += kept.length;
      return;
    } else {
      this.#entries.push({ at: performance.now() - this.#began, place, chunks: [Buffer.from(kept)] });
    }
    this.#bytes += kept.length;
  }

  read(): Transcript {
    const entries = this.#entries.map(({ at, place, chunks }) => {
      const bytes = Buffer.concat(chunks);
      const encoding = isUtf8(bytes) ? ('utf8' as const) : ('hex' as const);
      return { atMs: Math.round(at), ...place, text: bytes.toString(encoding), encoding };
    });
    return { entries, dropped: { ...this.#dropped } };
  }
}

function isSame(a: TranscriptPlace, b: TranscriptPlace): boolean {
  return (
    a.side === b.side && a.stream === b.stream && a.exchange === b.exchange && a.connection === b.connection
  );
}

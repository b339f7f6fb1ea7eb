import type { EventReference } from './event-reference';

/**
 * Which events are told, and which are another time of one that was. Pure but for its memory.
 * Source: client-go tools/record/events_cache.go (EventCorrelator): the same again is counted; more than ten that differ
 * only in their text are told as one; an object that says too much is cut short.
 */
export interface Occurrence {
  readonly about: EventReference;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly at: Date;
}

export type Told =
  | {
      readonly kind: 'new' | 'again';
      readonly key: string;
      readonly message: string;
      readonly count: number;
      readonly firstAt: Date;
    }
  | { readonly kind: 'dropped' };

const BURST = 25;
const REFILL_MS = 300_000;
const SIMILAR_WITHIN_MS = 600_000;
const MOST_SIMILAR = 10;
/** maxLruCacheEntries. */
const MOST_KEPT = 4096;

export class EventCorrelator {
  readonly #buckets = new Map<string, { tokens: number; at: number }>();
  readonly #similar = new Map<string, { messages: Set<string>; at: number }>();
  readonly #known = new Map<string, { count: number; firstAt: Date }>();

  correlate({ about, type, reason, message, at }: Occurrence): Told {
    const object = JSON.stringify([
      about.kind,
      about.namespace,
      about.name,
      about.uid,
      about.apiVersion,
      about.fieldPath,
    ]);
    const group = JSON.stringify([object, type, reason]);
    const combined = this.#combined(group, message, at);
    const text = combined ? `(combined from similar events): ${message}` : message;
    const key = combined ? group : JSON.stringify([group, message]);
    const known = this.#known.get(key);
    const next = { count: (known?.count ?? 0) + 1, firstAt: known?.firstAt ?? at };
    remember(this.#known, key, next);
    if (!this.#hasToken(object, at)) return { kind: 'dropped' };
    return { kind: known === undefined ? 'new' : 'again', key, message: text, ...next };
  }

  /** It was not taken: the next one of its kind is new. */
  forget(key: string): void {
    this.#known.delete(key);
  }

  #combined(group: string, message: string, at: Date): boolean {
    const known = this.#similar.get(group);
    const fresh = known === undefined || at.getTime() - known.at > SIMILAR_WITHIN_MS;
    const messages = fresh ? new Set<string>() : known.messages;
    messages.add(message);
    remember(this.#similar, group, { messages, at: at.getTime() });
    if (messages.size < MOST_SIMILAR) return false;
    // Bounded: which one is in it does not matter any more.
    for (const each of [...messages].slice(0, messages.size - MOST_SIMILAR)) messages.delete(each);
    return true;
  }

  #hasToken(object: string, at: Date): boolean {
    const now = at.getTime();
    const known = this.#buckets.get(object) ?? { tokens: BURST, at: now };
    const tokens = Math.min(BURST, known.tokens + (now - known.at) / REFILL_MS);
    const enough = tokens >= 1;
    remember(this.#buckets, object, { tokens: enough ? tokens - 1 : tokens, at: now });
    return enough;
  }
}

/** As the newest; what was remembered longest ago is forgotten for it. */
export function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > MOST_KEPT && oldest !== undefined) map.delete(oldest);
}

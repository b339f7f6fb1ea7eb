import type { KubeObject } from '../api/objects';
import type { ResourceKind } from './registry';

/**
 * What changed lately, a row of changes for each kind. Watches start in it, and lists of the past are the present with
 * the later changes undone. A kind forgets what is older than the compaction interval but keeps its newest hundred;
 * all kinds together forget their oldest when there are too many or they weigh too much.
 * Source: k8s.io/apiserver pkg/storage/cacher/watch_cache.go (capacity), pkg/storage/etcd3/compact.go (interval).
 */
export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED';

export interface Change {
  readonly type: WatchEventType;
  readonly kind: ResourceKind;
  /** For DELETED the last state, with the number of the deletion as its resourceVersion. */
  readonly object: KubeObject;
  /** What was stored before; null for ADDED. A filtered watch needs it to tell what leaves its selection. */
  readonly previous: KubeObject | null;
  readonly revision: number;
  /** Milliseconds since 1970. */
  readonly at: number;
}

export interface HistoryLimits {
  /** Changes of all kinds together. */
  readonly count: number;
  /** Characters of JSON that those changes hold. */
  readonly characters: number;
  /** --etcd-compaction-interval: lists of a version older than this are refused. */
  readonly compactionIntervalMs: number;
}

export const historyLimits: HistoryLimits = {
  count: 10_000,
  characters: 64 * 1024 * 1024,
  compactionIntervalMs: 5 * 60_000,
};

/** What a kind keeps however old it is: defaultLowerBoundCapacity of the watch cache. */
const lowerBoundCapacity = 100;

interface Row {
  readonly changes: Change[];
  /** How many at the front of `changes` are forgotten; cut off when they are many. */
  head: number;
  /** The newest version that is forgotten: a watch may start there, not before. */
  forgotten: number;
}

export class ChangeHistory {
  readonly #limits: HistoryLimits;
  readonly #sizeOf: (object: KubeObject) => number;
  readonly #onForget: (change: Change) => void;
  readonly #rows = new Map<ResourceKind, Row>();
  /** The counter at some moments of the last interval, a second or more apart. */
  readonly #marks: { readonly at: number; readonly revision: number }[] = [];
  #count = 0;
  #characters = 0;

  constructor(options: {
    readonly limits: HistoryLimits;
    readonly sizeOf: (object: KubeObject) => number;
    /** Called for each change that leaves. */
    readonly onForget?: (change: Change) => void;
  }) {
    this.#limits = options.limits;
    this.#sizeOf = options.sizeOf;
    this.#onForget = options.onForget ?? (() => undefined);
  }

  /** The newest change of a kind that nobody can be told about any more. */
  forgotten(kind: ResourceKind): number {
    return this.#rows.get(kind)?.forgotten ?? 0;
  }

  /** At start from disk: changes up to this one were forgotten before. */
  restoreForgotten(kind: ResourceKind, revision: number): void {
    this.#row(kind).forgotten = revision;
  }

  push(change: Change): void {
    const row = this.#row(change.kind);
    row.changes.push(change);
    this.#count += 1;
    this.#characters += this.#sizeOf(change.object);
    this.#mark(change);
    const horizon = change.at - this.#limits.compactionIntervalMs;
    while (row.changes.length - row.head > lowerBoundCapacity && this.#oldest(row).at < horizon)
      this.#forget(row);
    while (this.#count > this.#limits.count || this.#characters > this.#limits.characters) {
      const oldest = this.#rowWithOldest();
      if (oldest === null) break;
      this.#forget(oldest);
    }
  }

  /** The changes of a kind after a version, oldest first. */
  since(kind: ResourceKind, revision: number): readonly Change[] {
    const row = this.#rows.get(kind);
    if (row === undefined) return [];
    let low = row.head;
    let high = row.changes.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((row.changes[middle] as Change).revision <= revision) low = middle + 1;
      else high = middle;
    }
    return row.changes.slice(low);
  }

  /** The oldest version of which a list can be given: the one that was current an interval ago (etcd's compact revision). */
  compacted(kind: ResourceKind, now: number): number {
    const horizon = now - this.#limits.compactionIntervalMs;
    const mark = this.#marks.findLast(({ at }) => at <= horizon);
    return Math.max(mark?.revision ?? 0, this.forgotten(kind));
  }

  #mark({ at, revision }: Change): void {
    const marks = this.#marks;
    const last = marks.at(-1);
    if (last !== undefined && at - last.at < 1000) return;
    marks.push({ at, revision });
    // One that is past the horizon is enough.
    const horizon = at - this.#limits.compactionIntervalMs;
    while ((marks[1]?.at ?? Number.POSITIVE_INFINITY) <= horizon) marks.shift();
  }

  #row(kind: ResourceKind): Row {
    const row = this.#rows.get(kind) ?? { changes: [], head: 0, forgotten: 0 };
    this.#rows.set(kind, row);
    return row;
  }

  #oldest(row: Row): Change {
    return row.changes[row.head] as Change;
  }

  #rowWithOldest(): Row | null {
    let found: Row | null = null;
    for (const row of this.#rows.values()) {
      if (row.head === row.changes.length) continue;
      if (found === null || this.#oldest(row).revision < this.#oldest(found).revision) found = row;
    }
    return found;
  }

  #forget(row: Row): void {
    const change = this.#oldest(row);
    row.head += 1;
    row.forgotten = change.revision;
    // Amortized: the front is cut off once it is half of the row.
    if (row.head > 64 && row.head * 2 > row.changes.length) {
      row.changes.splice(0, row.head);
      row.head = 0;
    }
    this.#count -= 1;
    this.#characters -= this.#sizeOf(change.object);
    this.#onForget(change);
  }
}

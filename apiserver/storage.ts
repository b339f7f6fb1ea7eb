import type { KubeObject } from '../api/objects';
import { inTurn, type Randomness, systemRandomness, uuidFrom } from '../randomness';
import { type Change, ChangeHistory, type HistoryLimits, historyLimits } from './change-history';
import { inherit } from './inherit';
import { sizeOf } from './object-text';
import { keyOf, OrderedTable } from './ordered-table';
import type { ResourceKind } from './registry';
import { sameContent } from './same-content';

export type { Change, WatchEventType } from './change-history';

/**
 * The objects of the cluster, in memory. One counter numbers every change (etcd's revision); an object's
 * resourceVersion is the number of its last change. A stored object is never modified: a change puts a new one in its
 * place, so what a reader holds stays what it was.
 *
 * With a journal, memory is ahead of the disk: writers and readers inside see a change at once, but nobody outside may
 * hear of it before `durable()`. Watches are told only of what is on disk.
 */
export type ChangeListener = (change: Change) => void;

export type WriteRefusal =
  | { readonly kind: 'exists' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'stale' };

/** Where changes are kept for good. Both calls return at once. */
export interface Journal {
  append(change: Change): void;
  /** A change left the history: what only it still needed may be removed. */
  forget(change: Change): void;
}

/** The objects of a kind as they were at a version. */
export interface Snapshot {
  /** In order, from the asked start on. */
  readonly keys: readonly string[];
  object(key: string): KubeObject;
}

interface Listeners {
  /** By what they hear of: see `scopeOf`. */
  readonly of: Map<string, Set<ChangeListener>>;
}

export interface StorageOptions {
  readonly now?: () => Date;
  readonly limits?: Partial<HistoryLimits>;
  readonly randomFor?: (label: string) => Randomness;
}

export class Storage {
  readonly #now: () => Date;
  readonly #randomFor: (label: string) => Randomness;
  readonly #tables = new Map<ResourceKind, OrderedTable>();
  readonly #listeners = new Map<ResourceKind, Listeners>();
  readonly #history: ChangeHistory;
  #revision = 0;
  #journal: Journal | null = null;
  /** Up to here everything is on disk, or nothing has to be. */
  #durable = 0;
  /** On their way to the disk, oldest first. */
  #unsettled: Change[] = [];
  #waiters: { readonly revision: number; resolve(): void; reject(error: Error): void }[] = [];
  #broken: Error | null = null;

  constructor(options: StorageOptions = {}) {
    this.#now = options.now ?? (() => new Date());
    this.#randomFor = options.randomFor ?? inTurn(systemRandomness);
    this.#history = new ChangeHistory({
      limits: { ...historyLimits, ...options.limits },
      sizeOf,
      onForget: (change) => this.#journal?.forget(change),
    });
  }

  get revision(): number {
    return this.#revision;
  }

  /** The newest change that anybody outside may hear of. */
  get durableRevision(): number {
    return this.#durable;
  }

  /** The newest change of a kind that watches can no longer be told about. */
  oldestRevision(kind: ResourceKind): number {
    return this.#history.forgotten(kind);
  }

  get(kind: ResourceKind, namespace: string, name: string): KubeObject | null {
    return this.#tables.get(kind)?.get(keyOf(namespace, name)) ?? null;
  }

  /** All objects of a kind, of one namespace or ('') of all, ordered by namespace and name as etcd orders its keys. */
  list(kind: ResourceKind, namespace: string): KubeObject[] {
    const table = this.#table(kind);
    return table.keys(namespace).map((key) => table.get(key) as KubeObject);
  }

  /** In no order and without a copy: for those who look at every request. */
  *each(kind: ResourceKind, namespace: string): Generator<KubeObject> {
    for (const object of this.#tables.get(kind)?.values() ?? []) {
      if (namespace === '' || object.metadata.namespace === namespace) yield object;
    }
  }

  /** What there was at a version, from a key on; null when that is too long ago. */
  snapshot(kind: ResourceKind, namespace: string, revision: number, start = ''): Snapshot | null {
    if (revision < this.#history.compacted(kind, this.#now().getTime())) return null;
    const table = this.#table(kind);
    const later = this.#history.since(kind, revision);
    if (later.length === 0)
      return { keys: table.keys(namespace, start), object: (key) => table.get(key) as KubeObject };
    // The first change after the version knows what was there before it.
    const before = new Map<string, KubeObject | null>();
    for (const { object, previous } of later) {
      const key = keyOf(object.metadata.namespace ?? '', object.metadata.name);
      if (!before.has(key)) before.set(key, previous);
    }
    const prefix = namespace === '' ? '' : `${namespace}/`;
    const undone = [...before]
      .filter(([key, previous]) => previous !== null && key >= start && key.startsWith(prefix))
      .map(([key]) => key);
    const untouched = table.keys(namespace, start).filter((key) => !before.has(key));
    return {
      keys: [...untouched, ...undone].sort(),
      object: (key) => before.get(key) ?? (table.get(key) as KubeObject),
    };
  }

  create(kind: ResourceKind, object: KubeObject): KubeObject | WriteRefusal {
    const key = keyOf(object.metadata.namespace ?? '', object.metadata.name);
    const table = this.#table(kind);
    if (table.get(key) !== undefined) return { kind: 'exists' };
    // Nothing is born deleted (rest/create.go).
    const { deletionTimestamp: _at, deletionGracePeriodSeconds: _in, ...metadata } = object.metadata;
    const stored: KubeObject = {
      ...object,
      metadata: {
        ...metadata,
        uid: uuidFrom(this.#randomFor(`uid ${kind.group}/${kind.resource} ${key}`)),
        creationTimestamp: timestamp(this.#now()),
        ...(kind.generation ? { generation: 1 } : {}),
      },
    };
    return this.#commit(kind, 'ADDED', stored, null, () => table.set(key, stored));
  }

  /** Replaces an object. `expected` is the resourceVersion the writer saw; undefined overwrites unseen. */
  update(kind: ResourceKind, object: KubeObject, expected: string | undefined): KubeObject | WriteRefusal {
    const key = keyOf(object.metadata.namespace ?? '', object.metadata.name);
    const table = this.#table(kind);
    const previous = table.get(key);
    if (previous === undefined) return { kind: 'missing' };
    if (expected !== undefined && expected !== '' && expected !== previous.metadata.resourceVersion) {
      return { kind: 'stale' };
    }
    const stored = inherit(kind, object, previous);
    if (sameContent(stored, previous)) return previous;
    return this.#commit(kind, 'MODIFIED', stored, previous, () => table.set(key, stored));
  }

  delete(kind: ResourceKind, namespace: string, name: string): KubeObject | WriteRefusal {
    const key = keyOf(namespace, name);
    const table = this.#table(kind);
    const previous = table.get(key);
    if (previous === undefined) return { kind: 'missing' };
    const last: KubeObject = { ...previous, metadata: { ...previous.metadata } };
    return this.#commit(kind, 'DELETED', last, previous, () => table.delete(key));
  }

  /**
   * Calls the listener for every change of a kind after `from`, at once for those of the past. Null when the past is
   * gone (the caller answers 410). Returns the function that ends it. '' for any namespace, and for any name: as many nodes
   * as wait each for an object of its own cost a change no more than one.
   */
  watch(
    kind: ResourceKind,
    from: number,
    listener: ChangeListener,
    namespace = '',
    name = '',
  ): (() => void) | null {
    const scope = scopeOf(namespace, name);
    if (from < this.#history.forgotten(kind)) return null;
    for (const change of this.#history.since(kind, from)) {
      if (change.revision > this.#durable) break;
      if (scopesOf(change.object).includes(scope)) listener(change);
    }
    const later: ChangeListener =
      from <= this.#durable
        ? listener
        : (change) => {
            if (change.revision > from) listener(change);
          };
    const { of } = this.#listenersOf(kind);
    const listeners = of.get(scope) ?? new Set();
    of.set(scope, listeners);
    listeners.add(later);
    return () => {
      listeners.delete(later);
      if (listeners.size === 0 && of.get(scope) === listeners) of.delete(scope);
    };
  }

  /** Resolves when all that was written so far is on disk; null when it is already, or nothing has to be. */
  durable(): Promise<void> | null {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    const revision = this.#revision;
    if (revision <= this.#durable) return null;
    return new Promise((resolve, reject) => this.#waiters.push({ revision, resolve, reject }));
  }

  /** Before the first write: changes go to the journal first. What it kept is then played back with `restore`. */
  useJournal(journal: Journal): void {
    this.#journal = journal;
  }

  /** A change that was kept, in the order of its making. Nobody is told. */
  restore(change: Change, remembered: boolean): void {
    const table = this.#table(change.kind);
    const key = keyOf(change.object.metadata.namespace ?? '', change.object.metadata.name);
    if (change.type === 'DELETED') table.delete(key);
    else table.set(key, change.object);
    if (remembered) this.#history.push(change);
  }

  /** Where a journal left off: the counter, and what each kind had forgotten. */
  restoreRevision(revision: number, forgotten: ReadonlyMap<ResourceKind, number>): void {
    this.#revision = revision;
    this.#durable = revision;
    for (const [kind, newest] of forgotten) this.#history.restoreForgotten(kind, newest);
  }

  /** The journal has everything up to this revision. */
  settle(revision: number): void {
    this.#durable = revision;
    const settled = this.#unsettled.filter((change) => change.revision <= revision);
    this.#unsettled = this.#unsettled.slice(settled.length);
    for (const change of settled) this.#tell(change);
    const done = this.#waiters.filter((waiter) => waiter.revision <= revision);
    this.#waiters = this.#waiters.filter((waiter) => waiter.revision > revision);
    for (const { resolve } of done) resolve();
  }

  /** The journal cannot write: memory is ahead of the disk for good, so nothing may be answered from it any more. */
  fail(error: Error): void {
    this.#broken = error;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const { reject } of waiters) reject(error);
  }

  #table(kind: ResourceKind): OrderedTable {
    const table = this.#tables.get(kind) ?? new OrderedTable();
    this.#tables.set(kind, table);
    return table;
  }

  #listenersOf(kind: ResourceKind): Listeners {
    const listeners = this.#listeners.get(kind) ?? { of: new Map() };
    this.#listeners.set(kind, listeners);
    return listeners;
  }

  #commit(
    kind: ResourceKind,
    type: Change['type'],
    object: KubeObject,
    previous: KubeObject | null,
    apply: () => void,
  ): KubeObject {
    if (this.#broken !== null) throw this.#broken;
    this.#revision += 1;
    object.metadata.resourceVersion = String(this.#revision);
    apply();
    const change: Change = {
      type,
      kind,
      object,
      previous,
      revision: this.#revision,
      at: this.#now().getTime(),
    };
    if (this.#journal !== null) {
      this.#unsettled.push(change);
      this.#journal.append(change);
    }
    this.#history.push(change);
    if (this.#journal === null) {
      this.#durable = this.#revision;
      this.#tell(change);
    }
    return object;
  }

  #tell(change: Change): void {
    const of = this.#listeners.get(change.kind)?.of;
    if (of === undefined) return;
    for (const scope of scopesOf(change.object)) {
      for (const listener of [...(of.get(scope) ?? [])]) listener(change);
    }
  }
}

/** What a watch hears of: everything, a namespace, a name wherever it is, or one object. */
function scopeOf(namespace: string, name: string): string {
  return name === '' ? namespace : `${namespace}/${name}`;
}

/** Whose watches hear of it. */
function scopesOf({ metadata: { namespace = '', name } }: KubeObject): readonly string[] {
  const anywhere = ['', scopeOf('', name)];
  return namespace === '' ? anywhere : [...anywhere, namespace, scopeOf(namespace, name)];
}

/** metav1.Time: RFC 3339 in whole seconds. */
export function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

import { randomUUID } from 'node:crypto';
import type { KubeObject } from '../api/objects';
import type { ResourceKind } from './registry';

/**
 * The objects of the cluster, in memory. One counter numbers every change (etcd's revision); an object's
 * resourceVersion is the number of its last change. A stored object is never modified: a change puts a new one in its
 * place, so what a reader holds stays what it was.
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
}

export type ChangeListener = (change: Change) => void;

export type WriteRefusal =
  | { readonly kind: 'exists' }
  | { readonly kind: 'missing' }
  | { readonly kind: 'stale' };

/** How many changes a watch can go back over; upstream's watch cache starts at 100 a resource and grows with use. */
const historyLimit = 10_000;

export class Storage {
  readonly #now: () => Date;
  readonly #historyLimit: number;
  readonly #tables = new Map<ResourceKind, Map<string, KubeObject>>();
  readonly #listeners = new Map<ResourceKind, Set<ChangeListener>>();
  readonly #history: Change[] = [];
  #revision = 0;
  #forgotten = 0;

  constructor(options: { now?: () => Date; historyLimit?: number } = {}) {
    this.#now = options.now ?? (() => new Date());
    this.#historyLimit = options.historyLimit ?? historyLimit;
  }

  get revision(): number {
    return this.#revision;
  }

  /** The newest change that watches can no longer be told about. */
  get oldestRevision(): number {
    return this.#forgotten;
  }

  get(kind: ResourceKind, namespace: string, name: string): KubeObject | null {
    return this.#tables.get(kind)?.get(key(namespace, name)) ?? null;
  }

  /** All objects of a kind, of one namespace or ('') of all, ordered by namespace and name as etcd orders its keys. */
  list(kind: ResourceKind, namespace: string): KubeObject[] {
    const table = this.#tables.get(kind);
    if (table === undefined) return [];
    const prefix = `${namespace}/`;
    const keys = [...table.keys()]
      .filter((candidate) => namespace === '' || candidate.startsWith(prefix))
      .sort();
    return keys.flatMap((candidate) => table.get(candidate) ?? []);
  }

  /** In no order and without a copy: for those who look at every request. */
  *each(kind: ResourceKind, namespace: string): Generator<KubeObject> {
    for (const object of this.#tables.get(kind)?.values() ?? []) {
      if (namespace === '' || object.metadata.namespace === namespace) yield object;
    }
  }

  create(kind: ResourceKind, object: KubeObject): KubeObject | WriteRefusal {
    const at = key(object.metadata.namespace ?? '', object.metadata.name);
    const table = this.#table(kind);
    if (table.has(at)) return { kind: 'exists' };
    const stored: KubeObject = {
      ...object,
      metadata: {
        ...object.metadata,
        uid: randomUUID(),
        creationTimestamp: timestamp(this.#now()),
        ...(kind.generation ? { generation: 1 } : {}),
      },
    };
    return this.#commit(kind, 'ADDED', stored, null, () => table.set(at, stored));
  }

  /** Replaces an object. `expected` is the resourceVersion the writer saw; undefined overwrites unseen. */
  update(kind: ResourceKind, object: KubeObject, expected: string | undefined): KubeObject | WriteRefusal {
    const at = key(object.metadata.namespace ?? '', object.metadata.name);
    const table = this.#table(kind);
    const previous = table.get(at);
    if (previous === undefined) return { kind: 'missing' };
    if (expected !== undefined && expected !== '' && expected !== previous.metadata.resourceVersion) {
      return { kind: 'stale' };
    }
    const stored = inherit(kind, object, previous);
    if (sameContent(stored, previous)) return previous;
    return this.#commit(kind, 'MODIFIED', stored, previous, () => table.set(at, stored));
  }

  delete(kind: ResourceKind, namespace: string, name: string): KubeObject | WriteRefusal {
    const at = key(namespace, name);
    const table = this.#table(kind);
    const previous = table.get(at);
    if (previous === undefined) return { kind: 'missing' };
    const last: KubeObject = { ...previous, metadata: { ...previous.metadata } };
    return this.#commit(kind, 'DELETED', last, previous, () => table.delete(at));
  }

  /**
   * Calls the listener for every change of a kind after `from`, at once for those of the past. Null when the past is
   * gone (the caller answers 410). Returns the function that ends it.
   */
  watch(kind: ResourceKind, from: number, listener: ChangeListener): (() => void) | null {
    if (from < this.#forgotten) return null;
    for (const change of this.#history) {
      if (change.kind === kind && change.revision > from) listener(change);
    }
    const listeners = this.#listeners.get(kind) ?? new Set();
    this.#listeners.set(kind, listeners);
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }

  #table(kind: ResourceKind): Map<string, KubeObject> {
    const table = this.#tables.get(kind) ?? new Map<string, KubeObject>();
    this.#tables.set(kind, table);
    return table;
  }

  #commit(
    kind: ResourceKind,
    type: WatchEventType,
    object: KubeObject,
    previous: KubeObject | null,
    apply: () => void,
  ): KubeObject {
    this.#revision += 1;
    object.metadata.resourceVersion = String(this.#revision);
    apply();
    const change: Change = { type, kind, object, previous, revision: this.#revision };
    this.#history.push(change);
    if (this.#history.length > this.#historyLimit) {
      this.#forgotten = this.#history.shift()?.revision ?? this.#forgotten;
    }
    for (const listener of [...(this.#listeners.get(kind) ?? [])]) listener(change);
    return object;
  }
}

function key(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

/** metav1.Time: RFC 3339 in whole seconds. */
export function timestamp(date: Date): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** What a writer cannot change, and the generation, which counts changes of the spec. */
function inherit(kind: ResourceKind, object: KubeObject, previous: KubeObject): KubeObject {
  const metadata = { ...object.metadata };
  const { uid, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds } = previous.metadata;
  Object.assign(metadata, { uid, creationTimestamp });
  if (deletionTimestamp !== undefined && metadata.deletionTimestamp === undefined) {
    Object.assign(metadata, { deletionTimestamp, deletionGracePeriodSeconds });
  }
  if (kind.generation) {
    const before = previous.metadata.generation ?? 1;
    const changed = JSON.stringify(object['spec']) !== JSON.stringify(previous['spec']);
    metadata.generation = changed ? before + 1 : before;
  }
  return { ...object, metadata };
}

/** A write that changes nothing gets no new version and wakes nobody (storage/etcd3, GuaranteedUpdate). */
function sameContent(a: KubeObject, b: KubeObject): boolean {
  const bare = (object: KubeObject) => ({ ...object, metadata: { ...object.metadata, resourceVersion: '' } });
  return canonical(bare(a)) === canonical(bare(b));
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, entry: unknown) =>
    typeof entry === 'object' && entry !== null && !Array.isArray(entry)
      ? Object.fromEntries(Object.entries(entry).sort(([x], [y]) => (x < y ? -1 : 1)))
      : entry,
  );
}

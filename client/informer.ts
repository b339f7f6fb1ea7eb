import type { Logger } from 'pino';
import type { KubeObject } from '../api/objects';
import type { KubeClient } from './kube-client';
import { NO_LIST, objectList } from './object-list';
import { pause } from './pause';
import type { WatchListener } from './watch';

/**
 * A collection of the apiserver, kept up to date: listed once, then watched, listed again whenever the watch cannot go
 * on. Whatever fails is tried again for as long as it takes. Source of the behaviour: k8s.io/client-go tools/cache
 * (Reflector).
 */
export type InformerListener<T> = (now: T | null, before: T | null) => void;

export class Informer<T extends KubeObject> {
  readonly #client: KubeClient;
  readonly #path: string;
  readonly #log: Logger;
  readonly #stop = new AbortController();
  readonly #objects = new Map<string, T>();
  readonly #listeners = new Set<InformerListener<T>>();
  readonly #synced: Promise<void>;
  readonly #loop: Promise<void>;
  #announceSynced: () => void = () => undefined;

  /** `path` is that of the collection, selectors included: `/api/v1/pods`. */
  constructor(options: { readonly client: KubeClient; readonly path: string; readonly log: Logger }) {
    this.#client = options.client;
    this.#path = options.path;
    this.#log = options.log;
    this.#synced = new Promise((resolve) => {
      this.#announceSynced = resolve;
    });
    this.#loop = this.#run();
  }

  /** Resolves when the first list is in. */
  get synced(): Promise<void> {
    return this.#synced;
  }

  get(namespace: string, name: string): T | null {
    return this.#objects.get(keyOf(namespace, name)) ?? null;
  }

  list(namespace = ''): T[] {
    const all = [...this.#objects.values()];
    return namespace === '' ? all : all.filter((object) => object.metadata.namespace === namespace);
  }

  /** Called for every change from now on, and at once for what is there: with null before it came, or after it went. Returns the function that ends it. */
  listen(listener: InformerListener<T>): () => void {
    this.#listeners.add(listener);
    for (const object of this.#objects.values()) listener(object, null);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  /** Resolves when the condition holds, or after this time: whoever has written something waits until it is seen here. */
  async until(condition: () => boolean, withinMs: number): Promise<void> {
    if (condition() || this.#stop.signal.aborted) return;
    const { signal } = this.#stop;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#listeners.delete(look);
        signal.removeEventListener('abort', done);
        clearTimeout(timer);
        resolve();
      };
      const look = (): void => {
        if (condition()) done();
      };
      const timer = setTimeout(done, withinMs);
      this.#listeners.add(look);
      signal.addEventListener('abort', done, { once: true });
    });
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let delayMs = FIRST_DELAY_MS;
    while (!signal.aborted) {
      const problem = await this.#round();
      if (signal.aborted) return;
      if (problem === null) delayMs = FIRST_DELAY_MS;
      else {
        this.#log.debug({ path: this.#path, problem, retryInMs: delayMs }, 'collection not to be had');
        delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS);
      }
      await pause(delayMs, signal);
    }
  }

  /** Null when the watch ended in good order, or its version is gone. */
  async #round(): Promise<string | null> {
    const { signal } = this.#stop;
    const listed = await this.#client.request('GET', this.#path, { signal });
    if (!listed.ok) return listed.words;
    const list = objectList<T>(listed);
    if (list === null) return NO_LIST;
    // The items of a list do not say what they are.
    const { apiVersion } = list;
    const kind = list.kind.replace(/List$/, '');
    this.#replace(list.items.map((item) => ({ ...item, apiVersion, kind })));
    this.#announceSynced();
    let from = list.resourceVersion;
    for (;;) {
      const end = await this.#follow(from, (version) => {
        from = version;
      });
      if (signal.aborted || end.kind === 'expired') return null;
      if (end.kind === 'failed') return end.problem;
    }
  }

  async #follow(
    from: string,
    reached: (resourceVersion: string) => void,
  ): Promise<{ kind: 'ended' } | { kind: 'expired' } | { kind: 'failed'; problem: string }> {
    let expired = false;
    let events = 0;
    const began = performance.now();
    const query = `${this.#path.includes('?') ? '&' : '?'}allowWatchBookmarks=true&resourceVersion=${from}`;
    const { signal } = this.#stop;
    const take: WatchListener = (type, raw) => {
      const object = raw as unknown as T;
      events += 1;
      if (type === 'ERROR') {
        expired = true;
        watch.close();
        return;
      }
      reached(object.metadata.resourceVersion ?? from);
      if (type !== 'BOOKMARK') this.#take(type === 'DELETED' ? null : object, object);
    };
    const watch = this.#client.watch(`${this.#path}${query}`, take, { signal });
    const end = await watch.ended;
    if (expired) return { kind: 'expired' };
    if (end.kind === 'ended' && events === 0 && performance.now() - began < SHORT_WATCH_MS) {
      return { kind: 'failed', problem: VERY_SHORT_WATCH };
    }
    if (end.kind === 'ended' || end.kind === 'closed') return { kind: 'ended' };
    return { kind: 'failed', problem: end.kind === 'refused' ? end.words : end.text };
  }

  #replace(items: readonly T[]): void {
    const there = new Set(items.map(({ metadata }) => keyOf(metadata.namespace ?? '', metadata.name)));
    for (const [key, object] of [...this.#objects]) if (!there.has(key)) this.#take(null, object);
    for (const object of items) this.#take(object, object);
  }

  #take(now: T | null, named: T): void {
    const key = keyOf(named.metadata.namespace ?? '', named.metadata.name);
    const before = this.#objects.get(key) ?? null;
    if (now === null) this.#objects.delete(key);
    else {
      const known = before?.metadata;
      if (known?.resourceVersion === now.metadata.resourceVersion && known?.uid === now.metadata.uid) return;
      this.#objects.set(key, now);
    }
    if (now === null && before === null) return;
    for (const listener of [...this.#listeners]) listener(now, before);
  }
}

const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 5_000;

/** Source: k8s.io/client-go tools/cache/reflector.go (handleAnyWatch): a server that hangs up at once is not asked at once. */
const SHORT_WATCH_MS = 1_000;
const VERY_SHORT_WATCH =
  'very short watch: Unexpected watch close - watch lasted less than a second and no items received';

function keyOf(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

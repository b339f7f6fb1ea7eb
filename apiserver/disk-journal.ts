import type { Change } from './change-history';
import { encodeRecord, type JournalState, keys, kindKey } from './journal-record';
import type { Journal, Storage } from './storage';

export type Operation =
  | { readonly type: 'put'; readonly key: string; readonly value: string }
  | { readonly type: 'del'; readonly key: string };

/** What the journal needs of a key-value store. */
export interface KeyValueStore {
  batch(operations: Operation[], options: { readonly sync: true }): Promise<void>;
  close(): Promise<void>;
}

/**
 * Writes changes to a key-value store, all that wait in one batch with one fsync (group commit), and tells storage how
 * far the disk is. A batch is whole or not there at all; nothing is acknowledged before its batch is.
 */
export class DiskJournal implements Journal {
  readonly #store: KeyValueStore;
  readonly #storage: Storage;
  readonly #onFailure: (error: unknown) => Error;
  readonly #forgotten = new Map<string, number>();
  #operations: Operation[] = [];
  #records: number;
  #running: Promise<void> | null = null;
  #broken = false;

  constructor(options: {
    readonly store: KeyValueStore;
    readonly storage: Storage;
    readonly state: JournalState;
    /** Says what is wrong with the directory. */
    readonly onFailure: (error: unknown) => Error;
  }) {
    this.#store = options.store;
    this.#storage = options.storage;
    this.#records = options.state.records;
    this.#onFailure = options.onFailure;
  }

  append(change: Change): void {
    this.#operations.push({ type: 'put', key: keys.record(change.revision), value: encodeRecord(change) });
    this.#records += 1;
    // The rest of this turn of the event loop joins the batch.
    this.#running ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => this.#write());
  }

  /** A record goes when nothing that is remembered, and nothing that is there, came after it. */
  forget({ kind, type, previous, revision }: Change): void {
    if (previous !== null) this.#remove(previous.metadata.resourceVersion ?? '');
    if (type === 'DELETED') this.#remove(revision);
    this.#forgotten.set(kindKey(kind), revision);
  }

  /** After the last write is on disk. */
  async close(): Promise<void> {
    while (this.#running !== null) await this.#running;
    await this.#store.close();
  }

  #remove(revision: number | string): void {
    this.#operations.push({ type: 'del', key: keys.record(revision) });
    this.#records -= 1;
  }

  async #write(): Promise<void> {
    while (this.#operations.length > 0 && !this.#broken) {
      const operations = this.#operations;
      this.#operations = [];
      const { revision } = this.#storage;
      for (const [kind, newest] of this.#forgotten)
        operations.push({ type: 'put', key: keys.forgotten(kind), value: String(newest) });
      this.#forgotten.clear();
      const state: JournalState = { revision, records: this.#records };
      operations.push({ type: 'put', key: keys.state, value: JSON.stringify(state) });
      try {
        await this.#store.batch(operations, { sync: true });
        this.#storage.settle(revision);
      } catch (error) {
        this.#broken = true;
        this.#storage.fail(this.#onFailure(error));
      }
    }
    this.#running = null;
  }
}

import { describe, expect, test } from '@jest/globals';
import { DiskJournal, type KeyValueStore, type Operation } from './disk-journal';
import { kindOf } from './registry';
import { Storage } from './storage';

const configMaps = kindOf('configmaps');

/** A store that finishes a batch when the test says so. */
class HeldStore implements KeyValueStore {
  readonly batches: {
    readonly keys: string[];
    finish(): void;
    fail(error: Error): void;
  }[] = [];
  #arrived: (() => void) | null = null;

  batch(operations: Operation[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const keys = operations.map(({ type, key }) => `${type} ${key}`);
      this.batches.push({ keys, finish: resolve, fail: reject });
      this.#arrived?.();
    });
  }

  /** Resolves with the batch of this number once it is there. */
  async nth(index: number): Promise<HeldStore['batches'][number]> {
    while (this.batches.length <= index) {
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
    return this.batches[index] as HeldStore['batches'][number];
  }

  async close(): Promise<void> {}
}

function journaled(limits: { count: number } = { count: 1000 }) {
  const storage = new Storage({ limits });
  const store = new HeldStore();
  const journal = new DiskJournal({
    store,
    storage,
    state: { revision: 0, records: 0 },
    onFailure: (error) => new Error(`broken: ${(error as Error).message}`),
  });
  storage.useJournal(journal);
  const write = (name: string, value = 'x') => {
    const object = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'ns' },
      data: { value },
    };
    return storage.get(configMaps, 'ns', name) === null
      ? storage.create(configMaps, object)
      : storage.update(configMaps, object, undefined);
  };
  return { storage, store, write };
}

describe('a journal', () => {
  test('writes all that waits in one batch, in the order of revisions', async () => {
    const { store, write } = journaled();
    for (const name of ['a', 'b', 'c']) write(name);
    const first = await store.nth(0);
    for (const name of ['d', 'e']) write(name);
    first.finish();
    const second = await store.nth(1);
    expect([first.keys, second.keys]).toEqual([
      ['put r/0000000000000001', 'put r/0000000000000002', 'put r/0000000000000003', 'put m/state'],
      ['put r/0000000000000004', 'put r/0000000000000005', 'put m/state'],
    ]);
    second.finish();
  });

  test('lets nobody outside know before the disk has it', async () => {
    const { storage, store, write } = journaled();
    const told: string[] = [];
    storage.watch(configMaps, 0, ({ object }) => told.push(object.metadata.name));
    expect(storage.durable()).toBeNull();
    write('a');
    const durable = storage.durable();
    expect([durable, told, storage.durableRevision]).toEqual([expect.any(Promise), [], 0]);
    // A watch that starts now is told of it as well, once.
    storage.watch(configMaps, 0, ({ object }) => told.push(`late ${object.metadata.name}`));
    (await store.nth(0)).finish();
    await durable;
    expect([storage.durable(), told, storage.durableRevision]).toEqual([null, ['a', 'late a'], 1]);
  });

  test('removes what nothing remembers and nothing is any more', async () => {
    const { storage, store, write } = journaled({ count: 2 });
    write('a');
    write('a', 'y');
    write('a', 'z');
    storage.delete(configMaps, 'ns', 'a');
    write('b');
    write('c');
    // Of six changes two are remembered: the deletion is forgotten, and all of `a` with it.
    const { keys, finish } = await store.nth(0);
    const gone = keys.filter((key) => key.startsWith('del')).sort();
    expect(gone).toEqual([1, 2, 3, 4].map((revision) => `del r/000000000000000${revision}`));
    expect(keys).toContain('put f//configmaps');
    finish();
  });

  test('that cannot write refuses every write after it, and answers none before', async () => {
    const { storage, store, write } = journaled();
    write('a');
    const durable = storage.durable();
    (await store.nth(0)).fail(new Error('IO error: No space left on device'));
    await expect(durable).rejects.toThrow('broken: IO error');
    await expect(storage.durable()).rejects.toThrow('broken');
    expect(() => write('b')).toThrow('broken');
  });
});

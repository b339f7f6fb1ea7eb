import { describe, expect, jest, test } from '@jest/globals';
import type { KubeObject } from '../api/objects';
import { parseListOptions } from './list-options';
import { kindOf } from './registry';
import { Storage } from './storage';
import { runWatch } from './watch';
import type { Sink } from './watch-sinks';

const configMaps = kindOf('configmaps');

function configMap(name: string, labels: Record<string, string> = {}, namespace = 'ns'): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace, labels } };
}

/** A reader that takes a number of lines and then no more until it is told to. */
class Reader implements Sink {
  readonly lines: { type: string; object: KubeObject & { message?: string } }[] = [];
  ended = false;
  wasCut = false;
  room: number;
  #drained: (() => void) | null = null;
  #closed: (() => void)[] = [];

  constructor(room = Number.POSITIVE_INFINITY) {
    this.room = room;
  }

  write(line: Buffer): boolean {
    this.lines.push(JSON.parse(line.toString()) as Reader['lines'][number]);
    this.room -= 1;
    return this.room > 0;
  }
  full(): boolean {
    return this.room <= 0;
  }
  whenDrained(listener: () => void): void {
    this.#drained = listener;
  }
  drain(room: number): void {
    this.room = room;
    const listener = this.#drained;
    this.#drained = null;
    listener?.();
  }
  end(last: Buffer | null): void {
    if (last !== null) this.write(last);
    this.ended = true;
    this.leave();
  }
  cut(): void {
    this.wasCut = true;
    this.leave();
  }
  leave(): void {
    for (const listener of this.#closed.splice(0)) listener();
  }
  whenClosed(listener: () => void): void {
    this.#closed.push(listener);
  }
  get seen(): string[] {
    return this.lines.map(({ type, object }) => `${type} ${object.metadata.name ?? ''}`.trim());
  }
}

function watch(storage: Storage, query: string, reader: Reader, namespace = ''): Reader {
  const options = parseListOptions(configMaps, new URLSearchParams(query), 'watch');
  if (options.kind !== 'list-options') throw new Error(options.message);
  const representation = { kind: configMaps, as: { kind: 'object' }, includeObject: 'Metadata' } as const;
  runWatch({ storage, kind: configMaps, namespace, options, representation, now: () => new Date() }, reader);
  return reader;
}

describe('a watch', () => {
  test.each(['', 'resourceVersion=0'])('from %j begins with what there is', (query) => {
    const storage = new Storage();
    for (const name of ['b', 'a']) storage.create(configMaps, configMap(name));
    const reader = watch(storage, query, new Reader());
    storage.create(configMaps, configMap('c'));
    expect(reader.seen).toEqual(['ADDED a', 'ADDED b', 'ADDED c']);
    reader.leave();
  });

  test('of a namespace hears of no other', () => {
    const storage = new Storage();
    const reader = watch(storage, '', new Reader(), 'ns');
    storage.create(configMaps, configMap('a', {}, 'other'));
    storage.create(configMaps, configMap('b'));
    expect(reader.seen).toEqual(['ADDED b']);
    reader.leave();
    storage.create(configMaps, configMap('c'));
    expect(reader.seen).toEqual(['ADDED b']);
  });

  test('from a version that is to come hears of what comes after it', () => {
    const storage = new Storage();
    const reader = watch(storage, 'resourceVersion=2', new Reader());
    for (const name of ['a', 'b', 'c']) storage.create(configMaps, configMap(name));
    expect(reader.seen).toEqual(['ADDED c']);
    reader.leave();
  });

  test('from a version that is forgotten ends with what a reflector understands', () => {
    const storage = new Storage({ limits: { count: 2 } });
    for (const name of ['a', 'b', 'c', 'd']) storage.create(configMaps, configMap(name));
    const reader = watch(storage, 'resourceVersion=1', new Reader());
    expect(reader.lines).toMatchObject([
      {
        type: 'ERROR',
        object: { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version: 1 (2)' },
      },
    ]);
    expect(reader.ended).toBe(true);
  });

  test('sees what enters and leaves its selection as added and deleted, as it last was', () => {
    const storage = new Storage();
    const reader = watch(storage, 'labelSelector=app%3Dx', new Reader());
    storage.create(configMaps, configMap('a', { app: 'y' }));
    for (const labels of [{ app: 'x' }, { app: 'x', more: '1' }, { app: 'z' }, { app: 'zz' }])
      storage.update(configMaps, configMap('a', labels), undefined);
    expect(reader.lines).toMatchObject([
      { type: 'ADDED', object: { metadata: { labels: { app: 'x' }, resourceVersion: '2' } } },
      { type: 'MODIFIED', object: { metadata: { resourceVersion: '3' } } },
      { type: 'DELETED', object: { metadata: { labels: { app: 'x', more: '1' }, resourceVersion: '4' } } },
    ]);
    expect(reader.lines).toHaveLength(3);
    reader.leave();
  });

  test('sends a bookmark a minute and one at its end, to who asked for them', () => {
    jest.useFakeTimers();
    try {
      const storage = new Storage();
      storage.create(configMaps, configMap('a'));
      const asked = watch(
        storage,
        'resourceVersion=1&allowWatchBookmarks=true&timeoutSeconds=90',
        new Reader(),
      );
      const silent = watch(storage, 'resourceVersion=1&timeoutSeconds=90', new Reader());
      jest.advanceTimersByTime(89_000);
      storage.create(configMaps, configMap('b'));
      jest.advanceTimersByTime(1000);
      expect(asked.lines.map(({ type, object }) => [type, object.metadata.resourceVersion])).toEqual([
        ['BOOKMARK', '1'],
        ['ADDED', '2'],
        ['BOOKMARK', '2'],
      ]);
      expect([silent.seen, silent.ended]).toEqual([['ADDED b'], true]);
      expect(jest.getTimerCount()).toBe(0);
    } finally {
      jest.useRealTimers();
    }
  });
});

describe('a reader that is slow', () => {
  test('gets everything in order when it goes on', () => {
    const storage = new Storage();
    for (const name of ['a', 'b', 'c']) storage.create(configMaps, configMap(name));
    const reader = watch(storage, '', new Reader(1));
    storage.create(configMaps, configMap('d'));
    expect(reader.seen).toEqual(['ADDED a']);
    reader.drain(2);
    storage.create(configMaps, configMap('e'));
    expect(reader.seen).toEqual(['ADDED a', 'ADDED b', 'ADDED c']);
    reader.drain(9);
    expect(reader.seen).toEqual(['ADDED a', 'ADDED b', 'ADDED c', 'ADDED d', 'ADDED e']);
    reader.leave();
  });

  test('is let go when it is a thousand changes behind, and costs nothing more', () => {
    const storage = new Storage();
    const reader = watch(storage, '', new Reader(1));
    let changes = 0;
    while (!reader.wasCut && changes < 5000) {
      changes += 1;
      storage.create(configMaps, configMap(`c${changes}`));
    }
    expect(changes).toBeLessThan(1100);
    expect(reader.lines).toHaveLength(1);
  });
});

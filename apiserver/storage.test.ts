import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../api/objects';
import { parseListOptions } from './list-options';
import { kindOf } from './registry';
import { type Change, Storage } from './storage';
import { selectChange } from './watch-events';

const configMaps = kindOf('configmaps');
const pods = kindOf('pods');

function configMap(name: string, data = 'x', labels: Record<string, string> = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'ns', labels },
    data: { key: data },
  };
}

describe('storage', () => {
  test('numbers every change, for all kinds together', () => {
    const storage = new Storage();
    const first = storage.create(configMaps, configMap('a'));
    const second = storage.create(pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'ns' },
    });
    expect(
      [first, second].map((object) => ('metadata' in object ? object.metadata.resourceVersion : null)),
    ).toEqual(['1', '2']);
    expect(storage.revision).toBe(2);
  });

  test('refuses what exists, what is missing and what is stale', () => {
    const storage = new Storage();
    expect(storage.update(configMaps, configMap('a'), undefined)).toEqual({ kind: 'missing' });
    expect(storage.delete(configMaps, 'ns', 'a')).toEqual({ kind: 'missing' });
    storage.create(configMaps, configMap('a'));
    expect(storage.create(configMaps, configMap('a'))).toEqual({ kind: 'exists' });
    storage.update(configMaps, configMap('a', 'y'), '1');
    expect(storage.update(configMaps, configMap('a', 'z'), '1')).toEqual({ kind: 'stale' });
    expect(storage.update(configMaps, configMap('a', 'z'), '')).toMatchObject({ data: { key: 'z' } });
  });

  test('keeps identity and birth of an object, whatever a writer says', () => {
    const storage = new Storage({ now: () => new Date('2026-01-02T03:04:05.678Z') });
    const created = storage.create(configMaps, configMap('a')) as KubeObject;
    expect(created.metadata.creationTimestamp).toBe('2026-01-02T03:04:05Z');
    const forged = configMap('a', 'y');
    forged.metadata.uid = 'forged';
    forged.metadata.creationTimestamp = '1970-01-01T00:00:00Z';
    expect(storage.update(configMaps, forged, undefined)).toMatchObject({
      metadata: { uid: created.metadata.uid, creationTimestamp: '2026-01-02T03:04:05Z' },
    });
  });

  test('raises the generation with the spec and not with the status', () => {
    const storage = new Storage();
    const pod = (spec: object, status: object): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'p', namespace: 'ns' },
      spec,
      status,
    });
    const generation = (object: object) => (object as KubeObject).metadata.generation;
    expect(generation(storage.create(pods, pod({ a: 1 }, {})))).toBe(1);
    expect(generation(storage.update(pods, pod({ a: 1 }, { phase: 'Running' }), undefined))).toBe(1);
    expect(generation(storage.update(pods, pod({ a: 2 }, { phase: 'Running' }), undefined))).toBe(2);
  });

  test('gives a write that changes nothing no version and tells nobody', () => {
    const storage = new Storage();
    storage.create(configMaps, configMap('a'));
    const seen: Change[] = [];
    storage.watch(configMaps, 1, (change) => seen.push(change));
    storage.update(configMaps, configMap('a'), undefined);
    expect([storage.revision, seen.length]).toEqual([1, 0]);
  });

  test('lists one namespace or all, in order', () => {
    const storage = new Storage();
    for (const name of ['b', 'a']) storage.create(configMaps, configMap(name));
    storage.create(configMaps, { ...configMap('c'), metadata: { name: 'c', namespace: 'ns2' } });
    const names = (namespace: string) =>
      storage.list(configMaps, namespace).map(({ metadata }) => metadata.name);
    expect(names('ns')).toEqual(['a', 'b']);
    expect(names('')).toEqual(['a', 'b', 'c']);
  });
});

describe('a watch', () => {
  test('replays what came after a version, and goes on with what comes', () => {
    const storage = new Storage();
    storage.create(configMaps, configMap('a'));
    storage.create(configMaps, configMap('b'));
    const seen: string[] = [];
    const stop = storage.watch(configMaps, 1, ({ type, object }) =>
      seen.push(`${type} ${object.metadata.name}`),
    );
    storage.update(configMaps, configMap('a', 'y'), undefined);
    storage.delete(configMaps, 'ns', 'b');
    stop?.();
    storage.create(configMaps, configMap('c'));
    expect(seen).toEqual(['ADDED b', 'MODIFIED a', 'DELETED b']);
  });

  test.each([
    ['everything', '', '', ['ns/a', 'ns/b', 'ns2/a']],
    ['a namespace', 'ns', '', ['ns/a', 'ns/b']],
    ['a name', '', 'a', ['ns/a', 'ns2/a']],
    ['one object', 'ns', 'a', ['ns/a']],
    ['a name that nothing has', 'ns', 'ns', []],
  ])('of %s hears of nothing else, in what was and in what comes', (_what, namespace, name, expected) => {
    const storage = new Storage();
    const change = (value: string): void => {
      for (const [inside, named] of [
        ['ns', 'a'],
        ['ns', 'b'],
        ['ns2', 'a'],
      ] as const) {
        const object = { ...configMap(named, value), metadata: { name: named, namespace: inside } };
        if (value === 'first') storage.create(configMaps, object);
        else storage.update(configMaps, object, undefined);
      }
    };
    change('first');
    const seen: string[] = [];
    storage.watch(
      configMaps,
      0,
      ({ object: { metadata } }) => seen.push(`${metadata.namespace}/${metadata.name}`),
      namespace,
      name,
    );
    expect(seen).toEqual(expected);
    change('second');
    expect(seen).toEqual([...expected, ...expected]);
  });

  test('cannot go back beyond what is remembered', () => {
    const storage = new Storage({ limits: { count: 2 } });
    for (const name of ['a', 'b', 'c', 'd']) storage.create(configMaps, configMap(name));
    expect(storage.oldestRevision(configMaps)).toBe(2);
    expect(storage.watch(configMaps, 1, () => undefined)).toBeNull();
    expect(storage.watch(configMaps, 2, () => undefined)).not.toBeNull();
  });

  test.each([
    ['a=1', 'a=1', 'MODIFIED'],
    ['a=2', 'a=1', 'ADDED'],
    ['a=1', 'a=2', 'DELETED'],
    ['a=2', 'a=3', null],
  ])('with a selector sees %s becoming %s as %s', (before, after, expected) => {
    const options = parseListOptions(configMaps, new URLSearchParams('labelSelector=a%3D1'));
    if (options.kind !== 'list-options') throw new Error('refused');
    const labelled = (text: string, data: string) => configMap('x', data, { a: text.slice(2) });
    const storage = new Storage();
    storage.create(configMaps, labelled(before, 'x'));
    const events: (string | null)[] = [];
    storage.watch(configMaps, 1, (change) =>
      events.push(selectChange(change, options.selection)?.type ?? null),
    );
    storage.update(configMaps, labelled(after, 'y'), undefined);
    expect(events).toEqual([expected]);
  });

  test('sees a deleted object as it last was, under the version of the deletion', () => {
    const options = parseListOptions(configMaps, new URLSearchParams());
    if (options.kind !== 'list-options') throw new Error('refused');
    const storage = new Storage();
    storage.create(configMaps, configMap('a', 'last'));
    const events: unknown[] = [];
    storage.watch(configMaps, 1, (change) => events.push(selectChange(change, options.selection)));
    storage.delete(configMaps, 'ns', 'a');
    expect(events).toMatchObject([
      { type: 'DELETED', object: { data: { key: 'last' }, metadata: { resourceVersion: '2' } } },
    ]);
  });
});

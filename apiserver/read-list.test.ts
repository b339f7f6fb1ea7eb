import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { KubeObject } from '../api/objects';
import { decodeContinue, encodeContinue } from './continue-token';
import { parseListOptions } from './list-options';
import { type ListPage, readList } from './read-list';
import { kindOf } from './registry';
import { type Change, Storage } from './storage';

const configMaps = kindOf('configmaps');
const nodes = kindOf('nodes');

function configMap(name: string, namespace = 'ns', value = 'x'): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace, labels: { value } },
    data: { value },
  };
}

function list(storage: Storage, query: string, namespace = '', kind = configMaps) {
  const options = parseListOptions(kind, new URLSearchParams(query), 'list');
  return options.kind === 'list-options' ? readList(storage, kind, namespace, options) : options;
}

function page(storage: Storage, query: string, namespace = '', kind = configMaps): ListPage {
  const read = list(storage, query, namespace, kind);
  if (read.kind !== 'list-page') throw new Error(read.message);
  return read;
}

const namesOf = ({ items }: ListPage) => items.map(({ metadata }) => metadata.name);

function filled(names: string, options: ConstructorParameters<typeof Storage>[0] = {}): Storage {
  const storage = new Storage(options);
  for (const name of names) storage.create(configMaps, configMap(name));
  return storage;
}

describe('a list in pages', () => {
  test('says how many are left and goes on where it was, as it was', () => {
    const storage = filled('abcde');
    const first = page(storage, 'limit=2', 'ns');
    expect([namesOf(first), first.metadata.remainingItemCount]).toEqual([['a', 'b'], 3]);
    storage.delete(configMaps, 'ns', 'c');
    storage.create(configMaps, configMap('cc'));
    const second = page(storage, `limit=2&continue=${first.metadata.continue}`, 'ns');
    expect([namesOf(second), second.metadata.resourceVersion]).toEqual([['c', 'd'], '5']);
    const last = page(storage, `limit=2&continue=${second.metadata.continue}`, 'ns');
    expect([namesOf(last), last.metadata]).toEqual([['e'], { resourceVersion: '5' }]);
  });

  test('does not count what is left when it selects', () => {
    const { metadata } = page(filled('abc'), 'limit=1&labelSelector=value%3Dx');
    expect(metadata).toEqual({ resourceVersion: '3', continue: expect.any(String) });
  });

  test('fills a page with what it selects, however much lies between', () => {
    const storage = new Storage();
    for (const name of 'abcdef')
      storage.create(configMaps, configMap(name, 'ns', 'ace'.includes(name) ? 'x' : 'y'));
    const first = page(storage, 'limit=2&labelSelector=value%3Dx');
    expect(namesOf(first)).toEqual(['a', 'c']);
    const rest = page(storage, `limit=2&labelSelector=value%3Dx&continue=${first.metadata.continue}`);
    expect(namesOf(rest)).toEqual(['e']);
  });

  test('whoever is content with any version gets all of it', () => {
    expect(namesOf(page(filled('abc'), 'limit=1&resourceVersion=0'))).toEqual(['a', 'b', 'c']);
  });

  test('has keys relative to what is listed in its token', () => {
    const token = (text = '') => JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown;
    const storage = filled('ab');
    storage.create(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } });
    storage.create(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n2' } });
    const start = (namespace: string, kind = configMaps) =>
      token(page(storage, 'limit=1', namespace, kind).metadata.continue);
    expect(start('ns')).toEqual({ v: 'meta.k8s.io/v1', rv: 4, start: 'a\0' });
    expect(start('')).toEqual({ v: 'meta.k8s.io/v1', rv: 4, start: 'ns/a\0' });
    expect(start('', nodes)).toEqual({ v: 'meta.k8s.io/v1', rv: 4, start: 'n1\0' });
    expect(namesOf(page(storage, `continue=${encodeContinue(4, '/n1\0', '/')}`, '', nodes))).toEqual(['n2']);
  });
});

describe('a list of a version', () => {
  test.each([
    ['resourceVersion=2&resourceVersionMatch=Exact', ['a', 'b'], '2'],
    ['resourceVersion=2&resourceVersionMatch=NotOlderThan', ['a', 'b', 'c'], '3'],
    ['resourceVersion=2', ['a', 'b', 'c'], '3'],
    // Before there was resourceVersionMatch, a limit meant that very version.
    ['resourceVersion=2&limit=9', ['a', 'b'], '2'],
  ])('%s gives %j at %s', (query, names, resourceVersion) => {
    const read = page(filled('abc'), query);
    expect([namesOf(read), read.metadata.resourceVersion]).toEqual([names, resourceVersion]);
  });

  test.each(['resourceVersion=9', 'resourceVersion=9&resourceVersionMatch=Exact'])(
    '%s is too far ahead',
    (query) => {
      expect(list(filled('abc'), query)).toMatchObject({
        code: 504,
        message: 'Timeout: Too large resource version: 9, current: 3',
        details: { retryAfterSeconds: 1 },
      });
    },
  );
});

describe('what is compacted', () => {
  let now = 0;
  const hourglass = () => new Date(now);
  const interval = { now: hourglass, limits: { compactionIntervalMs: 1000 } };

  test('by time cannot be listed any more, and the present always can', () => {
    now = 0;
    const storage = filled('abc', interval);
    now = 5000;
    storage.create(configMaps, configMap('d'));
    const exact = (revision: number) =>
      list(storage, `resourceVersion=${revision}&resourceVersionMatch=Exact`);
    expect(exact(3).kind).toBe('list-page');
    now = 9000;
    expect(exact(3)).toMatchObject({
      code: 410,
      reason: 'Expired',
      message: 'The resourceVersion for the provided list is too old.',
    });
    expect(exact(4).kind).toBe('list-page');
  });

  test('ends a list in pages with a token to go on with the present', () => {
    const storage = filled('abc', { limits: { count: 2 } });
    const { metadata } = page(storage, 'limit=1');
    for (const name of 'defg') storage.create(configMaps, configMap(name));
    const expired = list(storage, `limit=9&continue=${metadata.continue}`);
    expect(expired).toMatchObject({
      code: 410,
      reason: 'Expired',
      message: expect.stringContaining('Continuing with the provided token results in an inconsistent list'),
      metadata: { continue: encodeContinue(-1, 'ns/a\0', '') },
    });
    const { continue: fresh } = (expired as { metadata: { continue: string } }).metadata;
    const rest = page(storage, `continue=${fresh}`);
    expect([namesOf(rest), rest.metadata.resourceVersion]).toEqual([['b', 'c', 'd', 'e', 'f', 'g'], '7']);
  });
});

describe('a token', () => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  test.each([
    ['not base64!', 'illegal base64 data at input byte 3'],
    [Buffer.from('rubbish').toString('base64url'), "invalid character 'r' looking for beginning of value"],
    [encode({ v: 'v9', rv: 1, start: 'a' }), 'server does not recognize this encoded version v9'],
    [
      encode({ v: 'meta.k8s.io/v1', start: 'a' }),
      'incorrect encoded start resourceVersion (version meta.k8s.io/v1)',
    ],
    [encode({ v: 'meta.k8s.io/v1', rv: 1 }), 'encoded start key empty (version meta.k8s.io/v1)'],
    [encode({ v: 'meta.k8s.io/v1', rv: 1, start: '../secrets/x' }), '../secrets/x'],
  ])('%s is refused', (token, why) => {
    expect(list(filled('a'), `continue=${encodeURIComponent(token)}`)).toMatchObject({
      code: 400,
      message: expect.stringMatching(/^invalid continue token: continue key is not valid/),
    });
    expect(
      (list(filled('a'), `continue=${encodeURIComponent(token)}`) as { message: string }).message,
    ).toContain(why);
  });

  test('goes with no version of its own', () => {
    const token = encodeContinue(1, 'ns/a\0', '');
    expect(list(filled('ab'), `continue=${token}&resourceVersion=1`)).toMatchObject({
      code: 400,
      message: 'specifying resource version is not allowed when using continue',
    });
  });

  test('reads back as it was written', () => {
    const key = fc
      .stringMatching(/^[a-z0-9]([-.a-z0-9]{0,20}[a-z0-9])?$/)
      .filter((name) => !name.includes('..'));
    fc.assert(
      fc.property(key, key, fc.integer({ min: 1 }), fc.boolean(), (namespace, name, revision, all) => {
        const prefix = all ? '' : `${namespace}/`;
        const start = `${namespace}/${name}\0`;
        expect(decodeContinue(encodeContinue(revision, start, prefix), prefix)).toEqual({
          kind: 'continue-token',
          revision,
          start,
        });
      }),
    );
  });

  test('that is anything at all never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) =>
        ['continue-token', 'Status'].includes(decodeContinue(text, 'ns/').kind),
      ),
    );
  });
});

type Step = {
  readonly verb: 'write' | 'delete';
  readonly namespace: string;
  readonly name: string;
  readonly value: string;
};

const steps = fc.array(
  fc.record<Step>({
    verb: fc.constantFrom('write', 'write', 'delete'),
    namespace: fc.constantFrom('a', 'a-b', 'b'),
    name: fc.constantFrom('x', 'y', 'z', 'x-1'),
    value: fc.constantFrom('1', '2'),
  }),
  { maxLength: 40 },
);

function apply(storage: Storage, { verb, namespace, name, value }: Step): void {
  if (verb === 'delete') storage.delete(configMaps, namespace, name);
  else if (storage.get(configMaps, namespace, name) === null)
    storage.create(configMaps, configMap(name, namespace, value));
  else storage.update(configMaps, configMap(name, namespace, value), undefined);
}

describe('whatever is written in between', () => {
  test('pages put together are the list as it was at the first page', () => {
    fc.assert(
      fc.property(
        steps,
        steps,
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom('', 'a'),
        (before, between, limit, namespace) => {
          const storage = new Storage();
          for (const step of before) apply(storage, step);
          const expected = storage.list(configMaps, namespace);
          const items: KubeObject[] = [];
          const pending = [...between];
          let token: string | undefined = '';
          while (token !== undefined) {
            const read: ListPage = page(storage, `limit=${limit}&continue=${token}`, namespace);
            items.push(...read.items);
            token = read.metadata.continue;
            for (const step of pending.splice(0, 3)) apply(storage, step);
          }
          expect(items).toEqual(expected);
        },
      ),
    );
  });

  test('a watch from any version leads to the same state', () => {
    fc.assert(
      fc.property(steps, steps, fc.nat(), fc.constantFrom('', 'a'), (before, after, seed, namespace) => {
        const storage = new Storage();
        for (const step of before) apply(storage, step);
        const from = seed % (storage.revision + 1);
        const start = page(
          storage,
          from === 0 ? '' : `resourceVersion=${from}&resourceVersionMatch=Exact`,
          namespace,
        );
        const state = new Map(
          (from === 0 ? [] : start.items).map((item) => [
            `${item.metadata.namespace}/${item.metadata.name}`,
            item,
          ]),
        );
        const follow = ({ type, object }: Change): void => {
          const key = `${object.metadata.namespace}/${object.metadata.name}`;
          if (type === 'DELETED') state.delete(key);
          else state.set(key, object);
        };
        storage.watch(configMaps, from, follow, namespace);
        for (const step of after) apply(storage, step);
        const sorted = [...state].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
        expect(sorted).toEqual(storage.list(configMaps, namespace));
      }),
    );
  });
});

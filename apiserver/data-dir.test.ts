import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ClassicLevel } from 'classic-level';
import type { KubeObject, Service } from '../api/objects';
import { type Keys, mintKeys, TestCluster } from './cluster.test.fixtures';
import { openDataDir } from './data-dir';
import { kindOf } from './registry';
import { type Change, Storage } from './storage';

let keys: Keys;
let scratch: string;
beforeAll(async () => {
  keys = await mintKeys();
  scratch = await mkdtemp(join(tmpdir(), 'midplane-data-'));
});
afterAll(() => rm(scratch, { recursive: true }));

const newDirectory = (): Promise<string> => mkdtemp(join(scratch, 'd-'));
const configMaps = kindOf('configmaps');

function configMap(name: string, value = 'x'): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'ns' }, data: { value } };
}

describe('after a restart', () => {
  test('objects, versions and the past are what they were', async () => {
    const directory = await newDirectory();
    const before = new Storage();
    const opened = await openDataDir(directory, before);
    for (const name of ['a', 'b', 'c']) before.create(configMaps, configMap(name));
    before.update(configMaps, configMap('a', 'y'), undefined);
    before.delete(configMaps, 'ns', 'b');
    const changes: Change[] = [];
    await before.durable();
    before.watch(configMaps, 1, (change) => changes.push(change));
    await opened.close();

    const after = new Storage();
    await using again = disposable(await openDataDir(directory, after));
    expect(again.failed).toBeInstanceOf(Promise);
    expect([after.revision, after.list(configMaps, '')]).toEqual([5, before.list(configMaps, '')]);
    const replayed: Change[] = [];
    after.watch(configMaps, 1, (change) => replayed.push(change));
    expect(replayed).toEqual(changes);
    const atThree = after.snapshot(configMaps, '', 3);
    expect(atThree?.keys.map((key) => atThree.object(key)['data'])).toEqual([
      { value: 'x' },
      { value: 'x' },
      { value: 'x' },
    ]);
  });

  test('what was forgotten stays forgotten, and the counter goes on', async () => {
    const directory = await newDirectory();
    const limits = { count: 3 };
    const before = new Storage({ limits });
    const opened = await openDataDir(directory, before);
    for (const name of ['a', 'b', 'c', 'd', 'e']) before.create(configMaps, configMap(name));
    for (const name of ['b', 'c', 'd', 'e']) before.delete(configMaps, 'ns', name);
    await opened.close();

    const after = new Storage({ limits });
    await using _again = disposable(await openDataDir(directory, after));
    expect(after.list(configMaps, '').map(({ metadata }) => metadata.name)).toEqual(['a']);
    expect([after.oldestRevision(configMaps), after.watch(configMaps, 5, () => undefined)]).toEqual([
      6,
      null,
    ]);
    expect(after.create(configMaps, configMap('f'))).toMatchObject({ metadata: { resourceVersion: '10' } });
  });

  test('a cluster is the same cluster: nothing is made twice or set back, and its addresses stay taken', async () => {
    const directory = await newDirectory();
    const argv = [`--data-dir=${directory}`];
    const uids = async (cluster: TestCluster) => {
      const system = await cluster.ask('GET', '/api/v1/namespaces/kube-system');
      const roles = await cluster.ask('GET', '/apis/rbac.authorization.k8s.io/v1/clusterroles');
      const all = [system.json as unknown as KubeObject, ...(roles.json.items ?? [])];
      return all.map(({ metadata }) => [metadata.uid, metadata.resourceVersion]);
    };
    const service = { metadata: { name: 'web' }, spec: { ports: [{ port: 80 }] } };
    let before: unknown;
    let created: Service;
    {
      await using cluster = await TestCluster.start(keys, argv);
      before = await uids(cluster);
      created = (await cluster.create('/api/v1/namespaces/default/services', service)) as unknown as Service;
    }
    await using cluster = await TestCluster.start(keys, argv);
    expect(await uids(cluster)).toEqual(before);
    const path = '/api/v1/namespaces/default/services';
    expect((await cluster.ask('GET', `${path}/web`)).json).toEqual(created);
    const taken = {
      metadata: { name: 'other' },
      spec: { ports: [{ port: 80 }], clusterIP: created.spec.clusterIP },
    };
    expect((await cluster.ask('POST', path, { body: taken })).status).toBe(422);
  });
});

describe('a directory that cannot be used', () => {
  const refusal = (directory: string) =>
    openDataDir(directory, new Storage()).then(
      () => 'opened',
      (error: unknown) => error,
    );

  test('because another process has it', async () => {
    const directory = await newDirectory();
    await using _first = disposable(await openDataDir(directory, new Storage()));
    expect(await refusal(directory)).toMatchObject({
      code: 'DATA_DIR_UNUSABLE',
      message: `--data-dir "${directory}" cannot be opened: another process uses it`,
      hint: expect.stringContaining('stop the other apiserver'),
    });
  });

  test('because it is a file, or holds other files', async () => {
    const directory = await newDirectory();
    const file = join(directory, 'notes.txt');
    await writeFile(file, 'mine');
    expect(await refusal(file)).toMatchObject({ message: expect.stringContaining('it is not a directory') });
    expect(await refusal(directory)).toMatchObject({
      message: `--data-dir "${directory}" holds other files`,
    });
    expect(await readdir(directory)).toEqual(['notes.txt']);
  });

  test('because a newer midplane wrote it', async () => {
    const directory = await newDirectory();
    await (await openDataDir(directory, new Storage())).close();
    await edit(directory, (level) => level.put('m/format', '2'));
    expect(await refusal(directory)).toMatchObject({
      message: `--data-dir "${directory}" has format 2, and this midplane knows format 1`,
    });
  });

  test.each([
    [
      'a record is gone',
      (level: ClassicLevel) => level.del('r/0000000000000002'),
      'it holds 2 records and should hold 3',
    ],
    [
      'a record is no record',
      (level: ClassicLevel) => level.put('r/0000000000000002', '{'),
      'cannot be read',
    ],
    [
      'it is of somebody else',
      (level: ClassicLevel) => level.del('m/format'),
      'it holds no data of midplane',
    ],
  ])('because %s', async (_why, damage, text) => {
    const directory = await newDirectory();
    const storage = new Storage();
    const opened = await openDataDir(directory, storage);
    for (const name of ['a', 'b', 'c']) storage.create(configMaps, configMap(name));
    await opened.close();
    await edit(directory, damage);
    expect(await refusal(directory)).toMatchObject({
      code: 'DATA_DIR_UNUSABLE',
      message: expect.stringMatching(new RegExp(`is damaged: .*${text}`)),
    });
    // The refusal lets go of the directory.
    expect(await refusal(directory)).toMatchObject({ message: expect.stringContaining('is damaged') });
  });

  test('because its files are cut short', async () => {
    const directory = await newDirectory();
    await (await openDataDir(directory, new Storage())).close();
    const manifest = (await readFile(join(directory, 'CURRENT'), 'utf8')).trim();
    await truncate(join(directory, manifest), 3);
    expect(await refusal(directory)).toMatchObject({
      code: 'DATA_DIR_UNUSABLE',
      message: expect.stringContaining(directory),
    });
  });
});

async function edit(directory: string, change: (level: ClassicLevel) => Promise<void>): Promise<void> {
  const level = new ClassicLevel(directory);
  await level.open();
  await change(level);
  await level.close();
}

function disposable<T extends { close(): Promise<void> }>(opened: T): T & AsyncDisposable {
  return Object.assign(opened, { [Symbol.asyncDispose]: () => opened.close() });
}

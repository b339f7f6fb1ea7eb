import { once } from 'node:events';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from '@jest/globals';
import WebSocket from 'ws';
import { parse } from 'yaml';
import { exchange } from '../network/transport';
import { controlPlane, type Keys, mintKeys, TestCluster } from './cluster.test.fixtures';

let keys: Keys;
beforeAll(async () => {
  keys = await mintKeys();
});

const configMaps = '/api/v1/namespaces/default/configmaps';
const table = 'application/json;as=Table;v=v1;g=meta.k8s.io';
const partial = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const partialList = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

const accepting = (accept: string) => ({ headers: [['Accept', accept]] as const });

async function withConfigMaps(...names: string[]): Promise<TestCluster> {
  const cluster = await TestCluster.start(keys);
  for (const name of names) await cluster.create(configMaps, { metadata: { name }, data: { key: 'value' } });
  return cluster;
}

const header = (headers: readonly (readonly [string, string])[], name: string) =>
  headers.find(([key]) => key.toLowerCase() === name)?.[1];

/** All events of a watch that ends by itself after a second. */
async function events(cluster: TestCluster, path: string, accept = 'application/json') {
  const { text } = await cluster.ask('GET', path, accepting(accept));
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as { type: string; object: Record<string, unknown> });
}

describe('a list', () => {
  test('has items without apiVersion and kind, as a typed list has', async () => {
    await using cluster = await withConfigMaps('a');
    const { json } = await cluster.ask('GET', configMaps);
    expect(json).toMatchObject({
      kind: 'ConfigMapList',
      apiVersion: 'v1',
      items: [{ metadata: { name: 'a' } }],
    });
    expect(Object.keys(json.items?.[0] ?? {})).toEqual(['metadata', 'data']);
    expect((await cluster.ask('GET', `${configMaps}/a`)).json).toMatchObject({
      kind: 'ConfigMap',
      apiVersion: 'v1',
    });
  });

  test('of nothing is an empty list', async () => {
    await using cluster = await TestCluster.start(keys);
    expect((await cluster.ask('GET', configMaps)).json.items).toEqual([]);
  });

  test.each([partial, partialList])('accepted as %s is its metadata', async (accept) => {
    await using cluster = await withConfigMaps('a');
    const list = (await cluster.ask('GET', configMaps, accepting(accept))).json;
    expect(list).toMatchObject({
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      items: [{ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: { name: 'a' } }],
    });
    const one = (await cluster.ask('GET', `${configMaps}/a`, accepting(accept))).json;
    expect(one).toEqual({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: expect.objectContaining({ name: 'a' }),
    });
  });

  test('as a Table has rows with as much of their objects as is asked for', async () => {
    await using cluster = await withConfigMaps('a');
    const rows = async (query: string) =>
      (await cluster.ask('GET', `${configMaps}${query}`, accepting(table))).json['rows'];
    expect(await rows('')).toMatchObject([{ object: { kind: 'PartialObjectMetadata' } }]);
    expect(await rows('?includeObject=Object')).toMatchObject([{ object: { kind: 'ConfigMap', data: {} } }]);
    expect(await rows('?includeObject=None')).toMatchObject([{ object: null }]);
    expect(
      (await cluster.ask('GET', `${configMaps}?includeObject=All`, accepting(table))).json,
    ).toMatchObject({
      code: 400,
      message:
        "Unable to convert to Table as requested: includeObject: Invalid value: \"All\": must be 'Metadata', 'Object', 'None', or empty",
    });
  });

  test('in pages goes on as a Table too', async () => {
    await using cluster = await withConfigMaps('a', 'b');
    const first = (await cluster.ask('GET', `${configMaps}?limit=1`, accepting(table))).json;
    expect(first).toMatchObject({
      kind: 'Table',
      metadata: { continue: expect.any(String), remainingItemCount: 1 },
      rows: [{ object: { kind: 'PartialObjectMetadata', metadata: { name: 'a' } } }],
    });
    const { continue: token } = first['metadata'] as { continue: string };
    const second = (await cluster.ask('GET', `${configMaps}?limit=1&continue=${token}`, accepting(table)))
      .json;
    expect(second['rows']).toMatchObject([{ object: { metadata: { name: 'b' } } }]);
  });

  test('and every other answer can be YAML', async () => {
    await using cluster = await withConfigMaps('a');
    const yaml = accepting('application/yaml');
    const list = await cluster.ask('GET', configMaps, yaml);
    expect(header(list.headers, 'content-type')).toBe('application/yaml');
    expect(parse(list.text)).toEqual((await cluster.ask('GET', configMaps)).json);
    const missing = await cluster.ask('GET', `${configMaps}/none`, yaml);
    expect([missing.status, parse(missing.text)]).toMatchObject([404, { reason: 'NotFound' }]);
  });

  test('is indented for a person', async () => {
    await using cluster = await withConfigMaps('a');
    expect((await cluster.ask('GET', `${configMaps}?pretty=true`)).text).toContain(
      '\n  "kind": "ConfigMapList"',
    );
    const curl = await cluster.ask('GET', configMaps, { headers: [['User-Agent', 'curl/8.5.0']] });
    expect(curl.text).toContain('\n  "kind": "ConfigMapList"');
    expect((await cluster.ask('GET', configMaps)).text).not.toContain('\n ');
  });

  test('that is large is compressed for who can read it', async () => {
    await using cluster = await TestCluster.start(keys);
    await cluster.create(configMaps, { metadata: { name: 'large' }, data: { key: 'x'.repeat(200_000) } });
    const raw = async (headers: readonly (readonly [string, string])[]) => {
      const answer = await exchange(await cluster.connect(), {
        method: 'GET',
        path: configMaps,
        headers: [['Host', 'x'], ...headers],
      });
      if (answer.kind !== 'response') throw new Error('no response');
      const chunks: Buffer[] = [];
      for await (const chunk of answer.body as AsyncIterable<Buffer>) chunks.push(chunk);
      return { headers: answer.headers, body: Buffer.concat(chunks) };
    };
    const [plain, packed] = [await raw([]), await raw([['Accept-Encoding', 'deflate, gzip']])];
    expect([header(plain.headers, 'content-encoding'), header(packed.headers, 'content-encoding')]).toEqual([
      undefined,
      'gzip',
    ]);
    expect(header(packed.headers, 'vary')).toBe('Accept-Encoding');
    expect(packed.body.length).toBeLessThan(plain.body.length / 10);
    expect(gunzipSync(packed.body)).toEqual(plain.body);
  });

  test('in a format nobody writes is refused before anything else', async () => {
    await using cluster = await withConfigMaps('a');
    const refused = await cluster.ask(
      'DELETE',
      `${configMaps}/a`,
      accepting('application/vnd.kubernetes.protobuf'),
    );
    expect(refused.json).toMatchObject({ code: 406, reason: 'NotAcceptable' });
    expect((await cluster.ask('GET', `${configMaps}/a`)).status).toBe(200);
  });
});

describe('a watch', () => {
  const once1 = 'watch=true&timeoutSeconds=1';

  test('of Tables tells the columns once', async () => {
    await using cluster = await withConfigMaps('a', 'b');
    const seen = await events(cluster, `${configMaps}?${once1}`, table);
    expect(seen).toMatchObject([
      {
        type: 'ADDED',
        object: {
          kind: 'Table',
          columnDefinitions: expect.arrayContaining([]),
          rows: [{ cells: ['a', 1, expect.any(String)] }],
        },
      },
      {
        type: 'ADDED',
        object: { kind: 'Table', columnDefinitions: null, rows: [{ object: { metadata: { name: 'b' } } }] },
      },
    ]);
  });

  test('of metadata leaves the rest out', async () => {
    await using cluster = await withConfigMaps('a');
    const seen = await events(cluster, `${configMaps}?${once1}&allowWatchBookmarks=true`, partial);
    expect(seen.map(({ type, object }) => [type, object['kind'], Object.keys(object)])).toEqual([
      ['ADDED', 'PartialObjectMetadata', ['kind', 'apiVersion', 'metadata']],
      ['BOOKMARK', 'PartialObjectMetadata', ['kind', 'apiVersion', 'metadata']],
    ]);
  });

  test('under the old prefix is a watch as well, of many or of one', async () => {
    await using cluster = await withConfigMaps('a', 'b');
    const names = async (path: string) =>
      (await events(cluster, `${path}?timeoutSeconds=1`)).map(({ object }) => object['metadata']);
    const old = '/api/v1/watch/namespaces/default/configmaps';
    expect(await names(old)).toMatchObject([{ name: 'a' }, { name: 'b' }]);
    expect(await names(`${old}/b`)).toMatchObject([{ name: 'b' }]);
    expect((await cluster.ask('POST', old, { body: {} })).status).toBe(405);
  });

  test('over a WebSocket is one event a text message', async () => {
    await using cluster = await withConfigMaps('a');
    const connection = await cluster.connect();
    const url = `ws://${controlPlane.address}:${controlPlane.port}${configMaps}?${once1}`;
    const socket = new WebSocket(url, { createConnection: () => connection.socket });
    const messages: [string, boolean][] = [];
    socket.on('message', (data: Buffer, isBinary) => messages.push([data.toString(), isBinary]));
    const [code] = (await once(socket, 'close')) as [number];
    expect([code, messages.length, messages[0]?.[1]]).toEqual([1000, 1, false]);
    expect(JSON.parse(messages[0]?.[0] ?? '')).toMatchObject({
      type: 'ADDED',
      object: { kind: 'ConfigMap' },
    });
  });

  test('in YAML cannot be had', async () => {
    await using cluster = await TestCluster.start(keys);
    const answer = await cluster.ask('GET', `${configMaps}?watch=1`, accepting('application/yaml'));
    expect(answer.status).toBe(406);
  });
});

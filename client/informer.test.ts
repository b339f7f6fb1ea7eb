import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import type { KubeObject } from '../api/objects';
import { controlPlane, mintKeys, TestCluster } from '../apiserver/cluster.test.fixtures';
import { Informer } from './informer';
import { KubeClient } from './kube-client';
import { scriptedApiserver, signalled } from './kube-client.test.fixtures';

/** Against a real apiserver. */
const log = pino({ level: 'silent' });
const path = '/api/v1/namespaces/default/configmaps';
const WITHIN_MS = 5_000;

let cluster: TestCluster;
let client: KubeClient;
beforeAll(async () => {
  cluster = await TestCluster.start(await mintKeys());
  client = new KubeClient({
    from: cluster.workstation,
    server: { host: controlPlane.address, port: controlPlane.port },
    trust: { kind: 'verify', bundlePem: cluster.keys.ca.certPem, host: controlPlane.address },
    clientCertificate: cluster.keys.admin,
  });
});
afterAll(async () => {
  await client?.close();
  await cluster?.[Symbol.asyncDispose]();
});

describe('an informer', () => {
  test('has what is listed, says what it is, and follows every change', async () => {
    await cluster.create(path, { metadata: { name: 'first' } });
    const informer = new Informer<KubeObject>({ client, path, log });
    await informer.synced;
    // The items of a list name neither their kind nor their version.
    expect(informer.get('default', 'first')).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap' });
    const heard: string[] = [];
    const forget = informer.listen((now, before) => {
      const what = now === null ? 'gone' : before === null ? 'new' : 'changed';
      heard.push(`${what} ${(now ?? before)?.metadata.name}`);
    });
    await cluster.create(path, { metadata: { name: 'second' } });
    await cluster.ask('PUT', `${path}/second`, { body: { metadata: { name: 'second' }, data: { a: '1' } } });
    await cluster.ask('DELETE', `${path}/second`);
    await informer.until(() => heard.includes('gone second'), WITHIN_MS);
    expect(heard).toEqual(['new first', 'new second', 'changed second', 'gone second']);
    forget();
    await cluster.create(path, { metadata: { name: 'third' } });
    await informer.until(() => informer.get('default', 'third') !== null, WITHIN_MS);
    expect(heard).toHaveLength(4);
    await informer.close();
  });

  test('waits for a collection that cannot be had yet, and gives up when it is closed', async () => {
    const nowhere = new KubeClient({
      from: cluster.workstation,
      server: { host: controlPlane.address, port: 1 },
      trust: { kind: 'verify', bundlePem: cluster.keys.ca.certPem, host: controlPlane.address },
    });
    const informer = new Informer<KubeObject>({ client: nowhere, path, log });
    let synced = false;
    void informer.synced.then(() => {
      synced = true;
    });
    await informer.until(() => false, 200);
    expect(synced).toBe(false);
    expect(informer.list()).toEqual([]);
    await informer.close();
    await nowhere.close();
  });

  test('stops waiting for what never comes', async () => {
    const informer = new Informer<KubeObject>({ client, path, log });
    await informer.synced;
    const began = performance.now();
    await informer.until(() => false, 50);
    expect(performance.now() - began).toBeGreaterThan(40);
    await informer.close();
  });

  test('asks again when what it is answered, or told, is nothing that an apiserver says', async () => {
    const lists = ['<html>welcome</html>', '{"kind":"Status","metadata":{}}'];
    const events = ['{"type":"ADDED","object":{}}', '{"type":"DELETED","object":{"metadata":null}}'];
    const item = { metadata: { name: 'a', namespace: 'default', resourceVersion: '1' } };
    const list = {
      apiVersion: 'v1',
      kind: 'ConfigMapList',
      metadata: { resourceVersion: '1' },
      items: [item],
    };
    const kept = signalled<void>();
    await using apiserver = await scriptedApiserver({
      onRequest: ({ url = '' }, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        if (!url.includes('watch')) response.end(lists.shift() ?? JSON.stringify(list));
        else if (events.length > 0) response.write(`${events.shift()}\n`);
        else kept.resolve();
      },
    });
    const informer = new Informer<KubeObject>({ client: apiserver.client, path, log });
    await kept.promise;
    expect(informer.list()).toHaveLength(1);
    await informer.close();
  });

  test('does not ask again at once when the server hangs up at once', async () => {
    let watches = 0;
    const list = { apiVersion: 'v1', kind: 'ConfigMapList', metadata: { resourceVersion: '1' }, items: [] };
    await using apiserver = await scriptedApiserver({
      onRequest: ({ url = '' }, response) => {
        watches += url.includes('watch') ? 1 : 0;
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(url.includes('watch') ? '' : JSON.stringify(list));
      },
    });
    const informer = new Informer<KubeObject>({ client: apiserver.client, path, log });
    await informer.synced;
    await informer.until(() => false, 300);
    // After 50, 150 and 350 ms.
    expect(watches).toBeLessThanOrEqual(4);
    await informer.close();
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { type Keys, mintKeys, TestCluster } from '../cluster.test.fixtures';

let keys: Keys;
beforeAll(async () => {
  keys = await mintKeys();
});

const path = '/api/v1/namespaces/default/services';
const merge = [['Content-Type', 'application/merge-patch+json']] as const;
const service = (name: string, externalIPs: readonly string[]) => ({
  metadata: { name },
  spec: { ports: [{ port: 443 }], externalIPs },
});
const refused = {
  status: 403,
  json: {
    message: 'services "trap" is forbidden: Use of external IPs is denied by admission control',
    reason: 'Forbidden',
    details: { name: 'trap', kind: 'services' },
  },
};
const plugins = '--enable-admission-plugins=DenyServiceExternalIPs';

describe('DenyServiceExternalIPs', () => {
  test('is off by default: a service takes the address of the apiserver itself', async () => {
    await using cluster = await TestCluster.start(keys);
    expect(await cluster.ask('POST', path, { body: service('trap', ['10.0.0.10']) })).toMatchObject({
      status: 201,
      json: { spec: { externalIPs: ['10.0.0.10'] } },
    });
  });

  test('refuses a new service with one, and one that is added later', async () => {
    await using cluster = await TestCluster.start(keys, [
      plugins,
      '--disable-admission-plugins=ServiceAccount',
    ]);
    expect(await cluster.ask('POST', path, { body: service('trap', ['10.0.0.10']) })).toMatchObject(refused);
    await cluster.create(path, service('trap', []));
    const add = (externalIPs: readonly string[]) =>
      cluster.ask('PATCH', `${path}/trap`, { body: { spec: { externalIPs } }, headers: merge });
    expect(await add(['10.0.0.10'])).toMatchObject(refused);
  });

  test('lets a service keep, and lose, what it had before the plugin came', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'midplane-external-ips-'));
    const argv = [`--data-dir=${directory}`, '--disable-admission-plugins=ServiceAccount'];
    {
      await using before = await TestCluster.start(keys, argv);
      await before.create(path, service('trap', ['192.0.2.1', '192.0.2.2']));
    }
    {
      await using cluster = await TestCluster.start(keys, [...argv, plugins]);
      const set = (externalIPs: readonly string[]) =>
        cluster.ask('PATCH', `${path}/trap`, { body: { spec: { externalIPs } }, headers: merge });
      expect(await set(['192.0.2.2', '192.0.2.1'])).toMatchObject({ status: 200 });
      expect(await set(['192.0.2.1', '192.0.2.3'])).toMatchObject(refused);
      expect(await set(['192.0.2.1'])).toMatchObject({ status: 200 });
      expect(await set(['192.0.2.1', '192.0.2.2'])).toMatchObject(refused);
      // Whoever may write the status has the same power by another field, and this plugin does not look there.
      const status = { loadBalancer: { ingress: [{ ip: '10.0.0.10' }] } };
      await cluster.ask('PATCH', `${path}/trap`, {
        body: { spec: { type: 'LoadBalancer' } },
        headers: merge,
      });
      expect(
        await cluster.ask('PATCH', `${path}/trap/status`, { body: { status }, headers: merge }),
      ).toMatchObject({ status: 200, json: { status } });
    }
    await rm(directory, { recursive: true });
  });
});

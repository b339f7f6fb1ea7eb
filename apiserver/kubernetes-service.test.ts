import { describe, expect, test } from '@jest/globals';
import type { KubeObject, Service } from '../api/objects';
import { inTurn, systemRandomness } from '../randomness';
import { bootstrap } from './bootstrap';
import { parseClusterIpRange } from './cluster-ip';
import { keepKubernetesService, reconcileKubernetesService } from './kubernetes-service';
import type { Cluster } from './place';
import { kindOf } from './registry';
import { createObject } from './resources';
import { Storage } from './storage';

const at = { address: '10.0.0.10', port: 6443 };
const services = kindOf('services');
const endpoints = kindOf('endpoints');
const slices = kindOf('endpointslices');

function started(range = '10.96.0.0/12'): Cluster {
  const cluster: Cluster = {
    storage: new Storage(),
    clusterIps: parseClusterIpRange(range),
    randomFor: inTurn(systemRandomness),
    now: () => new Date(),
  };
  bootstrap(cluster, at);
  return cluster;
}

const get = ({ storage }: Cluster, kind: typeof services): KubeObject => {
  const found = storage.get(kind, 'default', 'kubernetes');
  if (found === null) throw new Error(`no ${kind.kind} kubernetes`);
  return found;
};

describe('the service kubernetes', () => {
  test.each([
    ['10.96.0.0/12', '10.96.0.1'],
    ['172.30.0.0/16', '172.30.0.1'],
  ])('has the first address of %s: %s, and leads from 443 to the secure port', (range, clusterIP) => {
    const cluster = started(range);
    expect(get(cluster, services)).toMatchObject({
      metadata: { labels: { component: 'apiserver', provider: 'kubernetes' } },
      spec: {
        clusterIP,
        clusterIPs: [clusterIP],
        type: 'ClusterIP',
        sessionAffinity: 'None',
        ipFamilyPolicy: 'SingleStack',
        ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: 6443 }],
      },
    });
    expect((get(cluster, services) as Service).spec).not.toHaveProperty('selector');
    expect(get(cluster, endpoints)).toMatchObject({
      metadata: { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } },
      subsets: [
        { addresses: [{ ip: '10.0.0.10' }], ports: [{ name: 'https', port: 6443, protocol: 'TCP' }] },
      ],
    });
    expect(get(cluster, slices)).toMatchObject({
      metadata: { labels: { 'kubernetes.io/service-name': 'kubernetes' } },
      addressType: 'IPv4',
      endpoints: [{ addresses: ['10.0.0.10'], conditions: { ready: true } }],
      ports: [{ name: 'https', port: 6443, protocol: 'TCP' }],
    });
    expect(get(cluster, slices).metadata.labels).not.toHaveProperty([
      'endpointslice.kubernetes.io/managed-by',
    ]);
  });

  const elsewhere = [{ addresses: ['10.244.1.66'], conditions: { ready: true } }];
  test.each<[string, typeof services, (object: KubeObject) => KubeObject]>([
    ['endpoints', slices, (slice) => ({ ...slice, endpoints: elsewhere })],
    ['ports', slices, (slice) => ({ ...slice, ports: [{ name: 'https', port: 8443, protocol: 'TCP' }] })],
    ['label', slices, (slice) => ({ ...slice, metadata: { ...slice.metadata, labels: { a: 'b' } } })],
    ['subsets', endpoints, (it) => ({ ...it, subsets: [{ addresses: [{ ip: '10.244.1.66' }] }] })],
  ])('has its %s put back, and nothing is written when nothing is wrong', (_what, kind, change) => {
    const cluster = started();
    const { storage } = cluster;
    const genuine = get(cluster, kind);
    reconcileKubernetesService(cluster, at);
    expect(get(cluster, kind)).toBe(genuine);
    storage.update(kind, change(genuine), undefined);
    reconcileKubernetesService(cluster, at);
    const { resourceVersion: _before, ...metadata } = genuine.metadata;
    expect(get(cluster, kind)).toMatchObject({ ...genuine, metadata });
  });

  test('comes back when it is deleted, with its endpoints; what else is changed in it stays changed', () => {
    const cluster = started();
    const { storage } = cluster;
    const genuine = get(cluster, services) as Service;
    storage.update(
      services,
      { ...genuine, spec: { ...genuine.spec, sessionAffinity: 'ClientIP' } },
      undefined,
    );
    reconcileKubernetesService(cluster, at);
    expect(get(cluster, services)).toMatchObject({ spec: { sessionAffinity: 'ClientIP' } });
    for (const kind of [services, endpoints, slices]) storage.delete(kind, 'default', 'kubernetes');
    reconcileKubernetesService(cluster, at);
    expect(get(cluster, services)).toMatchObject({
      spec: { clusterIP: '10.96.0.1', sessionAffinity: 'None' },
    });
    expect(get(cluster, endpoints)).toMatchObject({ subsets: [{ addresses: [{ ip: '10.0.0.10' }] }] });
    expect(get(cluster, slices)).toMatchObject({ endpoints: [{ addresses: ['10.0.0.10'] }] });
  });

  test('is looked after again and again until the apiserver ends, and not while nothing can be written', async () => {
    const cluster = started();
    const { storage } = cluster;
    const comesBack = () =>
      new Promise<void>((resolve) => {
        const stop = storage.watch(slices, storage.revision, ({ object }) => {
          if (JSON.stringify(object['endpoints']).includes('10.0.0.10')) {
            stop?.();
            resolve();
          }
        });
      });
    let asked = 0;
    let broken: string | null = null;
    const stop = keepKubernetesService(cluster, at, {
      everyMs: 1,
      broken: () => {
        asked += 1;
        return broken;
      },
      failed: (why) => {
        throw new Error(why);
      },
    });
    for (let round = 0; round < 2; round++) {
      const back = comesBack();
      storage.update(slices, { ...get(cluster, slices), endpoints: elsewhere }, undefined);
      await back;
    }
    broken = 'disk full';
    storage.update(slices, { ...get(cluster, slices), endpoints: elsewhere }, undefined);
    const before = asked;
    while (asked < before + 3) await new Promise((resolve) => setImmediate(resolve));
    expect(get(cluster, slices)['endpoints']).toEqual(elsewhere);
    stop();
  });

  test('whose address somebody took while it was deleted comes back when they are gone, and until then that is said', async () => {
    const cluster = started();
    const { storage } = cluster;
    storage.delete(services, 'default', 'kubernetes');
    const spec = { clusterIP: '10.96.0.1', ports: [{ port: 80 }] };
    const squatter = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'squatter', namespace: 'default' },
    };
    const place = { kind: services, namespace: 'default', name: 'squatter' };
    createObject(cluster, place, { ...squatter, spec }, { dryRun: false });
    const said: string[] = [];
    bootstrap(cluster, at, (why) => said.push(why));
    await new Promise<void>((resolve) => {
      const stop = keepKubernetesService(cluster, at, {
        everyMs: 1,
        broken: () => null,
        failed: (why) => {
          said.push(why);
          stop();
          resolve();
        },
      });
    });
    const refused = expect.stringContaining('provided IP is already allocated');
    expect(said).toEqual([refused, refused]);
    expect(storage.get(services, 'default', 'kubernetes')).toBeNull();
    storage.delete(services, 'default', 'squatter');
    expect(reconcileKubernetesService(cluster, at)).toBeNull();
    expect(get(cluster, services)).toMatchObject({ spec: { clusterIP: '10.96.0.1' } });
  });

  test('has a slice of the family of an address that is IPv6, also where there was one of the other', () => {
    const cluster = started();
    bootstrap(cluster, { address: 'fd00::10', port: 6443 }, (why) => {
      throw new Error(why);
    });
    const slice = { addressType: 'IPv6', endpoints: [{ addresses: ['fd00::10'] }] };
    expect(get(cluster, slices)).toMatchObject(slice);
    const fresh: Cluster = { ...cluster, storage: new Storage() };
    bootstrap(fresh, { address: 'fd00::10', port: 6443 }, (why) => {
      throw new Error(why);
    });
    expect(get(fresh, slices)).toMatchObject(slice);
  });

  test('has no endpoints behind an apiserver that is on the loopback only', () => {
    const cluster: Cluster = { ...started(), storage: new Storage() };
    bootstrap(cluster, { address: '127.0.0.1', port: 6443 });
    expect(get(cluster, services)).toMatchObject({ spec: { clusterIP: '10.96.0.1' } });
    expect(cluster.storage.get(endpoints, 'default', 'kubernetes')).toBeNull();
    expect(cluster.storage.get(slices, 'default', 'kubernetes')).toBeNull();
  });
});

import { expect, test } from '@jest/globals';
import type { KubeObject, Service } from '../api/objects';
import { bootstrap } from './bootstrap';
import { parseClusterIpRange } from './cluster-ip';
import type { Cluster } from './place';
import { kindOf, kinds } from './registry';
import { Storage } from './storage';

test('a second start changes only where the apiserver is reached', () => {
  const storage = new Storage();
  const cluster: Cluster = {
    storage,
    clusterIps: parseClusterIpRange('10.96.0.0/12'),
    now: () => new Date(),
  };
  const all = (): [string, KubeObject][] =>
    kinds.flatMap((kind) =>
      storage
        .list(kind, '')
        .map((object): [string, KubeObject] => [`${kind.kind} ${object.metadata.name}`, object]),
    );
  bootstrap(cluster, { address: '10.0.0.1', port: 6443 });
  const before = new Map(all());
  bootstrap(cluster, { address: '10.0.0.1', port: 6443 });
  expect(new Map(all())).toEqual(before);
  bootstrap(cluster, { address: '10.0.0.2', port: 7443 });
  const changed = all().filter(([name, object]) => before.get(name) !== object);
  expect(changed.map(([name]) => name).sort()).toEqual([
    'EndpointSlice kubernetes',
    'Endpoints kubernetes',
    'Service kubernetes',
  ]);
  expect(storage.get(kindOf('endpoints'), 'default', 'kubernetes')).toMatchObject({
    subsets: [{ addresses: [{ ip: '10.0.0.2' }], ports: [{ port: 7443 }] }],
  });
  const service = storage.get(kindOf('services'), 'default', 'kubernetes') as Service;
  expect(service.spec).toMatchObject({ clusterIP: '10.96.0.1', ports: [{ port: 443, targetPort: 7443 }] });
});

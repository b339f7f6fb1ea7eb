import { expect, test } from '@jest/globals';
import { type AggregatedRole, aggregatedRules } from '../api/aggregated-rules';
import type { KubeObject, Service } from '../api/objects';
import { inTurn, systemRandomness } from '../randomness';
import { bootstrap } from './bootstrap';
import { parseClusterIpRange } from './cluster-ip';
import type { Cluster } from './place';
import { kindOf, kinds } from './registry';
import { Storage } from './storage';

test.each([
  ['view', 'get', 'pods'],
  ['edit', 'create', 'pods/exec'],
  ['admin', 'create', 'rolebindings'],
])('the role %s is made of others from the start: it may %s %s', (name, verb, resource) => {
  const storage = new Storage();
  const clusterIps = parseClusterIpRange('10.96.0.0/12');
  const randomFor = inTurn(systemRandomness);
  bootstrap({ storage, clusterIps, randomFor, now: () => new Date() }, { address: '10.0.0.1', port: 6443 });
  const roles = storage.list(kindOf('clusterroles'), '') as AggregatedRole[];
  const role = roles.find(({ metadata }) => metadata.name === name);
  expect(role?.rules?.some((it) => it.verbs.includes(verb) && it.resources?.includes(resource))).toBe(true);
  // A controller manager has nothing to do.
  expect(role === undefined || aggregatedRules(role, roles)).toEqual(role?.rules);
});

test('a second start changes only where the apiserver is reached', () => {
  const storage = new Storage();
  const cluster: Cluster = {
    storage,
    clusterIps: parseClusterIpRange('10.96.0.0/12'),
    randomFor: inTurn(systemRandomness),
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

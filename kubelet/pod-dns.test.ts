import { describe, expect, test } from '@jest/globals';
import type { Pod, Service } from '../api/objects';
import { Fabric } from '../network/fabric';
import { clusterName, serviceAnswer } from './cluster-names';
import { clusterNetwork } from './cluster-network';
import { namesToAsk, podDns, resolvConf } from './pod-dns';

const pod = (spec: object = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'team' },
  spec: { containers: [], ...spec },
});
const clusterFirst =
  'search team.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n';

describe('/etc/resolv.conf', () => {
  test.each<[string, object, string]>([
    ['ClusterFirst by default', {}, clusterFirst],
    ['ClusterFirst on the node’s network is the node’s own', { hostNetwork: true }, ''],
    ['ClusterFirstWithHostNet', { hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }, clusterFirst],
    ['Default', { dnsPolicy: 'Default' }, ''],
    [
      'ClusterFirst with more',
      {
        dnsConfig: {
          nameservers: ['10.96.0.10', '192.0.2.53'],
          searches: ['example.org', 'cluster.local'],
          options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
        },
      },
      'search team.svc.cluster.local svc.cluster.local cluster.local example.org\nnameserver 10.96.0.10\nnameserver 192.0.2.53\noptions ndots:2 edns0\n',
    ],
    ['None', { dnsPolicy: 'None', dnsConfig: { nameservers: ['192.0.2.53'] } }, 'nameserver 192.0.2.53\n'],
  ])('%s', (_what, spec, expected) => {
    expect(resolvConf(podDns(pod(spec)))).toBe(expected);
  });
});

test.each<[string, object, readonly string[]]>([
  ['web', {}, ['web.team.svc.cluster.local', 'web.svc.cluster.local', 'web.cluster.local', 'web']],
  [
    'a.b.c.d.e.f',
    {},
    [
      'a.b.c.d.e.f',
      'a.b.c.d.e.f.team.svc.cluster.local',
      'a.b.c.d.e.f.svc.cluster.local',
      'a.b.c.d.e.f.cluster.local',
    ],
  ],
  ['web.', {}, ['web']],
  ['web', { dnsPolicy: 'Default' }, ['web']],
])('%s is looked for with %j as %j', (name, spec, expected) => {
  expect(namesToAsk(name, podDns(pod(spec)))).toEqual(expected);
});

test.each<[string, unknown]>([
  ['kubernetes.default.svc.cluster.local', { kind: 'service', name: 'kubernetes', namespace: 'default' }],
  ['KUBERNETES.Default.SVC.Cluster.Local', { kind: 'service', name: 'kubernetes', namespace: 'default' }],
  ['10-244-1-2.default.pod.cluster.local', { kind: 'pod', address: '10.244.1.2' }],
  ['10-244-1-256.default.pod.cluster.local', { kind: 'nobody' }],
  ['web-0.web.default.svc.cluster.local', { kind: 'nobody' }],
  ['default.svc.cluster.local', { kind: 'nobody' }],
  ['cluster.local', { kind: 'nobody' }],
  ['notcluster.local', null],
  ['example.org', null],
])('%s stands for %j', (name, expected) => {
  expect(clusterName(name)).toEqual(expected);
});

const service = (spec: object): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'team' },
  spec,
});

test.each<[object | null, unknown]>([
  [{ clusterIP: '10.96.0.20' }, { kind: 'address', address: '10.96.0.20' }],
  [{ clusterIP: 'None' }, { kind: 'nobody' }],
  [
    { type: 'ExternalName', externalName: 'example.org' },
    { kind: 'alias', of: 'example.org' },
  ],
  [null, { kind: 'nobody' }],
])('a service %j answers %j', (spec, expected) => {
  expect(serviceAnswer(spec === null ? undefined : service(spec))).toEqual(expected);
});

describe('the network of a pod', () => {
  const services: Service[] = [
    service({ clusterIP: '10.96.0.20' }),
    {
      ...service({ type: 'ExternalName', externalName: 'node-1' }),
      metadata: { name: 'alias', namespace: 'team' },
    },
    { ...service({ clusterIP: '10.96.0.1' }), metadata: { name: 'kubernetes', namespace: 'default' } },
  ];
  const asked: string[] = [];
  const source = {
    services: async ([namespace = '']: readonly string[]) => {
      asked.push(namespace);
      return services.filter(({ metadata }) => metadata.namespace === namespace);
    },
  };

  test.each<[string, unknown]>([
    ['web', ['10.96.0.20']],
    ['web.team', ['10.96.0.20']],
    ['kubernetes.default.svc', ['10.96.0.1']],
    ['kubernetes.default.svc.cluster.local.', ['10.96.0.1']],
    ['alias', ['10.0.0.11']],
    ['node-1', ['10.0.0.11']],
    ['localhost', ['127.0.0.1']],
    ['192.0.2.1', ['192.0.2.1']],
    [
      'kubernetes',
      { kind: 'refusal', code: 'NAME_NOT_FOUND', text: 'lookup kubernetes: no such host', peer: null },
    ],
  ])('resolves %s to %j', async (name, expected) => {
    await using fabric = new Fabric();
    fabric.addHost({ name: 'node-1', addresses: ['10.0.0.11/24'] });
    const host = fabric.addHost({ name: 'team/p', addresses: ['10.244.1.2/24'] });
    const network = clusterNetwork(host, pod(), source);
    expect(await network.resolve(name)).toEqual(expected);
    expect(network.addresses).toEqual(['10.244.1.2']);
  });

  test('dials by these names, and says so when there is nobody', async () => {
    await using fabric = new Fabric();
    const host = fabric.addHost({ name: 'team/p', addresses: ['10.244.1.2/24', '10.96.0.20/32'] });
    const network = clusterNetwork(host, pod(), source);
    await network.listen({ address: '10.96.0.20', port: 80 }, ({ socket }) => socket.end());
    const dialled = await network.dial({ host: 'web', port: 80 });
    expect(dialled).toMatchObject({ kind: 'connection', remote: { address: '10.96.0.20', port: 80 } });
    expect(await network.dial({ host: 'nobody', port: 80 })).toMatchObject({
      text: 'dial tcp: lookup nobody: no such host',
    });
  });

  test('is the node’s own for a pod that does not ask the cluster', async () => {
    await using fabric = new Fabric();
    const host = fabric.addHost({ name: 'node-1', addresses: ['10.0.0.11/24'] });
    asked.length = 0;
    expect(clusterNetwork(host, pod({ hostNetwork: true }), source)).toBe(host);
    expect(asked).toEqual([]);
  });
});

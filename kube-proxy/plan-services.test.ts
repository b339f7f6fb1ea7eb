import { describe, expect, test } from '@jest/globals';
import { endpointsByPort, type ProxiedSlice } from './endpoint-slices';
import { planServices } from './plan-services';
import { type ProxiedService, servicePortsOf } from './service-port';
import { endpoint, here, service, slice, terminating, there, unready } from './services.test.fixtures';

const [a, b, c] = ['10.244.1.2', '10.244.1.3', '10.244.2.2'] as const;

describe('the ports of a service', () => {
  test.each<[string, ProxiedService]>([
    ['headless', service('web', { clusterIP: 'None' })],
    ['without an address', service('web', { clusterIP: '' })],
    ['an external name', service('web', { type: 'ExternalName', clusterIP: '10.96.0.20' })],
    ['of the other family', service('web', { clusterIP: 'fd00::1' })],
    ['without ports', service('web', { ports: [] })],
  ])('of one that is %s are none', (_what, given) => {
    expect(servicePortsOf(given)).toEqual([]);
  });

  test('keep what concerns a proxy, with the defaults of their fields', () => {
    const given = service(
      'web',
      {
        externalIPs: ['192.0.2.1', 'fd00::9'],
        loadBalancerSourceRanges: [' 203.0.113.0/25', 'nonsense'],
        sessionAffinity: 'ClientIP',
        externalTrafficPolicy: 'Local',
        ports: [{ port: 53, protocol: 'UDP', nodePort: 30053 }],
      },
      [{ ip: '198.51.100.1' }, { ip: '198.51.100.2', ipMode: 'Proxy' }, {}],
    );
    expect(servicePortsOf(given)).toEqual([
      {
        name: 'ns/web',
        namespace: 'ns',
        service: 'web',
        portName: '',
        protocol: 'udp',
        clusterIp: '10.96.0.20',
        port: 53,
        nodePort: 30053,
        externalIps: ['192.0.2.1'],
        loadBalancerIps: ['198.51.100.1'],
        sourceRanges: ['203.0.113.0/25'],
        affinitySeconds: 10_800,
        internalPolicyLocal: false,
        externalPolicyLocal: true,
      },
    ]);
  });
});

describe('the endpoints of slices', () => {
  const addresses = (slices: readonly ProxiedSlice[], key = 'ns/web:http/tcp'): unknown[] | undefined =>
    endpointsByPort(slices, 'node-1')
      .get(key)
      ?.map((it) => [it.address, it.isLocal]);

  test.each<[string, readonly ProxiedSlice[], unknown]>([
    [
      'are sorted',
      [slice('web', [endpoint(c), endpoint(a)])],
      [
        [a, false],
        [c, false],
      ],
    ],
    [
      'count once in two slices, and as local if one of them says so',
      [
        slice('web', [endpoint(a)]),
        slice('web', [endpoint(a, here), endpoint(c)]),
        slice('web', [endpoint(a)]),
      ],
      [
        [a, true],
        [c, false],
      ],
    ],
    [
      'of another family are none of ours',
      [{ ...slice('web', [endpoint(a)]), addressType: 'IPv6' }],
      undefined,
    ],
    [
      'need a service',
      [{ ...slice('web', [endpoint(a)]), metadata: { name: 'x', namespace: 'ns' } }],
      undefined,
    ],
    ['need a name of the port', [slice('web', [endpoint(a)], [{ port: 80 }])], undefined],
    ['need a number', [slice('web', [endpoint(a)], [{ name: 'http' }])], undefined],
    ['need an address', [slice('web', [endpoint('example.org')])], []],
    ['are of the service that the label names', [slice('other', [endpoint(a)])], undefined],
  ])('%s', (_what, slices, expected) => {
    expect(addresses(slices)).toEqual(expected);
  });

  test('are told apart by name and protocol of their port', () => {
    const ports = [
      { name: 'dns', port: 53, protocol: 'UDP' },
      { name: 'dns', port: 5353, protocol: 'TCP' },
    ];
    const found = endpointsByPort([slice('web', [endpoint(a)], ports)], 'node-1');
    expect(found.get('ns/web:dns/udp')).toMatchObject([{ port: 53 }]);
    expect(found.get('ns/web:dns/tcp')).toMatchObject([{ port: 5353 }]);
  });

  test('without conditions are ready and serve', () => {
    const found = endpointsByPort([slice('web', [{ addresses: [a] }])], 'node-1').get('ns/web:http/tcp');
    expect(found).toMatchObject([{ ready: true, serving: true, terminating: false }]);
  });
});

describe('which endpoints a node leads to', () => {
  const nodePort: ProxiedService['spec'] = {
    type: 'NodePort',
    ports: [{ name: 'http', port: 80, nodePort: 30080 }],
  };
  const external: ProxiedService['spec'] = { ...nodePort, externalTrafficPolicy: 'Local' };
  const internal: ProxiedService['spec'] = { internalTrafficPolicy: 'Local' };
  type Expected = { cluster: string[]; local: string[]; reachable: string[]; any: boolean };

  test.each<[string, ProxiedService['spec'], ProxiedSlice['endpoints'], Expected]>([
    ['none', {}, [], { cluster: [], local: [], reachable: [], any: false }],
    [
      'those that are ready',
      {},
      [endpoint(a), endpoint(b, unready), endpoint(c, terminating)],
      { cluster: [a], local: [], reachable: [a], any: true },
    ],
    [
      'those that are ending and still serve, where none is ready',
      {},
      [endpoint(a, unready), endpoint(c, terminating)],
      { cluster: [c], local: [], reachable: [c], any: true },
    ],
    [
      'none that is ending and serves no more',
      {},
      [endpoint(a, { conditions: { ready: false, serving: false, terminating: true } })],
      { cluster: [], local: [], reachable: [], any: false },
    ],
    [
      'internalTrafficPolicy Local: its own',
      internal,
      [endpoint(a, here), endpoint(c, there)],
      { cluster: [], local: [a], reachable: [a], any: true },
    ],
    [
      'internalTrafficPolicy Local without its own: none, though there are some',
      internal,
      [endpoint(c, there)],
      { cluster: [], local: [], reachable: [], any: true },
    ],
    [
      'externalTrafficPolicy Local of what is only a cluster IP: all',
      { externalTrafficPolicy: 'Local' },
      [endpoint(a, here), endpoint(c, there)],
      { cluster: [a, c], local: [], reachable: [a, c], any: true },
    ],
    [
      'externalTrafficPolicy Local: its own, and all for the short way',
      external,
      [endpoint(a, here), endpoint(c, there)],
      { cluster: [a, c], local: [a], reachable: [a, c], any: true },
    ],
    [
      'externalTrafficPolicy Local, its own ending: that one for outside, the ready one for inside',
      external,
      [endpoint(a, { ...here, ...terminating }), endpoint(c, there)],
      { cluster: [c], local: [a], reachable: [c, a], any: true },
    ],
    [
      'internalTrafficPolicy Local with a node port: both kinds',
      { ...nodePort, ...internal },
      [endpoint(a, here), endpoint(c, there)],
      { cluster: [a, c], local: [a], reachable: [a, c], any: true },
    ],
  ])('%s', (_what, spec, endpoints, { cluster, local, reachable, any }) => {
    const [planned] = planServices([service('web', spec)], [slice('web', endpoints ?? [])], 'node-1');
    const of = (list: readonly { address: string }[] | undefined) => list?.map(({ address }) => address);
    expect(of(planned?.clusterEndpoints)).toEqual(cluster);
    expect(of(planned?.localEndpoints)).toEqual(local);
    expect(of(planned?.reachableEndpoints)).toEqual(reachable);
    expect(planned?.hasEndpoints).toBe(any);
  });

  test('the same objects in another order give the same plan', () => {
    const services = [service('b', { clusterIP: '10.96.0.2' }), service('a', { clusterIP: '10.96.0.3' })];
    const slices = [slice('a', [endpoint(b), endpoint(a)]), slice('b', [endpoint(c)])];
    const plan = planServices(services, slices, 'node-1');
    expect(plan.map(({ name }) => name)).toEqual(['ns/a:http', 'ns/b:http']);
    expect(planServices([...services].reverse(), [...slices].reverse(), 'node-1')).toEqual(plan);
  });
});

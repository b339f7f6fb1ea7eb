import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../../api/objects';
import { kindOf } from '../registry';
import { humanDuration } from './human-duration';
import { renderTable } from './render-table';

const now = new Date('2026-01-01T01:00:00Z');
const born = '2026-01-01T00:57:55Z';

function cells(resource: string, object: Omit<KubeObject, 'apiVersion' | 'kind'>): unknown {
  const whole: KubeObject = { apiVersion: 'v1', kind: 'X', ...object } as KubeObject;
  const table = renderTable(kindOf(resource), [whole], { resourceVersion: '1', includeObject: 'None', now });
  return (table as { rows: { cells: unknown[] }[] }).rows[0]?.cells;
}

describe('a Table', () => {
  const metadata = { name: 'x', creationTimestamp: born };

  test('of nodes', () => {
    const node = {
      metadata: { ...metadata, labels: { 'node-role.kubernetes.io/worker': '' } },
      spec: { unschedulable: true },
      status: {
        conditions: [{ type: 'Ready', status: 'True' }],
        addresses: [{ type: 'InternalIP', address: '10.0.0.11' }],
        nodeInfo: { kubeletVersion: 'v1.33.1' },
      },
    };
    expect(cells('nodes', node)).toEqual([
      'x',
      'Ready,SchedulingDisabled',
      'worker',
      '2m5s',
      'v1.33.1',
      '10.0.0.11',
      '<none>',
      '<unknown>',
      '<unknown>',
      '<unknown>',
    ]);
  });

  test('of services', () => {
    const spec = {
      type: 'ClusterIP',
      clusterIP: '10.96.0.5',
      ports: [
        { port: 80, protocol: 'TCP' },
        { port: 443, nodePort: 30443, protocol: 'TCP' },
      ],
      selector: { b: '2', a: '1' },
    };
    expect(cells('services', { metadata, spec })).toEqual([
      'x',
      'ClusterIP',
      '10.96.0.5',
      '<none>',
      '80/TCP,443:30443/TCP',
      '2m5s',
      'a=1,b=2',
    ]);
  });

  test('of endpoints names three and counts the rest', () => {
    const addresses = ['1', '2', '3', '4'].map((n) => ({ ip: `10.0.0.${n}` }));
    expect(
      (cells('endpoints', { metadata, subsets: [{ addresses, ports: [{ port: 80 }] }] }) as string[])[1],
    ).toBe('10.0.0.1:80,10.0.0.2:80,10.0.0.3:80 + 1 more...');
  });

  test('of endpoints without addresses tells those of nothing from none', () => {
    expect((cells('endpoints', { metadata }) as string[])[1]).toBe('<none>');
    expect((cells('endpoints', { metadata, subsets: [{ ports: [{ port: 80 }] }] }) as string[])[1]).toBe('');
  });

  test.each([
    [{ type: 'LoadBalancer' }, '<pending>'],
    [{ type: 'LoadBalancer', externalIPs: ['192.0.2.1'] }, '192.0.2.1'],
    [{ type: 'ExternalName', externalName: 'a.example' }, 'a.example'],
    [{ type: 'NodePort', externalIPs: ['192.0.2.1', '192.0.2.2'] }, '192.0.2.1,192.0.2.2'],
    [{ type: 'ClusterIP' }, '<none>'],
  ])('of services with %j shows %s', (spec, external) => {
    expect((cells('services', { metadata, spec }) as string[])[3]).toBe(external);
  });

  test('of endpoint slices', () => {
    const endpoints = [{ addresses: ['10.0.0.1'] }, { addresses: ['10.0.0.2'] }];
    const slice = { metadata, addressType: 'IPv4', ports: [{ port: 80 }, { name: 'web' }, {}], endpoints };
    expect(cells('endpointslices', slice)).toEqual(['x', 'IPv4', '80,web,*', '10.0.0.1,10.0.0.2', '2m5s']);
    expect(cells('endpointslices', { metadata, addressType: 'IPv4', ports: null, endpoints: null })).toEqual([
      'x',
      'IPv4',
      '<unset>',
      '<unset>',
      '2m5s',
    ]);
  });

  const spec = {
    replicas: 3,
    selector: { matchLabels: { app: 'web' } },
    template: {
      spec: {
        containers: [
          { name: 'a', image: 'i:1' },
          { name: 'b', image: 'j:2' },
        ],
      },
    },
  };

  test('of deployments', () => {
    const status = { replicas: 3, readyReplicas: 2, updatedReplicas: 1, availableReplicas: 2 };
    expect(cells('deployments', { metadata, spec, status })).toEqual([
      'x',
      '2/3',
      1,
      2,
      '2m5s',
      'a,b',
      'i:1,j:2',
      'app=web',
    ]);
  });

  test('of replica sets', () => {
    const status = { replicas: 2, readyReplicas: 1 };
    expect(cells('replicasets', { metadata, spec, status })).toEqual([
      'x',
      3,
      2,
      1,
      '2m5s',
      'a,b',
      'i:1,j:2',
      'app=web',
    ]);
  });

  test.each([
    [{}, 'Pending'],
    [{ conditions: [{ type: 'Approved' }] }, 'Approved'],
    [{ conditions: [{ type: 'Approved' }], certificate: 'eA==' }, 'Approved,Issued'],
    [{ conditions: [{ type: 'Denied' }] }, 'Denied'],
    [{ conditions: [{ type: 'Approved' }, { type: 'Failed' }] }, 'Approved,Failed'],
  ])('of certificate signing requests with %j says %s', (status, condition) => {
    const asked = { signerName: 'a.example/b', username: 'jane', expirationSeconds: 3600 };
    expect(cells('certificatesigningrequests', { metadata, spec: asked, status })).toEqual([
      'x',
      '2m5s',
      'a.example/b',
      'jane',
      '60m',
      condition,
    ]);
  });

  test('of events', () => {
    const event = {
      metadata,
      involvedObject: { kind: 'Pod', name: 'web', fieldPath: 'spec.containers{c}' },
      source: { component: 'kubelet', host: 'node-1' },
      type: 'Normal',
      reason: 'Pulled',
      message: 'done\n',
      firstTimestamp: born,
      lastTimestamp: '2026-01-01T00:59:00Z',
      count: 3,
    };
    expect(cells('events', event)).toEqual([
      '60s',
      'Normal',
      'Pulled',
      'pod/web',
      'spec.containers{c}',
      'kubelet, node-1',
      'done',
      '2m5s',
      3,
      'x',
    ]);
    const single = { metadata, involvedObject: { kind: 'Node' }, eventTime: born, reportingComponent: 'c' };
    expect(cells('events', single)).toEqual(['2m5s', '', '', 'node', '', 'c', '', '2m5s', 1, 'x']);
  });

  test('of bindings', () => {
    const subjects = [
      { kind: 'User', name: 'jane' },
      { kind: 'User', name: 'joe' },
      { kind: 'ServiceAccount', name: 'sa', namespace: 'default' },
    ];
    const roleRef = { kind: 'Role', name: 'r' };
    expect(cells('rolebindings', { metadata, roleRef, subjects })).toEqual([
      'x',
      'Role/r',
      '2m5s',
      'jane, joe',
      '',
      'default/sa',
    ]);
  });

  test.each([
    [
      'pods',
      'Name:string Ready:string Status:string Restarts:string Age:string IP*:string Node*:string Nominated Node*:string Readiness Gates*:string',
    ],
    [
      'events',
      'Last Seen:string Type:string Reason:string Object:string Subobject*:string Source*:string Message:string First Seen*:string Count*:string Name*:string',
    ],
    [
      'replicasets',
      'Name:string Desired:integer Current:integer Ready:integer Age:string Containers*:string Images*:string Selector*:string',
    ],
    ['roles', 'Name:string Created At:date'],
  ])('of %s has these columns', (resource, expected) => {
    const table = renderTable(kindOf(resource), [], { resourceVersion: '1', includeObject: 'None', now });
    const { columnDefinitions } = table as {
      columnDefinitions: { name: string; type: string; format: string; priority: number }[];
    };
    const said = columnDefinitions.map(
      ({ name, type, priority }) => `${name}${priority === 1 ? '*' : ''}:${type}`,
    );
    expect(said.join(' ')).toBe(expected);
    expect(columnDefinitions.filter(({ format }) => format === 'name').map(({ name }) => name)).toEqual([
      'Name',
    ]);
  });

  test('of a kind without columns of its own has name and date', () => {
    expect(cells('clusterroles', { metadata })).toEqual(['x', born]);
  });

  test.each(['Metadata', 'Object', 'None'] as const)('carries with each row: %s', (includeObject) => {
    const object: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: {} };
    const table = renderTable(kindOf('configmaps'), [object], {
      resourceVersion: '7',
      includeObject,
      now,
    }) as {
      rows: { object?: { kind: string } }[];
      metadata: object;
    };
    const expected = { Metadata: 'PartialObjectMetadata', Object: 'ConfigMap', None: undefined };
    expect(table.rows[0]?.object?.kind).toBe(expected[includeObject]);
    expect(table.metadata).toEqual({ resourceVersion: '7' });
  });
});

test.each([
  [-5000, '<invalid>'],
  [-1000, '0s'],
  [119_000, '119s'],
  [120_000, '2m'],
  [125_000, '2m5s'],
  [600_000, '10m'],
  [3 * 3600_000, '3h'],
  [3.5 * 3600_000, '3h30m'],
  [9 * 3600_000, '9h'],
  [49 * 3600_000, '2d1h'],
  [30 * 86_400_000, '30d'],
  [800 * 86_400_000, '2y70d'],
  [3650 * 86_400_000, '10y'],
])('%i ms is %s', (ms, expected) => {
  expect(humanDuration(ms)).toBe(expected);
});

import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../api/objects';
import { kindOf } from './registry';
import { humanDuration, renderTable } from './table';

const now = new Date('2026-01-01T01:00:00Z');
const born = '2026-01-01T00:57:55Z';

function cells(resource: string, object: Omit<KubeObject, 'apiVersion' | 'kind'>): unknown {
  const whole: KubeObject = { apiVersion: 'v1', kind: 'X', ...object } as KubeObject;
  const table = renderTable(kindOf(resource), [whole], { resourceVersion: '1', includeObject: 'None', now });
  return (table as { rows: { cells: unknown[] }[] }).rows[0]?.cells;
}

describe('a Table', () => {
  const metadata = { name: 'x', creationTimestamp: born };

  test('of pods', () => {
    const status = {
      phase: 'Running',
      podIP: '10.244.1.2',
      containerStatuses: [
        {
          name: 'c',
          ready: true,
          restartCount: 2,
          image: 'i',
          imageID: '',
          state: { running: { startedAt: born } },
        },
      ],
    };
    const spec = {
      nodeName: 'node-1',
      containers: [
        { name: 'c', image: 'i' },
        { name: 'd', image: 'i' },
      ],
    };
    expect(cells('pods', { metadata, spec, status })).toEqual([
      'x',
      '1/2',
      'Running',
      2,
      '2m5s',
      '10.244.1.2',
      'node-1',
      '<none>',
      '<none>',
    ]);
    const deleted = { ...metadata, deletionTimestamp: born };
    expect((cells('pods', { metadata: deleted, spec, status }) as string[])[2]).toBe('Terminating');
    const crashed = {
      containerStatuses: [
        {
          name: 'c',
          ready: false,
          restartCount: 0,
          image: 'i',
          imageID: '',
          state: { waiting: { reason: 'CrashLoopBackOff' } },
        },
      ],
    };
    expect((cells('pods', { metadata, spec, status: crashed }) as string[])[2]).toBe('CrashLoopBackOff');
  });

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
        { port: 443, nodePort: 30443 },
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

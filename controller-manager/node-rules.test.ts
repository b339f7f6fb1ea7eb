import { describe, expect, test } from '@jest/globals';
import type { KubeNode } from '../api/objects';
import { evictionDelayMs } from './eviction-delay';
import { hear, isSilent, type NodeCondition, unknownConditions } from './node-health';
import { noExecuteKey, withNoExecuteTaint, withNoScheduleTaints } from './node-taints';
import { evictionRates, zoneState } from './zone-health';

const born = '2025-06-01T12:00:00Z';
const start = Date.parse(born);
const grace = { runningMs: 50_000, startingMs: 60_000 };

function node(
  conditions: readonly NodeCondition[],
  more: { spec?: object; labels?: Record<string, string> } = {},
): KubeNode {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: 'node-1', creationTimestamp: born, labels: more.labels ?? {} },
    spec: { ...more.spec },
    status: { conditions: [...conditions] },
  };
}

const ready = (status: string, lastHeartbeatTime = born): NodeCondition => ({
  type: 'Ready',
  status,
  lastHeartbeatTime,
});

describe('a node is heard of', () => {
  const seen = (after: number, before: ReturnType<typeof hear> | null, of: KubeNode, lease: string | null) =>
    hear(before, of, lease, start + after);

  test('for 50 s after its status or its lease last changed, by this program’s clock', () => {
    const first = seen(0, null, node([ready('True', '1999-01-01T00:00:00Z')]), null);
    const same = seen(50_000, first, node([ready('True', '1999-01-01T00:00:00Z')]), null);
    expect(isSilent(same, grace, start + 50_000)).toBe(false);
    expect(isSilent(same, grace, start + 50_001)).toBe(true);
    const posted = seen(50_000, first, node([ready('True', '1999-01-01T00:00:01Z')]), null);
    expect(isSilent(posted, grace, start + 100_000)).toBe(false);
    const renewed = seen(
      50_000,
      first,
      node([ready('True', '1999-01-01T00:00:00Z')]),
      '1999-01-01T00:00:00Z',
    );
    expect(isSilent(renewed, grace, start + 100_000)).toBe(false);
    const again = seen(
      60_000,
      renewed,
      node([ready('True', '1999-01-01T00:00:00Z')]),
      '1999-01-01T00:00:00Z',
    );
    expect(isSilent(again, grace, start + 100_001)).toBe(true);
  });

  test('for 60 s after it was made when it never posted a status, and longer if it renews its lease', () => {
    const first = seen(10_000, null, node([]), null);
    expect(isSilent(first, grace, start + 60_000)).toBe(false);
    expect(isSilent(first, grace, start + 60_001)).toBe(true);
    const renewed = seen(50_000, first, node([]), born);
    expect(isSilent(renewed, grace, start + 110_000)).toBe(false);
  });

  test('is not forgotten by what this program itself wrote', () => {
    const first = seen(0, null, node([ready('True')]), null);
    expect(seen(60_000, first, node([ready('Unknown')]), null).heardAt).toBe(first.heardAt);
  });
});

describe('of a node that is heard of no more', () => {
  const now = new Date('2025-06-01T12:01:00Z');
  const stopped = {
    status: 'Unknown',
    reason: 'NodeStatusUnknown',
    message: 'Kubelet stopped posting node status.',
    lastTransitionTime: '2025-06-01T12:01:00Z',
  };
  const never = {
    status: 'Unknown',
    reason: 'NodeStatusNeverUpdated',
    message: 'Kubelet never posted node status.',
    lastHeartbeatTime: born,
    lastTransitionTime: '2025-06-01T12:01:00Z',
  };

  test('everything that a kubelet tells is unknown, and nothing else', () => {
    const network = { type: 'NetworkUnavailable', status: 'False' };
    const pressure = { type: 'DiskPressure', status: 'False', lastHeartbeatTime: born };
    expect(unknownConditions(node([ready('True'), network, pressure]), now)).toEqual([
      { type: 'Ready', lastHeartbeatTime: born, ...stopped },
      network,
      { type: 'DiskPressure', lastHeartbeatTime: born, ...stopped },
      { type: 'MemoryPressure', ...never },
      { type: 'PIDPressure', ...never },
    ]);
  });

  test('nothing is said twice', () => {
    expect(unknownConditions(node([ready('Unknown')]), now)).toBeNull();
  });
});

describe('taints', () => {
  const now = new Date('2025-06-01T12:01:00Z');
  const timeAdded = '2025-06-01T12:01:00Z';
  const other = { key: 'colour', value: 'red', effect: 'NoSchedule' };
  const taint = (key: string, effect = 'NoSchedule') => ({ key: `node.kubernetes.io/${key}`, effect });

  test.each([
    ['a healthy node has none', [ready('True')], {}, null],
    ['one that is not ready', [ready('False')], {}, [{ ...taint('not-ready'), timeAdded }]],
    ['one that nobody hears of', [ready('Unknown')], {}, [{ ...taint('unreachable'), timeAdded }]],
    [
      'one without memory',
      [ready('True'), { type: 'MemoryPressure', status: 'True' }],
      {},
      [{ ...taint('memory-pressure'), timeAdded }],
    ],
    [
      'one that is cordoned',
      [ready('True')],
      { unschedulable: true },
      [{ ...taint('unschedulable'), timeAdded }],
    ],
    ['one that has what it should', [ready('False')], { taints: [other, taint('not-ready')] }, null],
    [
      'one that is well again',
      [ready('True')],
      { taints: [other, taint('not-ready'), taint('unschedulable')] },
      [other],
    ],
    [
      'one that fell silent',
      [ready('Unknown')],
      { taints: [taint('not-ready')] },
      [{ ...taint('unreachable'), timeAdded }],
    ],
  ])('%s', (_what, conditions, spec, taints) => {
    expect(withNoScheduleTaints(node(conditions, { spec }), now)).toEqual(taints);
  });

  test.each([
    ['True', [taint('unreachable', 'NoExecute'), taint('unreachable')], null, [taint('unreachable')]],
    ['False', [], 'node.kubernetes.io/not-ready', [{ ...taint('not-ready', 'NoExecute'), timeAdded }]],
    [
      'Unknown',
      [taint('not-ready', 'NoExecute')],
      'node.kubernetes.io/unreachable',
      [{ ...taint('unreachable', 'NoExecute'), timeAdded }],
    ],
  ])('a node that is Ready %s and has %j drives pods out by %s', (status, taints, key, after) => {
    const given = node([ready(status)], { spec: { taints } });
    expect(noExecuteKey(given)).toBe(key);
    expect(withNoExecuteTaint(given, key, now)).toEqual(after);
  });
});

describe('nodes are emptied', () => {
  const rates = { normal: 0.1, secondary: 0.01, largeFrom: 4, unhealthyFrom: 0.55 };
  const some = (well: number, away: number, zone = 'a'): KubeNode[] => {
    const labels = { 'topology.kubernetes.io/zone': zone };
    return [
      ...Array.from({ length: well }, () => node([ready('True')], { labels })),
      ...Array.from({ length: away }, () => node([ready('Unknown')], { labels })),
    ];
  };

  test.each([
    [3, 0, 'Normal'],
    [1, 2, 'Normal'],
    [3, 3, 'Normal'],
    [2, 3, 'PartialDisruption'],
    [0, 1, 'FullDisruption'],
    [0, 0, 'Normal'],
  ])('in a zone with %i that are well and %i that are away: %s', (well, away, state) => {
    expect(zoneState(some(well, away), rates)).toBe(state);
  });

  test.each([
    ['one after the other', some(1, 1), [0.1]],
    ['slowly in a large zone that is unwell', some(2, 3), [0.01]],
    ['not at all in a small one', some(1, 3), [0]],
    ['not at all where nobody is heard of', some(0, 3), [0]],
    ['where only one zone of two is away', [...some(1, 0), ...some(0, 3, 'b')], [0.1, 0.1]],
    ['not at all where both are', [...some(0, 1), ...some(0, 3, 'b')], [0, 0]],
  ])('%s', (_what, nodes, wanted) => {
    expect([...evictionRates(nodes, rates).values()]).toEqual(wanted);
  });
});

describe('a pod stays', () => {
  const taint = (key: string) => ({ key, effect: 'NoExecute' });
  test.each([
    ['not, when it does not tolerate', [taint('a')], [], 0],
    ['not, when it tolerates another', [taint('a')], [{ key: 'b', operator: 'Exists' }], 0],
    ['for ever', [taint('a')], [{ key: 'a', operator: 'Exists' }], null],
    [
      'as long as it tolerates',
      [taint('a')],
      [{ key: 'a', operator: 'Exists', tolerationSeconds: 300 }],
      300_000,
    ],
    [
      'as long as it tolerates the worst',
      [taint('a'), taint('b')],
      [
        { key: 'a', operator: 'Exists', tolerationSeconds: 300 },
        { key: 'b', operator: 'Exists', tolerationSeconds: 20 },
      ],
      20_000,
    ],
    [
      'by the first toleration that fits',
      [taint('a')],
      [
        { operator: 'Exists', tolerationSeconds: 5 },
        { key: 'a', operator: 'Exists' },
      ],
      5_000,
    ],
    ['not, when it tolerates for no time', [taint('a')], [{ operator: 'Exists', tolerationSeconds: 0 }], 0],
    [
      'not, when one of two is not tolerated',
      [taint('a'), taint('b')],
      [{ key: 'a', operator: 'Exists' }],
      0,
    ],
  ])('%s', (_what, taints, tolerations, delayMs) => {
    expect(evictionDelayMs(taints, tolerations)).toBe(delayMs);
  });
});

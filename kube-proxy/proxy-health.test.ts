import { describe, expect, test } from '@jest/globals';
import type { KubeObject } from '../api/objects';
import { ProxyHealth } from './proxy-health';

function health() {
  const time = { seconds: 0 };
  const clock = {
    now: () => new Date(Date.UTC(2024, 0, 1, 0, 0, time.seconds)),
    monotonicSeconds: () => time.seconds,
  };
  return { time, health: new ProxyHealth({ clock, timeoutMs: 60_000 }) };
}

const node = (more: object, metadata: object = {}): KubeObject =>
  ({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1', ...metadata }, ...more }) as KubeObject;

describe('the health of a kube-proxy', () => {
  test('is good until rules are late, and again when they are written', () => {
    const { time, health: of } = health();
    of.queued();
    time.seconds = 1000;
    // Before the first rules nothing is late.
    expect(of.answer('/healthz')?.status).toBe(200);
    of.updated();
    of.queued();
    time.seconds += 30;
    of.queued();
    time.seconds += 29;
    expect(of.answer('/livez')?.status).toBe(200);
    time.seconds += 1;
    expect(of.answer('/healthz')).toMatchObject({
      status: 503,
      body: expect.stringContaining('{"lastUpdated": "2024-01-01 00:16:40 +0000 UTC m=+1000'),
    });
    expect(of.answer('/livez')?.status).toBe(503);
    of.updated();
    expect(of.answer('/healthz')?.status).toBe(200);
    expect(of.answer('/other')).toBeNull();
  });

  test.each<[what: string, node: KubeObject, eligible: boolean]>([
    ['one like others', node({ spec: { taints: [{ key: 'a', effect: 'NoSchedule' }] } }), true],
    ['being deleted', node({}, { deletionTimestamp: '2024-01-01T00:00:00Z' }), false],
    [
      'about to be taken away',
      node({ spec: { taints: [{ key: 'ToBeDeletedByClusterAutoscaler' }] } }),
      false,
    ],
    // Whoever is taken for the apiserver says what it likes.
    ['without a specification', node({ spec: null }), true],
    ['with taints that are no list', node({ spec: { taints: { key: 'a' } } }), true],
    ['with taints of nothing', node({ spec: { taints: [null, 7, 'x'] } }), true],
  ])('knows a node %s', (_what, given, eligible) => {
    const { health: of } = health();
    of.syncNode(given);
    expect(of.answer('/healthz')).toMatchObject({
      status: eligible ? 200 : 503,
      body: expect.stringContaining(`"nodeEligible": ${eligible}`),
    });
    // It is well all the same.
    expect(of.answer('/livez')?.status).toBe(200);
  });
});

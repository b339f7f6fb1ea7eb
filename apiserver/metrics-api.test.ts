import { describe, expect, test } from '@jest/globals';
import type { KubeNode, Pod } from '../api/objects';
import { nodeMetrics, parseResourceMetrics, podMetrics } from './metrics-api';

const START = Date.parse('2026-11-28T10:00:00Z');

/** What a kubelet says some seconds after the container started. */
function scrape(seconds: number, cpuSeconds: number) {
  const at = START + seconds * 1000;
  const labels = 'container="web",namespace="default",pod="web"';
  const text = [
    '# HELP container_cpu_usage_seconds_total Cumulative cpu time consumed by the container in core-seconds',
    '# TYPE container_cpu_usage_seconds_total counter',
    `container_cpu_usage_seconds_total{${labels}} ${cpuSeconds} ${at}`,
    `container_memory_working_set_bytes{${labels}} 2048 ${at}`,
    `container_start_time_seconds{${labels}} ${START / 1000}`,
    `node_cpu_usage_seconds_total ${cpuSeconds} ${at}`,
    `node_memory_working_set_bytes 1500 ${at}`,
    'something_else{a="b"} NaN',
    'nonsense',
  ];
  return parseResourceMetrics(text.join('\n'), at);
}

const node: KubeNode = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'node-1' }, spec: {} };
const pod: Pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'default', labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image: 'midplane/web' }] },
};

describe('metrics', () => {
  test('of a pod are the rate between two scrapes', () => {
    const history = { before: scrape(10, 1), latest: scrape(25, 2.5) };
    expect(podMetrics(pod, history)).toEqual({
      apiVersion: 'metrics.k8s.io/v1beta1',
      kind: 'PodMetrics',
      metadata: {
        name: 'web',
        namespace: 'default',
        creationTimestamp: '2026-11-28T10:00:25Z',
        labels: { app: 'web' },
      },
      timestamp: '2026-11-28T10:00:25Z',
      window: '15s',
      containers: [{ name: 'web', usage: { cpu: '100000000n', memory: '2Ki' } }],
    });
  });

  test('are those since the start when there is one scrape, or the container was restarted', () => {
    const one = { before: null, latest: scrape(10, 1) };
    const window = { window: '10s', usage: { cpu: '100000000n', memory: '1500' } };
    expect(nodeMetrics(node, one)).toMatchObject(window);
    expect(podMetrics(pod, one)).toMatchObject({ window: '10s' });
    const restarted = { before: scrape(5, 9), latest: scrape(10, 1) };
    expect(podMetrics(pod, restarted)).toMatchObject({ containers: [{ usage: { cpu: '100000000n' } }] });
  });

  test('are not there for whom nothing was heard of', () => {
    expect(nodeMetrics(node, undefined)).toBeNull();
    expect(podMetrics(pod, undefined)).toBeNull();
    const other = { ...pod, metadata: { ...pod.metadata, name: 'other' } };
    expect(podMetrics(other, { before: null, latest: scrape(10, 1) })).toBeNull();
  });
});

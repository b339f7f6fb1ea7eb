import { beforeAll, describe, expect, test } from '@jest/globals';
import { Backend, type Keys, kubeletAt, mintKeys, TestCluster } from './cluster.test.fixtures';

let keys: Keys;
beforeAll(async () => {
  keys = await mintKeys();
});

const base = '/apis/metrics.k8s.io/v1beta1';
const withCa = ['--kubelet-certificate-authority=ca.crt'];

/** A counter that began ten seconds ago, as a kubelet tells it. */
function metricsText(): string {
  const labels = 'container="app",namespace="default",pod="web"';
  const now = Date.now();
  return [
    `container_cpu_usage_seconds_total{${labels}} 0.5 ${now}`,
    `container_memory_working_set_bytes{${labels}} 1024 ${now}`,
    `container_start_time_seconds{${labels}} ${(now - 10_000) / 1000}`,
    `node_cpu_usage_seconds_total 0.5 ${now}`,
    `node_memory_working_set_bytes 1024 ${now}`,
    '',
  ].join('\n');
}

async function clusterWith(serving: keyof Keys): Promise<{ cluster: TestCluster; kubelet: Backend }> {
  const cluster = await TestCluster.start(keys, withCa);
  await cluster.addWorkload();
  const pair =
    serving === 'otherCa'
      ? await keys.otherCa.issue({ commonName: 'x', usages: ['serverAuth'] })
      : keys.kubelet;
  const kubelet = await Backend.at(cluster.node, kubeletAt, pair, {
    request: (_request, response) => response.end(metricsText()),
  });
  return { cluster, kubelet };
}

describe('metrics.k8s.io', () => {
  test('is what the kubelets say, asked once for several questions in a row', async () => {
    const { cluster, kubelet } = await clusterWith('kubelet');
    await using _cluster = cluster;
    const nodes = await cluster.ask('GET', `${base}/nodes`);
    expect([nodes.status, nodes.json['kind'], nodes.json.items]).toEqual([
      200,
      'NodeMetricsList',
      [
        expect.objectContaining({
          metadata: expect.objectContaining({ name: 'node-1' }),
          usage: { cpu: '50000000n', memory: '1Ki' },
        }),
      ],
    ]);
    const pods = await cluster.ask('GET', `${base}/pods`);
    expect(pods.json.items).toMatchObject([
      {
        metadata: { name: 'web' },
        containers: [{ name: 'app', usage: { cpu: '50000000n', memory: '1Ki' } }],
      },
    ]);
    const none = await cluster.ask('GET', `${base}/namespaces/default/pods?labelSelector=app%3Dother`);
    expect(none.json.items).toEqual([]);
    expect((await cluster.ask('GET', `${base}/namespaces/default/pods/web`)).json['kind']).toBe('PodMetrics');
    expect(kubelet.seen.map((it) => it.url)).toEqual(['/metrics/resource']);
    expect(cluster.told('backend-dialled')).toEqual([
      { path: 'metrics', target: 'https://10.0.0.11:10250', transport: 'kubelet', trust: 'verify' },
    ]);
  });

  test('says nothing of a kubelet that is not who it says', async () => {
    const { cluster, kubelet } = await clusterWith('otherCa');
    await using _cluster = cluster;
    expect((await cluster.ask('GET', `${base}/nodes`)).json.items).toEqual([]);
    const one = await cluster.ask('GET', `${base}/nodes/node-1`);
    expect([one.status, one.json.message]).toEqual([404, 'nodemetrics.metrics.k8s.io "node-1" not found']);
    expect(kubelet.seen).toEqual([]);
  });

  test.each(['POST', 'DELETE', 'PUT'])('cannot be changed by %s', async (method) => {
    const { cluster } = await clusterWith('kubelet');
    await using _cluster = cluster;
    const path = method === 'POST' ? `${base}/nodes` : `${base}/nodes/node-1`;
    expect((await cluster.ask(method, path, { body: {} })).status).toBe(405);
  });
});

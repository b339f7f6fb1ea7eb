import { expect, test } from '@jest/globals';
import { container, podWith, startNode } from './pod-worker.test.fixtures';
import { cadvisorMetrics, resourceMetrics } from './resource-metrics';
import { containerUsage } from './usage';

test.each([
  [{ commands: 0, bytes: 0 }, 0],
  [{ commands: 3, bytes: 0 }, 0.003],
  [{ commands: 1, bytes: 1_000_000 }, 0.011],
])('%j is %d seconds of a processor', (work, cpuSeconds) => {
  expect(containerUsage({ work, memoryBytes: 7 })).toEqual({ cpuSeconds, memoryBytes: 7 });
});

test('tell what each container, pod and the node used, in the text that metrics servers read', async () => {
  await using node = startNode();
  node.workers.run(podWith('web', { containers: [container({ command: ['sleep', 'inf'] })] }));
  await node.until(() => node.life('web').ready);
  const memory = node.life('web').container?.memoryBytes;
  const at = node.clock.now().getTime();
  const pod = 'namespace="default",pod="web"';
  const samples = (text: string): string[] => text.split('\n').filter((it) => /^[^#]/.test(it));
  expect(samples(resourceMetrics(node.workers.running, 0.5, node.clock.now()))).toEqual([
    `container_cpu_usage_seconds_total{container="c",${pod}} 0.001 ${at}`,
    `container_memory_working_set_bytes{container="c",${pod}} ${memory} ${at}`,
    `container_start_time_seconds{container="c",${pod}} ${at / 1000}`,
    `node_cpu_usage_seconds_total 0.501 ${at}`,
    `node_memory_working_set_bytes ${memory} ${at}`,
    `pod_cpu_usage_seconds_total{${pod}} 0.001 ${at}`,
    `pod_memory_working_set_bytes{${pod}} ${memory} ${at}`,
    'resource_scrape_error 0',
  ]);
  const cadvisor = samples(cadvisorMetrics(node.workers.running, node.clock.now()));
  expect(cadvisor.at(-1)).toBe('machine_memory_bytes 4294967296');
  expect(cadvisor[0]).toMatch(/^container_cpu_usage_seconds_total\{container="c",id="\/kubepods\//);
});

test('the use of pods that are gone stays with the node', async () => {
  await using node = startNode();
  node.workers.run(podWith('web', { containers: [container({})] }));
  await node.until(() => node.life('web').ready);
  expect(node.workers.spentCpuSeconds).toBe(0);
  await node.workers.remove('default', 'web');
  expect(node.workers.spentCpuSeconds).toBeCloseTo(0.001, 6);
});

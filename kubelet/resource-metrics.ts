import { metricFamily } from './metric-family';
import { CAPACITY } from './node-status';
import { quantityValue } from './quantity-value';
import type { RunningPod } from './running-pod';
import { containerUsage, podUsage, sum } from './usage';

/**
 * /metrics/resource, what metrics servers ask for, and as much of /metrics/cadvisor as there are true numbers for.
 * Sources: pkg/kubelet/metrics/collectors/resource_metrics.go, cadvisor metrics/prometheus.go.
 */
export function resourceMetrics(running: readonly RunningPod[], spentCpuSeconds: number, now: Date): string {
  const at = now.getTime();
  const node = sum([...running.map(podUsage), { cpuSeconds: spentCpuSeconds, memoryBytes: 0 }]);
  const containers = running.flatMap((pod) =>
    [...pod.lives.values()].flatMap(({ name, container, state }) => {
      if (container === null || state.kind !== 'running') return [];
      const labels = `container="${name}",${podLabels(pod)}`;
      return [{ labels, startedAt: state.startedAt, ...containerUsage(container) }];
    }),
  );
  const pods = running.map((pod) => ({ labels: podLabels(pod), ...podUsage(pod) }));
  const cpuOf = (it: { labels: string; cpuSeconds: number }) => [it.labels, it.cpuSeconds, at] as const;
  const memoryOf = (it: { labels: string; memoryBytes: number }) => [it.labels, it.memoryBytes, at] as const;
  return [
    metricFamily(
      'container_cpu_usage_seconds_total',
      'counter',
      'Cumulative cpu time consumed by the container in core-seconds',
      containers.map(cpuOf),
    ),
    metricFamily(
      'container_memory_working_set_bytes',
      'gauge',
      'Current working set of the container in bytes',
      containers.map(memoryOf),
    ),
    metricFamily(
      'container_start_time_seconds',
      'gauge',
      'Start time of the container since unix epoch in seconds',
      containers.map((it) => [it.labels, it.startedAt.getTime() / 1000]),
    ),
    metricFamily(
      'node_cpu_usage_seconds_total',
      'counter',
      'Cumulative cpu time consumed by the node in core-seconds',
      [['', node.cpuSeconds, at]],
    ),
    metricFamily('node_memory_working_set_bytes', 'gauge', 'Current working set of the node in bytes', [
      ['', node.memoryBytes, at],
    ]),
    metricFamily(
      'pod_cpu_usage_seconds_total',
      'counter',
      'Cumulative cpu time consumed by the pod in core-seconds',
      pods.map(cpuOf),
    ),
    metricFamily(
      'pod_memory_working_set_bytes',
      'gauge',
      'Current working set of the pod in bytes',
      pods.map(memoryOf),
    ),
    metricFamily(
      'resource_scrape_error',
      'gauge',
      '1 if there was an error while getting container metrics, 0 otherwise',
      [['', 0]],
    ),
  ].join('');
}

export function cadvisorMetrics(running: readonly RunningPod[], now: Date): string {
  const at = now.getTime();
  const containers = running.flatMap((pod) =>
    [...pod.lives.values()].flatMap(({ name, container, spec, state }) => {
      if (container === null || state.kind !== 'running') return [];
      const id = `/kubepods/pod${pod.uid}/${container.id}`;
      const labels = `container="${name}",id="${id}",image="${spec.image}",name="${container.id}",${podLabels(pod)}`;
      return [{ labels, ...containerUsage(container) }];
    }),
  );
  return [
    metricFamily(
      'container_cpu_usage_seconds_total',
      'counter',
      'Cumulative cpu time consumed in seconds.',
      containers.map((it) => [it.labels, it.cpuSeconds, at]),
    ),
    metricFamily(
      'container_memory_working_set_bytes',
      'gauge',
      'Current working set in bytes.',
      containers.map((it) => [it.labels, it.memoryBytes, at]),
    ),
    metricFamily('machine_cpu_cores', 'gauge', 'Number of logical CPU cores.', [
      ['', quantityValue(CAPACITY.cpu)],
    ]),
    metricFamily('machine_memory_bytes', 'gauge', 'Amount of memory installed on the machine.', [
      ['', quantityValue(CAPACITY.memory)],
    ]),
  ].join('');
}

function podLabels({ pod }: RunningPod): string {
  return `namespace="${pod.metadata.namespace ?? 'default'}",pod="${pod.metadata.name}"`;
}

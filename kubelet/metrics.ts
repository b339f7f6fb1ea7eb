import { emulatedKubernetes } from '../version';
import { metricFamily } from './metric-family';
import type { RunningPod } from './running-pod';

/** The kubelet's Prometheus metrics, the ones that the lab has true numbers for. */

const KNOWN_METHODS = new Set(['OPTIONS', 'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'TRACE', 'CONNECT']);
const KNOWN_ROOTS = new Set([
  ...[
    'healthz',
    'pods',
    'stats',
    'metrics',
    'metrics/cadvisor',
    'metrics/probes',
    'metrics/resource',
    'run',
    'exec',
  ],
  ...[
    'attach',
    'portForward',
    'containerLogs',
    'configz',
    'runningpods',
    'logs',
    'debug',
    'pprof',
    'checkpoint',
  ],
]);
const LONG_RUNNING = new Set(['exec', 'attach', 'portforward', 'debug']);

export class RequestCounter {
  readonly #counts = new Map<string, number>();

  /** Unknown methods and paths share one bucket, so that nobody can fill memory with labels. */
  count(method: string, path: string, server: 'readonly' | 'readwrite'): void {
    const root = rootOf(path);
    const labels = [
      ['long_running', String(LONG_RUNNING.has(root))],
      ['method', KNOWN_METHODS.has(method) ? method : 'other'],
      ['path', KNOWN_ROOTS.has(root) ? root : 'other'],
      ['server_type', server],
    ];
    const key = labels.map(([name, value]) => `${name}="${value}"`).join(',');
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }
}

function rootOf(path: string): string {
  const [first = '', second] = path.replace(/^\//, '').split('/');
  return first === 'metrics' && second !== undefined && second !== '' ? `${first}/${second}` : first;
}

export interface MetricFacts {
  readonly nodeName: string;
  readonly startedAt: Date;
  readonly running: readonly RunningPod[];
  readonly requests: RequestCounter;
}

export function kubeletMetrics({ nodeName, startedAt, running, requests }: MetricFacts): string {
  const states = { created: 0, exited: 0, running: 0 };
  for (const pod of running) {
    for (const { state } of pod.lives.values()) {
      states[state.kind === 'running' ? 'running' : state.kind === 'terminated' ? 'exited' : 'created'] += 1;
    }
  }
  return [
    metricFamily(
      'kubelet_http_requests_total',
      'counter',
      'Number of the http requests received since the server started',
      [...requests.counts],
    ),
    metricFamily('kubelet_node_name', 'gauge', "The node's name. The count is always 1.", [
      [`node="${nodeName}"`, 1],
    ]),
    metricFamily(
      'kubelet_running_containers',
      'gauge',
      'Number of containers currently running',
      Object.entries(states).map(([state, count]) => [`container_state="${state}"`, count]),
    ),
    metricFamily('kubelet_running_pods', 'gauge', 'Number of pods that have a running pod sandbox', [
      ['', running.length],
    ]),
    metricFamily('kubernetes_build_info', 'gauge', "A metric with a constant '1' value labeled by version.", [
      [`git_version="${emulatedKubernetes}",major="1",minor="33",platform="linux/amd64"`, 1],
    ]),
    processStart(startedAt),
  ].join('');
}

export function processStart(startedAt: Date): string {
  return metricFamily(
    'process_start_time_seconds',
    'gauge',
    'Start time of the process since unix epoch in seconds.',
    [['', startedAt.getTime() / 1000]],
  );
}

import { KUBELET_VERSION } from './node-status';
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
    for (const { state } of pod.containers.values()) {
      states[state.kind === 'running' ? 'running' : state.kind === 'terminated' ? 'exited' : 'created'] += 1;
    }
  }
  return [
    family(
      'kubelet_http_requests_total',
      'counter',
      'Number of the http requests received since the server started',
      [...requests.counts],
    ),
    family('kubelet_node_name', 'gauge', "The node's name. The count is always 1.", [
      [`node="${nodeName}"`, 1],
    ]),
    family(
      'kubelet_running_containers',
      'gauge',
      'Number of containers currently running',
      Object.entries(states).map(([state, count]) => [`container_state="${state}"`, count]),
    ),
    family('kubelet_running_pods', 'gauge', 'Number of pods that have a running pod sandbox', [
      ['', running.length],
    ]),
    family('kubernetes_build_info', 'gauge', "A metric with a constant '1' value labeled by version.", [
      [`git_version="${KUBELET_VERSION}",major="1",minor="33",platform="linux/amd64"`, 1],
    ]),
    processStart(startedAt),
  ].join('');
}

/** /metrics/resource: memory as the simulation holds it, and nothing about processors, which it does not use. */
export function resourceMetrics(running: readonly RunningPod[]): string {
  const samples: [string, number][] = [];
  for (const { pod, containers } of running) {
    for (const container of containers.values()) {
      const labels = `container="${container.name}",namespace="${pod.metadata.namespace ?? 'default'}",pod="${pod.metadata.name}"`;
      samples.push([labels, container.memoryBytes]);
    }
  }
  return [
    family(
      'container_memory_working_set_bytes',
      'gauge',
      'Current working set of the container in bytes',
      samples,
    ),
    family(
      'resource_scrape_error',
      'gauge',
      '1 if there was an error while getting container metrics, 0 otherwise',
      [['', 0]],
    ),
  ].join('');
}

export function processStart(startedAt: Date): string {
  return family(
    'process_start_time_seconds',
    'gauge',
    'Start time of the process since unix epoch in seconds.',
    [['', startedAt.getTime() / 1000]],
  );
}

function family(
  name: string,
  type: 'counter' | 'gauge',
  help: string,
  samples: readonly (readonly [labels: string, value: number])[],
): string {
  if (samples.length === 0) return '';
  const lines = samples.map(([labels, value]) => `${name}${labels === '' ? '' : `{${labels}}`} ${value}`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('\n')}\n`;
}

import type { EgressMetric } from './egress';
import { isLongRunning } from './long-running';
import { HistogramFamily, type Labels, type MetricFamily, NumberFamily, ReadFamily } from './metrics';
import { findKind, kinds } from './registry';
import type { RequestInfo } from './request-info';
import type { Storage } from './storage';

/**
 * What this apiserver counts. Source: k8s.io/apiserver pkg/endpoints/metrics/metrics.go,
 * pkg/storage/etcd3/metrics/metrics.go, pkg/registry/core/pod/rest/metrics.go, prometheus' process collector.
 */
export class ApiserverMetrics {
  readonly #requests = new NumberFamily(
    'counter',
    'apiserver_request_total',
    '[STABLE] Counter of apiserver requests broken out for each verb, dry run value, group, version, resource, scope, component, and HTTP response code.',
  );
  readonly #durations = new HistogramFamily(
    'apiserver_request_duration_seconds',
    '[STABLE] Response latency distribution in seconds for each verb, dry run value, group, version, resource, subresource, scope and component.',
    [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60],
  );
  readonly #inflight = new NumberFamily(
    'gauge',
    'apiserver_current_inflight_requests',
    '[STABLE] Maximal number of currently used inflight request limit of this apiserver per request kind in last second.',
  );
  readonly #longRunning = new NumberFamily(
    'gauge',
    'apiserver_longrunning_requests',
    '[STABLE] Gauge of all active long-running apiserver requests broken out by verb, group, version, resource, scope and component. Not all requests are tracked this way.',
  );
  readonly #insecureLogs = new NumberFamily(
    'counter',
    'kube_apiserver_pod_logs_insecure_backend_total',
    '[ALPHA] Total number of requests for pods/logs sliced by usage type: enforce_tls, skip_tls_allowed, skip_tls_denied',
  );
  readonly #failedLogs = new NumberFamily(
    'counter',
    'kube_apiserver_pod_logs_backend_tls_failure_total',
    '[ALPHA] Total number of requests for pods/logs that failed due to kubelet server TLS verification',
  );
  readonly #commonNames = new NumberFamily(
    'counter',
    'kube_apiserver_validation_kubelet_cert_cn_total',
    '[ALPHA] Total number of comparisons of the common name of a kubelet serving certificate with its node, by status: success, failure (KEP-4872, in no release)',
  );
  readonly #families: MetricFamily[];

  constructor(storage: Storage, startedAt: Date) {
    const objects = new ReadFamily(
      'gauge',
      'apiserver_storage_objects',
      '[STABLE] Number of stored objects at the time of last check split by kind. In case of a fetching error, the value will be -1.',
      () =>
        kinds
          .filter((kind) => kind.storage === 'stored')
          .map((kind) => {
            const resource = kind.group === '' ? kind.resource : `${kind.resource}.${kind.group}`;
            let count = 0;
            for (const _object of storage.each(kind, '')) count += 1;
            return [{ resource }, count] as const;
          }),
    );
    for (const request_kind of ['mutating', 'readOnly']) this.#inflight.add({ request_kind }, 0);
    this.#failedLogs.add({}, 0);
    this.#families = [
      this.#inflight,
      this.#longRunning,
      this.#durations,
      this.#requests,
      objects,
      this.#failedLogs,
      this.#insecureLogs,
      ...processFamilies(startedAt),
    ];
  }

  /** What the way to the cluster has to tell. */
  addEgress(metrics: readonly EgressMetric[]): void {
    this.#families.push(
      ...metrics.map(({ type, name, help, read }) => new ReadFamily(type, name, help, () => [[{}, read()]])),
    );
  }

  /** Counts a request as begun; what it returns counts its end. */
  begin(info: RequestInfo, dryRun: string, begun: number): (code: number, ended: number) => void {
    const labels = labelsOf(info, dryRun);
    const longRunning = isLongRunning(info);
    const { dry_run: _dryRun, ...active } = labels;
    const request_kind = /^(get|list|watch)$/.test(info.verb) ? 'readOnly' : 'mutating';
    if (longRunning) this.#longRunning.add(active, 1);
    else this.#inflight.add({ request_kind }, 1);
    return (code, ended) => {
      if (longRunning) this.#longRunning.add(active, -1);
      else this.#inflight.add({ request_kind }, -1);
      this.#requests.add({ code: String(code), ...labels });
      this.#durations.observe(labels, (ended - begun) / 1000);
    };
  }

  podLogs(usage: 'enforce_tls' | 'skip_tls_allowed'): void {
    this.#insecureLogs.add({ usage });
  }

  podLogsTlsFailure(): void {
    this.#failedLogs.add({});
  }

  /** Not before: without the gate upstream's metric does not exist. */
  publishKubeletCommonNames(): void {
    for (const status of ['success', 'failure']) this.#commonNames.add({ status }, 0);
    this.#families.push(this.#commonNames);
  }

  kubeletCommonName(status: 'success' | 'failure'): void {
    this.#commonNames.add({ status });
  }

  render(): string {
    return `${this.#families.flatMap((family) => family.render()).join('\n')}\n`;
  }
}

/** Only what is served has labels of its own: clients must not be able to make new ones. */
function labelsOf(info: RequestInfo, dryRun: string): { readonly dry_run: string } & Labels {
  const { apiGroup, apiVersion, resource } = info;
  const known = info.isResourceRequest ? findKind(apiGroup, apiVersion, resource) : null;
  const subresource = known?.subresources.find(({ name }) => name === info.subresource)?.name ?? '';
  return {
    component: 'apiserver',
    dry_run: dryRun === 'All' ? 'All' : '',
    group: known === null ? '' : apiGroup,
    resource: known === null ? '' : resource,
    scope: known === null ? '' : scopeOf(info),
    subresource,
    verb: verbOf(info),
    version: known === null ? '' : apiVersion,
  };
}

function scopeOf({ name, namespace }: RequestInfo): string {
  if (name !== '') return 'resource';
  return namespace === '' ? 'cluster' : 'namespace';
}

function verbOf({ isResourceRequest, verb, subresource }: RequestInfo): string {
  if (!isResourceRequest)
    return /^(get|head|post|put|patch|delete)$/.test(verb) ? verb.toUpperCase() : 'other';
  if (/^(attach|exec|portforward|proxy)$/.test(subresource)) return 'CONNECT';
  switch (verb) {
    case 'create':
      return 'POST';
    case 'update':
      return 'PUT';
    case '':
      return 'other';
  }
  return verb.toUpperCase();
}

function processFamilies(startedAt: Date): MetricFamily[] {
  const one = (value: () => number) => () => [[{}, value()] as const];
  return [
    new ReadFamily(
      'counter',
      'process_cpu_seconds_total',
      'Total user and system CPU time spent in seconds.',
      one(() => {
        const { user, system } = process.cpuUsage();
        return (user + system) / 1e6;
      }),
    ),
    new ReadFamily(
      'gauge',
      'process_resident_memory_bytes',
      'Resident memory size in bytes.',
      one(() => process.memoryUsage.rss()),
    ),
    new ReadFamily(
      'gauge',
      'process_start_time_seconds',
      'Start time of the process since unix epoch in seconds.',
      one(() => startedAt.getTime() / 1000),
    ),
  ];
}

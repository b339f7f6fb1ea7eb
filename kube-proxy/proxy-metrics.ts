import { emulatedKubernetes } from '../version';

/** What kube-proxy counts, as far as the lab has true numbers for it. Source: pkg/proxy/metrics/metrics.go. */
export class ProxyMetrics {
  readonly #startedAt: Date;
  readonly #buckets = Array.from({ length: 15 }, (_, power) => 0.001 * 2 ** power);
  readonly #durations: number[] = [];
  #durationSum = 0;
  #durationCount = 0;
  readonly #codes = { healthz: new Map<number, number>(), livez: new Map<number, number>() };
  serviceChanges = 0;
  endpointChanges = 0;
  lastQueued: Date | null = null;
  lastSynced: Date | null = null;
  noLocalEndpoints = { internal: 0, external: 0 };
  syncFailures = 0;

  constructor(startedAt: Date) {
    this.#startedAt = startedAt;
    this.#durations = this.#buckets.map(() => 0);
  }

  syncTook(seconds: number): void {
    this.#durationCount += 1;
    this.#durationSum += seconds;
    this.#buckets.forEach((bound, index) => {
      if (seconds <= bound) this.#durations[index] = (this.#durations[index] ?? 0) + 1;
    });
  }

  answered(path: 'healthz' | 'livez', code: number): void {
    const codes = this.#codes[path];
    codes.set(code, (codes.get(code) ?? 0) + 1);
  }

  /** The text format of Prometheus. */
  text(): string {
    const { internal, external } = this.noLocalEndpoints;
    const codes = (path: 'healthz' | 'livez'): Sample[] =>
      [...this.#codes[path]].map(([code, count]) => [`{code="${code}"}`, count]);
    const duration = 'sync_proxy_rules_duration_seconds';
    return [
      kubeProxy('proxy_healthz_total', 'counter', 'Cumulative proxy healthz HTTP status', codes('healthz')),
      kubeProxy('proxy_livez_total', 'counter', 'Cumulative proxy livez HTTP status', codes('livez')),
      kubeProxy(duration, 'histogram', 'SyncProxyRules latency in seconds', [
        ...this.#buckets.map(
          (bound, index): Sample => [`_bucket{le="${bound}"}`, this.#durations[index] ?? 0],
        ),
        ['_bucket{le="+Inf"}', this.#durationCount],
        ['_sum', this.#durationSum],
        ['_count', this.#durationCount],
      ]),
      kubeProxy(
        'sync_proxy_rules_endpoint_changes_total',
        'counter',
        'Cumulative proxy rules Endpoint changes',
        [['', this.endpointChanges]],
      ),
      kubeProxy(
        'sync_proxy_rules_last_queued_timestamp_seconds',
        'gauge',
        'The last time a sync of proxy rules was queued',
        [['', seconds(this.lastQueued)]],
      ),
      kubeProxy(
        'sync_proxy_rules_last_timestamp_seconds',
        'gauge',
        'The last time proxy rules were successfully synced',
        [['', seconds(this.lastSynced)]],
      ),
      kubeProxy(
        'sync_proxy_rules_nftables_sync_failures_total',
        'counter',
        'Cumulative proxy nftables sync failures',
        [['', this.syncFailures]],
      ),
      kubeProxy(
        'sync_proxy_rules_no_local_endpoints_total',
        'gauge',
        'Number of services with a Local traffic policy and no endpoints',
        [
          ['{traffic_policy="external"}', external],
          ['{traffic_policy="internal"}', internal],
        ],
      ),
      kubeProxy(
        'sync_proxy_rules_service_changes_total',
        'counter',
        'Cumulative proxy rules Service changes',
        [['', this.serviceChanges]],
      ),
      family('kubernetes_build_info', 'gauge', "A metric with a constant '1' value labeled by version.", [
        [`{git_version="${emulatedKubernetes}",major="1",minor="33",platform="linux/amd64"}`, 1],
      ]),
      family(
        'process_start_time_seconds',
        'gauge',
        'Start time of the process since unix epoch in seconds.',
        [['', seconds(this.#startedAt)]],
      ),
    ].join('');
  }
}

type Sample = readonly [suffix: string, value: number];
type FamilyType = 'counter' | 'gauge' | 'histogram';

function kubeProxy(name: string, type: FamilyType, help: string, samples: readonly Sample[]): string {
  return family(`kubeproxy_${name}`, type, help, samples);
}

function family(name: string, type: FamilyType, help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return '';
  const lines = samples.map(([suffix, value]) => `${name}${suffix} ${value}\n`);
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function seconds(date: Date | null): number {
  return date === null ? 0 : date.getTime() / 1000;
}

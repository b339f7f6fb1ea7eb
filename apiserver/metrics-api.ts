import type { KubeNode, KubeObject, Pod } from '../api/objects';

/**
 * metrics.k8s.io/v1beta1, computed from what the kubelets' /metrics/resource say. Pure.
 * Source: kubernetes-sigs/metrics-server pkg/{scraper/client/resource/decode.go, storage/node.go, storage/pod.go, api}.
 */
export interface Sample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  /** When it began to count; null when that is not known. */
  readonly since: number | null;
}

export interface NodeSamples {
  readonly node: Sample | null;
  /** By `namespace/pod/container`. */
  readonly containers: ReadonlyMap<string, Sample>;
}

/** The last scrape of a node and the one that it is compared with. */
export interface NodeHistory {
  readonly latest: NodeSamples;
  readonly before: NodeSamples | null;
}

const LINE = /^([a-z_]+)(?:\{([^}]*)\})? (\S+)(?: (\d+))?$/;

/** The families that the metrics server reads; everything else is passed over. */
export function parseResourceMetrics(text: string, now: number): NodeSamples {
  const node: Partial<Record<keyof Sample, number>> = {};
  const containers = new Map<string, Partial<Record<keyof Sample, number>>>();
  for (const line of text.split('\n')) {
    const match = LINE.exec(line);
    const value = Number(match?.[3]);
    if (match === null || !Number.isFinite(value)) continue;
    const [, name = '', labelText = '', , at] = match;
    const field = FIELDS[name];
    if (field === undefined) continue;
    let sample = node;
    if (name.startsWith('container_')) {
      const labels = labelsOf(labelText);
      const key = `${labels['namespace']}/${labels['pod']}/${labels['container']}`;
      sample = containers.get(key) ?? {};
      containers.set(key, sample);
    }
    sample[field] = field === 'since' ? value * 1000 : value;
    if (at !== undefined) sample.at = Number(at);
  }
  const whole = [...containers].flatMap(([key, it]) => {
    const sample = complete(it, now);
    return sample === null ? [] : [[key, sample] as const];
  });
  return { node: complete(node, now), containers: new Map(whole) };
}

const FIELDS: Readonly<Record<string, keyof Sample>> = {
  node_cpu_usage_seconds_total: 'cpuSeconds',
  node_memory_working_set_bytes: 'memoryBytes',
  container_cpu_usage_seconds_total: 'cpuSeconds',
  container_memory_working_set_bytes: 'memoryBytes',
  container_start_time_seconds: 'since',
};

function labelsOf(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
}

function complete(
  { at, cpuSeconds, memoryBytes, since }: Partial<Record<keyof Sample, number>>,
  now: number,
): Sample | null {
  if (cpuSeconds === undefined || memoryBytes === undefined) return null;
  return { at: at ?? now, cpuSeconds, memoryBytes, since: since ?? null };
}

interface Usage {
  readonly timestamp: string;
  readonly window: string;
  readonly usage: { readonly cpu: string; readonly memory: string };
}

/** Null while there is nothing to compare with: a counter needs two points, or a beginning. */
function usageOf(latest: Sample | undefined | null, before: Sample | undefined | null): Usage | null {
  if (latest === undefined || latest === null) return null;
  const comparable = before != null && before.at < latest.at && before.cpuSeconds <= latest.cpuSeconds;
  const from = comparable
    ? { at: before.at, cpuSeconds: before.cpuSeconds }
    : latest.since === null
      ? null
      : { at: latest.since, cpuSeconds: 0 };
  if (from === null || latest.at <= from.at) return null;
  const windowMs = latest.at - from.at;
  const nanocores = Math.round(((latest.cpuSeconds - from.cpuSeconds) / windowMs) * 1e12);
  return {
    timestamp: new Date(latest.at).toISOString().replace(/\.\d+Z$/, 'Z'),
    window: `${windowMs / 1000}s`,
    usage: { cpu: nanocores === 0 ? '0' : `${nanocores}n`, memory: memoryText(latest.memoryBytes) },
  };
}

function memoryText(bytes: number): string {
  return bytes !== 0 && bytes % 1024 === 0 ? `${bytes / 1024}Ki` : String(bytes);
}

/** Null: the node has not been heard of. */
export function nodeMetrics(node: KubeNode, history: NodeHistory | undefined): KubeObject | null {
  if (history === undefined) return null;
  const usage = usageOf(withBeginning(history.latest), history.before?.node);
  return usage === null ? null : { ...heading('NodeMetrics', node, usage), ...usage };
}

/**
 * A kubelet does not say since when it counts for its node. The metrics server therefore shows nothing of a node before
 * its second scrape; here the counter begins with the first of the containers that it is the sum of.
 */
function withBeginning({ node, containers }: NodeSamples): Sample | null {
  const beginnings = [...containers.values()].flatMap((it) => it.since ?? []);
  if (node === null || beginnings.length === 0) return node;
  return { ...node, since: Math.min(...beginnings) };
}

/** Null: nothing of the pod runs, or its node has not been heard of. */
export function podMetrics(pod: Pod, history: NodeHistory | undefined): KubeObject | null {
  if (history === undefined) return null;
  const names = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].map((it) => it.name);
  const containers = names.flatMap((name) => {
    const key = `${pod.metadata.namespace ?? 'default'}/${pod.metadata.name}/${name}`;
    const usage = usageOf(history.latest.containers.get(key), history.before?.containers.get(key));
    return usage === null ? [] : [{ name, ...usage }];
  });
  const [first] = containers;
  if (first === undefined) return null;
  return {
    ...heading('PodMetrics', pod, first),
    timestamp: first.timestamp,
    window: first.window,
    containers: containers.map(({ name, usage }) => ({ name, usage })),
  };
}

function heading(kind: string, { metadata }: KubeObject, { timestamp }: Usage) {
  const { name, namespace, labels } = metadata;
  return {
    apiVersion: 'metrics.k8s.io/v1beta1',
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      creationTimestamp: timestamp,
      ...(labels === undefined ? {} : { labels }),
    },
  };
}

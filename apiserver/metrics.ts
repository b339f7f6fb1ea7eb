/**
 * Counters, gauges and histograms in Prometheus' text format (version 0.0.4), with upstream's names.
 * Source: k8s.io/apiserver pkg/endpoints/metrics/metrics.go, k8s.io/component-base/metrics.
 */
export type Labels = Readonly<Record<string, string>>;

export interface MetricFamily {
  render(): string[];
}

/** A number per combination of labels that only grows, or goes up and down. */
export class NumberFamily implements MetricFamily {
  readonly #name: string;
  readonly #help: string;
  readonly #type: 'counter' | 'gauge';
  readonly #values = new Map<string, number>();

  constructor(type: 'counter' | 'gauge', name: string, help: string) {
    this.#type = type;
    this.#name = name;
    this.#help = help;
  }

  add(labels: Labels, amount = 1): void {
    const key = labelText(labels);
    this.#values.set(key, (this.#values.get(key) ?? 0) + amount);
  }

  render(): string[] {
    const lines = [...this.#values].sort().map(([labels, value]) => `${this.#name}${labels} ${value}`);
    return [...heading(this.#name, this.#help, this.#type), ...lines];
  }
}

/** Its numbers are asked for when somebody reads them. */
export class ReadFamily implements MetricFamily {
  readonly #name: string;
  readonly #help: string;
  readonly #type: 'counter' | 'gauge';
  readonly #read: () => Iterable<readonly [Labels, number]>;

  constructor(
    type: 'counter' | 'gauge',
    name: string,
    help: string,
    read: () => Iterable<readonly [Labels, number]>,
  ) {
    this.#type = type;
    this.#name = name;
    this.#help = help;
    this.#read = read;
  }

  render(): string[] {
    const lines = [...this.#read()].map(([labels, value]) => `${this.#name}${labelText(labels)} ${value}`);
    return [...heading(this.#name, this.#help, this.#type), ...lines];
  }
}

interface Distribution {
  readonly labels: Labels;
  readonly counts: number[];
  sum: number;
  count: number;
}

export class HistogramFamily implements MetricFamily {
  readonly #name: string;
  readonly #help: string;
  readonly #bounds: readonly number[];
  readonly #values = new Map<string, Distribution>();

  /** `bounds` are upper ones, in order. */
  constructor(name: string, help: string, bounds: readonly number[]) {
    this.#name = name;
    this.#help = help;
    this.#bounds = bounds;
  }

  observe(labels: Labels, value: number): void {
    const key = labelText(labels);
    const known = this.#values.get(key) ?? { labels, counts: this.#bounds.map(() => 0), sum: 0, count: 0 };
    this.#values.set(key, known);
    const at = this.#bounds.findIndex((bound) => value <= bound);
    if (at !== -1) known.counts[at] = (known.counts[at] ?? 0) + 1;
    known.sum += value;
    known.count += 1;
  }

  render(): string[] {
    const lines = [...this.#values].sort().flatMap(([key, { labels, counts, sum, count }]) => {
      let below = 0;
      const buckets = this.#bounds.map((bound, at) => {
        below += counts[at] ?? 0;
        return `${this.#name}_bucket${labelText({ ...labels, le: String(bound) })} ${below}`;
      });
      const all = `${this.#name}_bucket${labelText({ ...labels, le: '+Inf' })} ${count}`;
      return [...buckets, all, `${this.#name}_sum${key} ${sum}`, `${this.#name}_count${key} ${count}`];
    });
    return [...heading(this.#name, this.#help, 'histogram'), ...lines];
  }
}

function heading(name: string, help: string, type: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

function labelText(labels: Labels): string {
  const entries = Object.entries(labels);
  if (entries.length === 0) return '';
  const escaped = (value: string) => value.replace(/\\/g, '\\\\').replace(/\n/g, '\\n').replace(/"/g, '\\"');
  return `{${entries.map(([name, value]) => `${name}="${escaped(value)}"`).join(',')}}`;
}

import type { KubeNode } from '../api/objects';
import type { Host } from '../network/network';
import { joinHostPort } from '../network/network';
import { readSome } from '../network/read-some';
import { roundTrip } from './backend';
import type { KubeletTransport } from './kubelet-transport';
import { type NodeHistory, type NodeSamples, parseResourceMetrics } from './metrics-api';
import { kindOf } from './registry';
import type { Storage } from './storage';

/**
 * Asks the kubelets for /metrics/resource when somebody wants to know, and not again within a few seconds. The requests
 * go the way of every request to a kubelet: verified when --kubelet-certificate-authority is set, else nobody is.
 * A kubelet that does not answer is left out, as the metrics server does.
 */
export interface MetricsScraperOptions {
  readonly host: Host;
  readonly storage: Storage;
  readonly kubelets: KubeletTransport;
  readonly now: () => Date;
}

const FRESH_MS = 5_000;
/** Two scrapes nearer to each other than this say little about a rate. */
const LEAST_WINDOW_MS = 10_000;
/** metrics-server, --metric-resolution less its margin. */
const ANSWER_WITHIN_MS = 10_000;
const MOST_BYTES = 4 * 1024 * 1024;

export class MetricsScraper {
  readonly #options: MetricsScraperOptions;
  readonly #histories = new Map<string, NodeHistory>();
  #scrapedAt = Number.NEGATIVE_INFINITY;
  #scraping: Promise<void> | null = null;

  constructor(options: MetricsScraperOptions) {
    this.#options = options;
  }

  /** By the name of the node. */
  async histories(): Promise<ReadonlyMap<string, NodeHistory>> {
    const now = this.#options.now().getTime();
    if (this.#scraping === null && now - this.#scrapedAt >= FRESH_MS) {
      this.#scraping = this.#scrapeAll(now).finally(() => {
        this.#scraping = null;
      });
    }
    await this.#scraping;
    return this.#histories;
  }

  async #scrapeAll(now: number): Promise<void> {
    const nodes = this.#options.storage.list(kindOf('nodes'), '') as KubeNode[];
    const names = new Set(nodes.map((it) => it.metadata.name));
    for (const name of this.#histories.keys()) if (!names.has(name)) this.#histories.delete(name);
    await Promise.all(
      nodes.map(async (node) => {
        const { name } = node.metadata;
        const latest = await this.#scrape(node, now);
        if (latest === null) this.#histories.delete(name);
        else this.#histories.set(name, historyWith(this.#histories.get(name), latest));
      }),
    );
    this.#scrapedAt = now;
  }

  async #scrape(node: KubeNode, now: number): Promise<NodeSamples | null> {
    const { host, kubelets } = this.#options;
    const located = kubelets.locate(node);
    if (located.kind === 'no-address') return null;
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), ANSWER_WITHIN_MS);
    try {
      const answer = await roundTrip(
        { host, connection: null, path: 'metrics' },
        kubelets.backend(located),
        {
          method: 'GET',
          path: '/metrics/resource',
          headers: [
            ['Host', joinHostPort(located.address, located.port)],
            ['User-Agent', 'Go-http-client/1.1'],
          ],
        },
        { signal: late.signal },
      );
      if (answer.kind === 'refusal') return null;
      if (answer.status !== 200) {
        answer.body.destroy();
        return null;
      }
      return parseResourceMetrics(await readSome(answer.body, MOST_BYTES), now);
    } finally {
      clearTimeout(timer);
    }
  }
}

function historyWith(known: NodeHistory | undefined, latest: NodeSamples): NodeHistory {
  if (known === undefined) return { latest, before: null };
  const apart = (latest.node?.at ?? 0) - (known.latest.node?.at ?? 0);
  return { latest, before: apart >= LEAST_WINDOW_MS ? known.latest : known.before };
}

import { setMaxListeners } from 'node:events';
import type { Logger } from 'pino';
import type { KubeNode } from '../api/objects';
import { type Clock, systemClock } from '../client/clock';
import { EventRecorder } from '../client/event-recorder';
import { Informer } from '../client/informer';
import { KubeClient, type KubeClientOptions } from '../client/kube-client';
import { cidrContains, parseCidr } from '../network/cidr';
import type { Endpoint, Host } from '../network/network';
import type { ProxyBackend } from './backend';
import { configurationOf } from './configuration';
import type { ProxiedSlice } from './endpoint-slices';
import { planServices } from './plan-services';
import { ProxyHealth } from './proxy-health';
import { ProxyMetrics } from './proxy-metrics';
import { type PlainServer, serveHealthz, serveMetrics } from './proxy-server';
import { type PlannedPort, type ProxiedService, usesLocalEndpoints } from './service-port';
import { defaultSettings, type KubeProxySettings } from './settings';
import { SyncRunner } from './sync-runner';
import type { TrafficSettings } from './traffic-settings';

/**
 * The service proxy of one node: a client of the apiserver that watches Services and EndpointSlices and writes what
 * follows from them into its node. It writes nothing to the apiserver but an event. Whoever stands between the two and is
 * believed decides where every service of the node leads.
 */
export interface KubeProxyOptions {
  /** With `from`, the machine whose ports are served and whose addresses are those of node ports. */
  readonly client: KubeClientOptions;
  readonly nodeName: string;
  readonly backend: ProxyBackend;
  /** What is not said here is upstream's default. */
  readonly settings?: Partial<KubeProxySettings>;
  readonly log: Logger;
  readonly clock?: Clock;
}

export interface KubeProxy extends AsyncDisposable {
  /** Null for a port that is not served. */
  readonly healthzAt: Endpoint | null;
  readonly metricsAt: Endpoint | null;
  /** Resolves when the rules follow from the first lists. */
  readonly synced: Promise<void>;
  /** Resolves when what the proxy knows, and was told by rules of others, fulfils the condition. */
  until(condition: (plan: readonly PlannedPort[]) => boolean): Promise<void>;
  /** Ends watching and the ports; the rules stay, as upstream's do. Idempotent. */
  close(): Promise<void>;
}

/** Source: cmd/kube-proxy/app/server.go (Run). */
const SELECTOR = encodeURIComponent(
  '!service.kubernetes.io/headless,!service.kubernetes.io/service-proxy-name',
);

/** Throws MidplaneError LISTEN_FAILED when one of its ports is taken. */
export async function startKubeProxy(options: KubeProxyOptions): Promise<KubeProxy> {
  const proxy = new NodeProxy(options);
  try {
    await proxy.listen();
  } catch (error) {
    await proxy.close();
    throw error;
  }
  proxy.begin();
  return proxy;
}

class NodeProxy implements KubeProxy {
  readonly #options: KubeProxyOptions;
  readonly #settings: KubeProxySettings;
  readonly #client: KubeClient;
  readonly #host: Host;
  readonly #services: Informer<ProxiedService>;
  readonly #slices: Informer<ProxiedSlice>;
  readonly #node: Informer<KubeNode>;
  readonly #events: EventRecorder;
  readonly #health: ProxyHealth;
  readonly #metrics: ProxyMetrics;
  readonly #runner: SyncRunner;
  readonly #stop = new AbortController();
  readonly #servers: PlainServer[] = [];
  readonly #waiting = new Set<{ condition: (plan: readonly PlannedPort[]) => boolean; met: () => void }>();
  #plan: readonly PlannedPort[] | null = null;
  #closing: Promise<void> | null = null;
  healthzAt: Endpoint | null = null;
  metricsAt: Endpoint | null = null;

  constructor(options: KubeProxyOptions) {
    const { nodeName, log, clock = systemClock } = options;
    this.#options = options;
    this.#settings = { ...defaultSettings, ...options.settings };
    this.#client = new KubeClient(options.client);
    this.#host = options.client.from;
    const { signal } = this.#stop;
    setMaxListeners(0, signal);
    const client = this.#client;
    this.#services = new Informer({ client, path: `/api/v1/services?labelSelector=${SELECTOR}`, log });
    const slices = `/apis/discovery.k8s.io/v1/endpointslices?labelSelector=${SELECTOR}`;
    this.#slices = new Informer({ client, path: slices, log });
    const byName = encodeURIComponent(`metadata.name=${nodeName}`);
    this.#node = new Informer({ client, path: `/api/v1/nodes?fieldSelector=${byName}`, log });
    this.#events = new EventRecorder({ client, component: 'kube-proxy', host: nodeName, clock, log, signal });
    const startedAt = clock.now();
    this.#health = new ProxyHealth({
      clock: {
        now: () => clock.now(),
        monotonicSeconds: () => (clock.now().getTime() - startedAt.getTime()) / 1000,
      },
      timeoutMs: 2 * this.#settings.syncPeriodMs,
    });
    this.#metrics = new ProxyMetrics(startedAt);
    this.#runner = new SyncRunner({
      sync: () => this.#sync(),
      failed: (error) => {
        this.#metrics.syncFailures += 1;
        log.error({ err: error, retryInMs: this.#settings.syncPeriodMs }, 'sync failed');
      },
      minSyncPeriodMs: this.#settings.minSyncPeriodMs,
      syncPeriodMs: this.#settings.syncPeriodMs,
    });
  }

  async listen(): Promise<void> {
    const { healthz, metrics } = this.#settings;
    if (healthz !== null) {
      const server = await serveHealthz(this.#host, healthz, this.#health, this.#metrics);
      this.#servers.push(server);
      this.healthzAt = server.at;
    }
    if (metrics !== null) {
      const server = await serveMetrics(this.#host, metrics, {
        health: this.#health,
        metrics: this.#metrics,
        configz: () => configurationOf(this.#settings),
      });
      this.#servers.push(server);
      this.metricsAt = server.at;
    }
  }

  begin(): void {
    const { nodeName } = this.#options;
    // As kube-proxy names it: a Node whose uid is its name (cmd/kube-proxy/app/server.go, NodeRef).
    const about = { apiVersion: 'v1', kind: 'Node', name: nodeName, uid: nodeName };
    this.#events.event(about, 'Normal', 'Starting', '');
    void Promise.all([this.#services.synced, this.#slices.synced, this.#node.synced]).then(() => {
      if (this.#stop.signal.aborted) return;
      this.#services.listen(() => this.#changed('serviceChanges'));
      this.#slices.listen(() => this.#changed('endpointChanges'));
      this.#node.listen((node) => {
        if (node !== null) this.#health.syncNode(node);
        this.#changed(null);
      });
      this.#runner.start();
    });
  }

  get synced(): Promise<void> {
    return this.until(() => true);
  }

  async until(condition: (plan: readonly PlannedPort[]) => boolean): Promise<void> {
    if (this.#plan !== null && condition(this.#plan)) return;
    await new Promise<void>((resolve, reject) => {
      const { signal } = this.#stop;
      const ended = (): void => {
        this.#waiting.delete(entry);
        reject(new Error(`the kube-proxy of "${this.#options.nodeName}" was closed`));
      };
      const entry = {
        condition,
        met: () => {
          signal.removeEventListener('abort', ended);
          resolve();
        },
      };
      this.#waiting.add(entry);
      signal.addEventListener('abort', ended, { once: true });
      if (signal.aborted) ended();
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#stop.abort();
    await this.#runner.close();
    await Promise.all([this.#services, this.#slices, this.#node].map((informer) => informer.close()));
    await this.#events.idle();
    await Promise.all(this.#servers.map((server) => server.close()));
    await this.#client.close();
  }

  #changed(counter: 'serviceChanges' | 'endpointChanges' | null): void {
    if (counter !== null) this.#metrics[counter] += 1;
    this.#metrics.lastQueued = this.#now();
    this.#health.queued();
    this.#runner.run();
  }

  async #sync(): Promise<void> {
    const began = performance.now();
    const plan = planServices(this.#services.list(), this.#slices.list(), this.#options.nodeName);
    await this.#options.backend.apply(plan, this.#trafficSettings());
    this.#plan = plan;
    this.#health.updated();
    this.#metrics.lastSynced = this.#now();
    this.#metrics.noLocalEndpoints = noLocalEndpoints(plan);
    this.#metrics.syncTook((performance.now() - began) / 1000);
    this.#options.log.debug({ ports: plan.length }, 'rules written');
    for (const entry of [...this.#waiting]) {
      if (!entry.condition(plan)) continue;
      this.#waiting.delete(entry);
      entry.met();
    }
  }

  #trafficSettings(): TrafficSettings {
    const { clusterCidrs, masqueradeAll, masqueradeBit, nodePortAddresses } = this.#settings;
    const nodeIp = this.#nodeIp();
    const own = this.#host.addresses.filter((address) => !address.startsWith('127.'));
    const chosen =
      nodePortAddresses === 'primary'
        ? [nodeIp].filter((address) => address !== '')
        : own.filter((address) => nodePortAddresses.some((cidr) => cidrContains(parseCidr(cidr), address)));
    return { clusterCidrs, masqueradeAll, masqueradeBit, nodePortAddresses: chosen, nodeIp };
  }

  /** Source: pkg/util/node (GetNodeHostIPs): the internal address foremost. */
  #nodeIp(): string {
    const addresses = this.#node.list()[0]?.status?.addresses ?? [];
    const of = (wanted: string): string | undefined => addresses.find(({ type }) => type === wanted)?.address;
    return of('InternalIP') ?? of('ExternalIP') ?? '';
  }

  #now(): Date {
    return (this.#options.clock ?? systemClock).now();
  }
}

function noLocalEndpoints(plan: readonly PlannedPort[]): { internal: number; external: number } {
  const missing = plan.filter(
    (port) => port.hasEndpoints && usesLocalEndpoints(port) && port.localEndpoints.length === 0,
  );
  return {
    internal: missing.filter((port) => port.internalPolicyLocal).length,
    external: missing.filter((port) => port.externalPolicyLocal).length,
  };
}

import type { Logger } from 'pino';
import type { NodeAddress, Pod } from '../api/objects';
import { type Clock, systemClock } from '../client/clock';
import { EventRecorder } from '../client/event-recorder';
import { type EventSink, noEvents } from '../client/event-reference';
import type { KubeClient } from '../client/kube-client';
import { MidplaneError } from '../error';
import type { Endpoint, Host } from '../network/network';
import { inTurn, type Randomness, systemRandomness } from '../randomness';
import type { KeyPair } from '../wire/pem';
import { BackOff } from './back-off';
import { SERVING_SIGNER } from './bootstrap';
import { CertificateManager } from './certificate-manager';
import { type CertificateStore, memoryStore } from './certificate-store';
import {
  type ApiserverAccess,
  type ClientCredential,
  clientOf,
  whenAvailable,
  withoutCredential,
} from './client-credential';
import type { SimulatedContainer } from './containers/simulated-container';
import { identifier } from './identify';
import { ImageStore } from './image-store';
import { RequestCounter } from './metrics';
import { NodeAgent } from './node-agent';
import { CAPACITY } from './node-status';
import { apiserverSource, noSource } from './object-source';
import type { PodCondition } from './pod-conditions';
import { podStatus } from './pod-status';
import { PodWorkers } from './pod-workers';
import { retrying } from './retry-review';
import { accessReviewer, type PostReview, tokenReviewer } from './reviews';
import { type PodSandbox, podKey, type RunningPod } from './running-pod';
import { KubeletServer } from './server';
import { servingTemplate } from './serving-template';
import { type KubeletSettings, needsApiserver } from './settings';
import { setVerbosity } from './verbosity';

export type { SimulatedContainer } from './containers/simulated-container';
export type { PodSandbox } from './running-pod';

export interface KubeletOptions {
  readonly host: Host;
  readonly nodeName: string;
  readonly config: KubeletSettings;
  /** Null: a kubelet by itself, which runs `staticPods` and asks nobody. */
  readonly apiserver: ApiserverAccess | null;
  readonly sandbox: PodSandbox;
  /**
   * Null: TLS handshakes fail with the alert internal_error until `replaceServingKeyPair`, or, with serverTLSBootstrap, until
   * the cluster has signed one, which is then kept in `servingStore`.
   */
  readonly servingKeyPair: KeyPair | null;
  /** Default: in memory. */
  readonly servingStore?: CertificateStore;
  /** The content of the client CA file; null: no client certificate is asked for. */
  readonly clientCaPem: string | null;
  /** The certificate of the https listener of a pod with a web server; null for no such listener. */
  readonly webKeyPair?: (pod: Pod) => Promise<KeyPair | null>;
  readonly staticPods?: readonly Pod[];
  readonly log: Logger;
  /** What pods, probes and leases go by. */
  readonly clock?: Clock;
  /** Where its keys and the identifiers of its containers come from. Default: the system's. */
  readonly random?: Randomness;
  /** How long the apiserver may take to accept the Node; null: as long as it takes. */
  readonly readyWithinMs?: number | null;
  /** Aborted while it starts: everything is closed and the start rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface Kubelet extends AsyncDisposable {
  readonly nodeName: string;
  /** Where the TLS port is. */
  readonly at: Endpoint;
  container(namespace: string, pod: string, container: string): SimulatedContainer | null;
  /** Resolves when every container of the pod runs and the apiserver has taken note. */
  whenRunning(namespace: string, pod: string, options?: { withinMs?: number }): Promise<void>;
  replaceServingKeyPair(keyPair: KeyPair | null): void;
  /** Settles when it cannot go on: its client certificate is gone or over, and the apiserver gives it no other. */
  readonly failed: Promise<MidplaneError>;
  /** Stops everything. Idempotent. */
  close(): Promise<void>;
}

const READY_WITHIN_MS = 30_000;
const RUNNING_WITHIN_MS = 30_000;

/**
 * Starts a node agent. Resolves when its port is open, and, with an apiserver, when its Node is registered and Ready.
 * Throws MidplaneError: LISTEN_FAILED, CONFIG_INVALID, PEM_INVALID, or TIME_LIMIT when the apiserver does not accept it;
 * and what the signal was aborted with.
 */
export async function startKubelet(options: KubeletOptions): Promise<Kubelet> {
  const kubelet = new LabKubelet(options);
  try {
    await kubelet.start();
  } catch (error) {
    await kubelet.close();
    throw error;
  }
  return kubelet;
}

class LabKubelet implements Kubelet {
  readonly nodeName: string;
  readonly failed: Promise<MidplaneError>;
  readonly #options: KubeletOptions;
  readonly #pods: PodWorkers;
  readonly #server: KubeletServer;
  readonly #client: KubeClient | null;
  readonly #hostIp: string;
  readonly #credential: ClientCredential | null;
  readonly #clock: Clock;
  readonly #randomFor: (label: string) => Randomness;
  readonly #images: ImageStore;
  readonly #events: EventSink;
  readonly #stopped = new AbortController();
  readonly #waiting = new Set<() => void>();
  /** Pods whose running status the apiserver has accepted, by uid. */
  readonly #accepted = new Map<string, string>();
  #agent: NodeAgent | null = null;
  #serving: CertificateManager | null = null;
  #addresses: readonly NodeAddress[] = [];
  #at: Endpoint | null = null;
  #closing: Promise<void> | null = null;

  constructor(options: KubeletOptions) {
    const { host, config, apiserver, log, nodeName } = options;
    const clock = options.clock ?? systemClock;
    const now = (): Date => clock.now();
    if (apiserver === null && needsApiserver(config)) {
      const what = config.authorization.mode === 'Webhook' ? 'authorization' : 'authentication';
      throw new MidplaneError('CONFIG_INVALID', `no client provided, cannot use webhook ${what}`, {
        hint: 'name an apiserver with --kubeconfig, or turn webhook authentication and authorization off',
      });
    }
    if (config.verbosity > 0) setVerbosity(String(config.verbosity), log);
    this.#options = options;
    this.nodeName = nodeName;
    this.#hostIp = addressOf(config, host);
    const certificate = apiserver?.clientCertificate;
    this.#credential = certificate !== undefined && 'current' in certificate ? certificate : null;
    this.#client = apiserver === null ? null : clientOf(host, apiserver);
    this.#clock = clock;
    this.#randomFor = inTurn(options.random ?? systemRandomness);
    this.#images = new ImageStore(clock);
    const { signal } = this.#stopped;
    this.#events =
      this.#client === null
        ? noEvents
        : new EventRecorder({
            client: this.#client,
            component: 'kubelet',
            host: nodeName,
            clock,
            log,
            signal,
          });
    this.#pods = new PodWorkers({
      node: host,
      sandbox: options.sandbox,
      hostIp: this.#hostIp,
      allocatable: CAPACITY,
      webKeyPair: options.webKeyPair ?? (async () => null),
      clock,
      log,
      randomFor: this.#randomFor,
      events: this.#events,
      source: this.#client === null ? noSource : apiserverSource(this.#client, signal, now),
      images: this.#images,
      crashBackOff: new BackOff(),
      onChange: (running) => this.#changed(running),
    });
    const post = retrying(this.#post, (ms) => clock.pause(ms, signal));
    this.#server = new KubeletServer({
      host,
      node: {
        nodeName,
        hostIp: this.#hostIp,
        settings: config,
        pods: this.#pods,
        startedAt: now(),
        requests: new RequestCounter(),
        now,
        log,
      },
      identify: identifier({
        settings: config.authentication,
        clientCaPem: options.clientCaPem,
        reviewToken: tokenReviewer(post, config.authentication.webhook),
        now,
      }),
      check: accessReviewer(post, config.authorization.webhook),
      servingKeyPair: options.servingKeyPair,
      currentKeyPair: () => this.#serving?.current(),
      clientCaPem: options.clientCaPem,
      log,
    });
    this.failed = this.#watchCredential();
  }

  get at(): Endpoint {
    if (this.#at === null) throw new Error('the kubelet does not listen yet');
    return this.#at;
  }

  async start(): Promise<void> {
    const { config, host, log } = this.#options;
    this.#options.signal?.throwIfAborted();
    await this.#startServingCertificate();
    if (config.enableServer) {
      const { port } = await this.#server.listen();
      this.#at = { address: this.#hostIp, port };
    } else this.#at = { address: this.#hostIp, port: 0 };
    for (const pod of this.#options.staticPods ?? []) this.#pods.run(pod);
    if (this.#client === null) return;
    const kubeletPort = this.#at.port;
    const credential = this.#credential;
    this.#agent = new NodeAgent({
      client: this.#client,
      ...(credential === null ? {} : { mayBegin: whenAvailable(credential) }),
      node: {
        nodeName: this.nodeName,
        get address() {
          return addressOf(config, host);
        },
        hostname: this.nodeName,
        labels: config.nodeLabels,
        kubeletPort,
      },
      onAddresses: (addresses) => {
        this.#addresses = addresses;
        this.#serving?.templateMayHaveChanged();
      },
      pods: this.#pods,
      imagesOf: () => this.#images.list,
      statusOf: (running) => podStatus(running, this.#hostIp, this.#clock.now()),
      clock: this.#clock,
      events: this.#events,
      log,
      onAccepted: (running, status) => this.#noteAccepted(running, status),
    });
    const { readyWithinMs = READY_WITHIN_MS, signal } = this.#options;
    const agent = this.#agent;
    const overdue = (): MidplaneError => {
      const waited = `node "${this.nodeName}" was not registered within ${(readyWithinMs ?? 0) / 1000} s`;
      return new MidplaneError('TIME_LIMIT', `${waited}: ${agent.problem}`, {
        hint: `is the apiserver running and reachable from ${host.name}, and does it accept the kubelet's certificate?`,
      });
    };
    await within(agent.ready, readyWithinMs, overdue, signal);
  }

  container(namespace: string, pod: string, container: string): SimulatedContainer | null {
    return this.#pods.find(namespace, pod)?.containers.get(container) ?? null;
  }

  async whenRunning(
    namespace: string,
    pod: string,
    { withinMs = RUNNING_WITHIN_MS }: { withinMs?: number } = {},
  ): Promise<void> {
    const changed = new Set<() => void>();
    const running = new Promise<void>((resolve) => {
      const look = (): void => {
        if (this.#isRunning(namespace, pod)) resolve();
      };
      changed.add(look);
      this.#waiting.add(look);
      look();
    });
    try {
      await within(running, withinMs, () => this.#notRunning(namespace, pod, withinMs));
    } finally {
      for (const look of changed) this.#waiting.delete(look);
    }
  }

  replaceServingKeyPair(keyPair: KeyPair | null): void {
    this.#server.replaceKeyPair(keyPair);
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    this.#stopped.abort();
    await this.#agent?.close();
    await this.#serving?.close();
    await this.#server.close();
    await this.#pods.close();
    await this.#client?.close();
  }

  /** Source: pkg/kubelet/kubelet.go (serverCertificateManager). */
  async #startServingCertificate(): Promise<void> {
    const { config, servingKeyPair, servingStore, apiserver, host, log } = this.#options;
    if (!config.serverTLSBootstrap || servingKeyPair !== null || apiserver === null) return;
    this.#serving = await CertificateManager.open({
      name: SERVING_SIGNER,
      signerName: SERVING_SIGNER,
      usage: 'server auth',
      template: () => servingTemplate(this.nodeName, this.#addresses),
      store: servingStore ?? memoryStore(),
      connect: () => clientOf(host, apiserver),
      clock: this.#clock,
      keyRandom: () => this.#randomFor('serving key'),
      log,
    });
    this.#serving.start();
  }

  /**
   * A new certificate is shown at once, for every connection is begun again; when there is none any more, and the apiserver
   * is there to give one, somebody else has to lay down new credentials. Source: pkg/kubelet/certificate/transport.go.
   */
  async #watchCredential(): Promise<MidplaneError> {
    const credential = this.#credential;
    const { log } = this.#options;
    const { signal } = this.#stopped;
    const never = new Promise<never>(() => undefined);
    if (credential === null) return never;
    let wasAvailable = credential.current() !== null;
    const undo = credential.onChange(() => {
      if (wasAvailable) {
        log.info(
          'Certificate rotation detected, shutting down client connections to start using new credentials',
        );
      }
      wasAvailable = true;
      this.#client?.closeConnections();
    });
    const failure = await withoutCredential(credential, this.#clock, log, signal);
    undo();
    return failure ?? never;
  }

  readonly #post: PostReview = async (path, review) => {
    if (this.#client === null) throw new Error('no client provided');
    const answer = await this.#client.request('POST', path, { body: review });
    return { status: answer.status, body: answer.json() };
  };

  #changed(running: RunningPod): void {
    const status = podStatus(running, this.#hostIp, this.#clock.now());
    // Kept at every change, so that a condition's time is that of the change and not of the report.
    running.remember(status['conditions'] as readonly PodCondition[]);
    if (this.#agent === null) this.#noteAccepted(running, status);
    else this.#agent.report(running);
  }

  #noteAccepted(running: RunningPod, status: Record<string, unknown>): void {
    const { namespace = 'default', name } = running.pod.metadata;
    if (status['phase'] === 'Running') this.#accepted.set(podKey(namespace, name), running.uid);
    for (const look of [...this.#waiting]) look();
  }

  #isRunning(namespace: string, name: string): boolean {
    const pod = this.#pods.find(namespace, name);
    if (pod === null || this.#accepted.get(podKey(namespace, name)) !== pod.uid) return false;
    return regularOf(pod).every((it) => it.state.kind === 'running');
  }

  #notRunning(namespace: string, name: string, withinMs: number): MidplaneError {
    const pod = this.#pods.find(namespace, name);
    const waiting = pod === null ? undefined : regularOf(pod).find((it) => it.state.kind !== 'running');
    const why =
      pod === null
        ? 'no such pod was assigned to the node'
        : waiting === undefined
          ? 'the apiserver has not accepted its status'
          : `container "${waiting.name}" is ${waiting.state.kind}${waiting.state.kind === 'waiting' ? `: ${waiting.state.reason}` : ''}`;
    const waited = `pod "${namespace}/${name}" was not running on ${this.nodeName} within ${withinMs / 1000} s`;
    return new MidplaneError('TIME_LIMIT', `${waited}: ${why}`);
  }
}

function regularOf(pod: RunningPod) {
  return [...pod.lives.values()].filter((it) => it.kind === 'regular');
}

/** The node's own address, as it is now. */
function addressOf(config: KubeletSettings, host: Host): string {
  return config.nodeIp || (host.addresses[0] ?? '');
}

async function within(
  event: Promise<void>,
  ms: number | null,
  overdue: () => MidplaneError,
  signal?: AbortSignal,
): Promise<void> {
  const done = new AbortController();
  const given = new Promise<never>((_resolve, reject) => {
    const timer = ms === null ? undefined : setTimeout(() => reject(overdue()), ms);
    const aborted = (): void => reject(signal?.reason);
    signal?.addEventListener('abort', aborted, { once: true });
    if (signal?.aborted) aborted();
    done.signal.addEventListener('abort', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', aborted);
    });
  });
  try {
    await Promise.race([event, given]);
  } finally {
    done.abort();
  }
}

import { randomBytes, randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { Pod } from '../api/objects';
import type { Host } from '../network/network';
import type { KeyPair } from '../wire/pem';
import { findImage } from './containers/images';
import { newId } from './containers/runtime-words';
import { SimulatedContainer } from './containers/simulated-container';
import { pause } from './pause';
import { type PodSandbox, podKey, type RunningPod } from './running-pod';

/** Brings what runs in line with what should run: starts and stops the containers of this node's pods. */
export interface PodWorkersOptions {
  readonly node: Host;
  readonly sandbox: PodSandbox;
  /** The certificate of a web server in this pod; null for none. */
  readonly webKeyPair: (pod: Pod) => Promise<KeyPair | null>;
  readonly log: Logger;
  readonly now: () => Date;
  /** Called whenever a pod's status may have changed. */
  readonly onChange: (running: RunningPod) => void;
}

interface Worker {
  pod: Pod;
  running: RunningPod | null;
  /** Whether the pod has a network that must be given back. */
  attached: boolean;
  readonly stopping: AbortController;
  /** What is being done for the pod, one thing after the other. */
  work: Promise<void>;
}

export class PodWorkers {
  readonly #options: PodWorkersOptions;
  readonly #workers = new Map<string, Worker>();
  /** Pods that are being stopped, by key: a new pod of the same name waits for the old one's end. */
  readonly #leaving = new Map<string, Promise<void>>();

  constructor(options: PodWorkersOptions) {
    this.#options = options;
  }

  get pods(): readonly Pod[] {
    return [...this.#workers.values()].map((it) => it.pod);
  }

  get running(): readonly RunningPod[] {
    return [...this.#workers.values()].flatMap((it) => it.running ?? []);
  }

  find(namespace: string, name: string): RunningPod | null {
    return this.#workers.get(podKey(namespace, name))?.running ?? null;
  }

  /** A pod that should run here; a known one with another uid is a new pod of the same name. */
  run(pod: Pod): void {
    const key = podKey(pod.metadata.namespace ?? 'default', pod.metadata.name);
    const known = this.#workers.get(key);
    if (known !== undefined && known.pod.metadata.uid === pod.metadata.uid) {
      known.pod = pod;
      return;
    }
    const before =
      known === undefined ? (this.#leaving.get(key) ?? Promise.resolve()) : this.#leave(key, known);
    const worker: Worker = {
      pod,
      running: null,
      attached: false,
      stopping: new AbortController(),
      work: before,
    };
    this.#workers.set(key, worker);
    worker.work = before
      .then(() => this.#start(worker))
      .catch((error: unknown) => {
        this.#options.log.error({ err: error, pod: key }, 'pod could not be started');
      });
  }

  /** A pod that is gone. Resolves when nothing of it runs any more. */
  async remove(namespace: string, name: string): Promise<void> {
    const key = podKey(namespace, name);
    const worker = this.#workers.get(key);
    if (worker === undefined) return;
    this.#workers.delete(key);
    await this.#leave(key, worker);
  }

  async close(): Promise<void> {
    for (const [key, worker] of this.#workers) void this.#leave(key, worker);
    this.#workers.clear();
    await Promise.all(this.#leaving.values());
  }

  #leave(key: string, worker: Worker): Promise<void> {
    const left = this.#stop(worker).finally(() => {
      if (this.#leaving.get(key) === left) this.#leaving.delete(key);
    });
    this.#leaving.set(key, left);
    return left;
  }

  async #stop(worker: Worker): Promise<void> {
    worker.stopping.abort();
    for (const container of worker.running?.containers.values() ?? []) container.stop();
    await worker.work;
    for (const container of worker.running?.containers.values() ?? []) container.stop();
    await Promise.all([...(worker.running?.containers.values() ?? [])].map((it) => it.ended));
    if (worker.attached) await this.#options.sandbox.detachPod?.(worker.pod);
  }

  async #start(worker: Worker): Promise<void> {
    if (worker.stopping.signal.aborted) return;
    const { pod } = worker;
    const network = await this.#options.sandbox.attachPod(pod);
    worker.attached = true;
    const running = await this.#prepare(worker, network);
    worker.running = running;
    await Promise.all([...running.containers.values()].map((it) => this.#keepRunning(worker, running, it)));
    this.#options.onChange(running);
  }

  async #prepare(worker: Worker, network: Host): Promise<RunningPod> {
    const { pod } = worker;
    const { now, webKeyPair } = this.#options;
    const address = network.addresses[0] ?? '';
    const servesWeb = pod.spec.containers.some((it) => findImage(it.image)?.servesWeb === true);
    const keyPair = servesWeb ? await webKeyPair(pod) : null;
    const containers = new Map(
      pod.spec.containers.map((spec) => [
        spec.name,
        new SimulatedContainer({ pod, spec, network, address, webKeyPair: keyPair, now }),
      ]),
    );
    return {
      get pod() {
        return worker.pod;
      },
      uid: pod.metadata.uid ?? randomUUID(),
      sandboxId: newId(),
      networkNamespace: randomBytes(8).toString('hex'),
      network,
      address,
      startedAt: now(),
      containers,
      containerAt: (port) =>
        [...containers.values()].find(({ spec }) => spec.ports?.some((it) => it.containerPort === port)) ??
        [...containers.values()][0],
    };
  }

  /** Starts a container and, when its main process ends, starts it again if the pod's restart policy says so. */
  async #keepRunning(worker: Worker, running: RunningPod, container: SimulatedContainer): Promise<void> {
    if (worker.stopping.signal.aborted) return;
    const started = await container.start();
    if (started.kind === 'refused') return;
    const { node } = this.#options;
    node.timeline.record(node.name, null, 'container-started', {
      namespace: worker.pod.metadata.namespace ?? 'default',
      pod: worker.pod.metadata.name,
      container: container.name,
      image: container.spec.image,
      restarts: container.restartCount,
    });
    void started.exited.then(async (code) => {
      if (worker.stopping.signal.aborted) return;
      const policy = worker.pod.spec.restartPolicy ?? 'Always';
      this.#options.onChange(running);
      if (policy === 'Never' || (policy === 'OnFailure' && code === 0)) return;
      await pause(restartDelayMs(container.restartCount), worker.stopping.signal);
      worker.work = worker.work.then(() => this.#keepRunning(worker, running, container));
      await worker.work;
      if (!worker.stopping.signal.aborted) this.#options.onChange(running);
    });
  }
}

/** At once the first time, then 10 s, 20 s, … up to 5 minutes (pkg/kubelet/kubelet.go, MaxContainerBackOff). */
export function restartDelayMs(restarts: number): number {
  return restarts === 0 ? 0 : Math.min(10_000 * 2 ** (restarts - 1), 300_000);
}

import type { Pod } from '../api/objects';
import type { NodeContext } from './node-context';
import { PodWorker } from './pod-worker';
import { podKey, type RunningPod } from './running-pod';
import { podUsage } from './usage';

/** The pods of this node and who works on them. */
export class PodWorkers {
  readonly #context: NodeContext;
  readonly #workers = new Map<string, PodWorker>();
  /** Pods that are being stopped, by key: a new pod of the same name waits for the old one's end. */
  readonly #leaving = new Map<string, Promise<void>>();
  #lastTried: Promise<void> = Promise.resolve();
  #spentCpuSeconds = 0;

  constructor(context: NodeContext) {
    this.#context = context;
  }

  get running(): readonly RunningPod[] {
    return [...this.#workers.values()].map((it) => it.pod);
  }

  /** What pods that are gone have used: the node's counter never goes back. */
  get spentCpuSeconds(): number {
    return this.#spentCpuSeconds;
  }

  find(namespace: string, name: string): RunningPod | null {
    return this.#workers.get(podKey(namespace, name))?.pod ?? null;
  }

  /** A pod that should run here; a known one with another uid is a new pod of the same name. */
  run(pod: Pod): void {
    const key = podKey(pod.metadata.namespace ?? 'default', pod.metadata.name);
    const known = this.#workers.get(key);
    if (known !== undefined && known.pod.pod.metadata.uid === pod.metadata.uid) {
      known.update(pod);
      return;
    }
    const gone =
      known === undefined ? (this.#leaving.get(key) ?? Promise.resolve()) : this.#leave(key, known);
    const worker = new PodWorker(pod, this.#context, { gone, tried: this.#lastTried });
    // One that waits for its predecessor's end holds up nobody else.
    if (!this.#leaving.has(key)) this.#lastTried = worker.tried;
    this.#workers.set(key, worker);
  }

  /** A pod that is being deleted. Resolves when nothing of it runs any more; it can still be found. */
  async terminate(pod: Pod, graceMs: number): Promise<void> {
    const worker = this.#workers.get(podKey(pod.metadata.namespace ?? 'default', pod.metadata.name));
    if (worker === undefined || worker.pod.pod.metadata.uid !== pod.metadata.uid) return;
    worker.update(pod);
    await worker.terminate(graceMs);
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

  #leave(key: string, worker: PodWorker): Promise<void> {
    const left = worker.kill().finally(() => {
      this.#spentCpuSeconds += podUsage(worker.pod).cpuSeconds;
      if (this.#leaving.get(key) === left) this.#leaving.delete(key);
    });
    this.#leaving.set(key, left);
    return left;
  }
}

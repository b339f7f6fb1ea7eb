import type { Pod } from '../api/objects';
import { clusterNetwork } from './cluster-network';
import { type ContainerLife, lastEnd } from './container-life';
import { findImage } from './containers/images';
import { LivePod } from './live-pod';
import type { NodeContext } from './node-context';
import { podActions } from './pod-actions';
import { podReference } from './pod-events';
import { containersOf, type Probe, specOf } from './pod-spec';
import type { ProbeType } from './probe-result';
import { startProbes } from './probes';
import { startContainer } from './start-container';
import { stopContainer } from './stop-container';
import { terminationMessage } from './termination-message';

/**
 * Brings what runs of one pod in line with its spec, again and again: whenever the spec changes, a container ends, a
 * probe decides something, or a time is up. Sources: pkg/kubelet/{kubelet,pod_workers}.go (SyncPod,
 * SyncTerminatingPod, SyncTerminatedPod).
 */
export class PodWorker {
  readonly pod: LivePod;
  readonly #context: NodeContext;
  readonly #stopping = new AbortController();
  readonly #hurry = new AbortController();
  readonly #loop: Promise<void>;
  readonly #probing = new Map<string, AbortController>();
  readonly #stops = new Map<string, Promise<void>>();
  #wake = new AbortController();
  #attached = false;
  #terminated: Promise<void> | null = null;
  #announceTried: () => void = () => undefined;
  /** Settled when the pod has been tried once: pods get their addresses in the order in which they came. */
  readonly tried: Promise<void>;

  constructor(
    pod: Pod,
    context: NodeContext,
    earlier: { readonly gone: Promise<void>; readonly tried: Promise<void> },
  ) {
    this.#context = context;
    this.pod = new LivePod(pod, context);
    this.pod.complete();
    this.tried = new Promise((resolve) => {
      this.#announceTried = resolve;
    });
    this.#loop = this.#run(earlier).catch((error: unknown) => {
      this.#context.log.error({ err: error, pod: pod.metadata.name }, 'pod could not be run');
    });
  }

  /** The spec or the metadata may have changed. */
  update(pod: Pod): void {
    const before = this.pod.pod;
    this.pod.pod = pod;
    // The kubelet's own reports come back, too, and are nothing to look at (pkg/kubelet/config, checkAndUpdatePod).
    if (concerns(before) !== concerns(pod)) this.look();
  }

  look(): void {
    this.#wake.abort();
  }

  /** Stops everything with this grace; resolves when nothing of the pod runs and its network is given back. */
  terminate(graceMs: number): Promise<void> {
    this.#terminated ??= this.#terminate(graceMs);
    return this.#terminated;
  }

  /** The same, and does not wait for anybody's grace. */
  kill(): Promise<void> {
    this.#hurry.abort();
    return this.terminate(0);
  }

  async #terminate(graceMs: number): Promise<void> {
    this.#stopping.abort();
    this.look();
    await this.#stopAll(graceMs);
    await this.#loop;
    // What was being started when the end came.
    await this.#stopAll(graceMs);
    this.pod.terminal = true;
    await this.#detach();
  }

  async #run({
    gone,
    tried,
  }: {
    readonly gone: Promise<void>;
    readonly tried: Promise<void>;
  }): Promise<void> {
    try {
      await Promise.all([gone, tried]);
      while (!this.#stopping.signal.aborted) {
        this.#wake = new AbortController();
        const ms = await this.#sync();
        this.#announceTried();
        if (this.#stopping.signal.aborted) return;
        await this.#context.clock.pause(ms, this.#wake.signal);
      }
    } finally {
      this.#announceTried();
    }
  }

  /** How long nothing is to be done by itself. */
  async #sync(): Promise<number> {
    const { pod } = this;
    pod.complete();
    if (pod.verdict !== null) return FOREVER_MS;
    const deadlineMs = this.#deadlineMs();
    if (deadlineMs <= 0) return this.#overdue();
    const volumes = await pod.volumes.mount();
    if (this.#stopping.signal.aborted) return FOREVER_MS;
    if (volumes.kind === 'waits' && pod.network === null) {
      this.#changed();
      return Math.min(volumes.ms, deadlineMs);
    }
    if (!this.#attached) await this.#attach();
    const waits = [deadlineMs, volumes.ms, ...(await this.#act())];
    this.#changed();
    return Math.min(...waits);
  }

  async #act(): Promise<number[]> {
    const { pod } = this;
    const waits: number[] = [];
    for (;;) {
      const { start, stop, over } = podActions([...pod.lives.values()], pod.restartPolicy);
      for (const name of stop) void this.#stop(name, this.#graceMs());
      if (over && !start.length && [...pod.lives.values()].every((it) => it.state.kind !== 'running')) {
        await this.#detach();
        return [FOREVER_MS];
      }
      let again = false;
      for (const name of start) {
        if (this.#stopping.signal.aborted) return [FOREVER_MS];
        const life = pod.lives.get(name);
        if (life === undefined || this.#stops.has(name)) continue;
        const started = await startContainer(this.#context, pod, life, this.#stopping.signal);
        if (started.kind === 'waits') waits.push(started.ms);
        else {
          this.#started(life, started.exited);
          // A sidecar that has started lets the next one begin.
          again ||= life.kind === 'sidecar' && life.started;
        }
      }
      if (!again) return waits;
    }
  }

  #started(life: ContainerLife, exited: Promise<number>): void {
    const probing = new AbortController();
    this.#probing.set(life.name, probing);
    const hooks = {
      onChange: () => {
        this.#changed();
        this.look();
      },
      onFailed: (type: ProbeType, probe: Probe) => this.#unhealthy(life, type, probe),
    };
    if (life.kind === 'init') life.started = true;
    else if (life.kind !== 'ephemeral') startProbes(this.#context, this.pod, life, hooks, probing.signal);
    void exited.then((exitCode) => {
      probing.abort();
      this.#ended(life, exitCode);
    });
  }

  #ended(life: ContainerLife, exitCode: number): void {
    const { container } = life;
    if (container === null) return;
    const now = this.#context.clock.now();
    life.state = {
      kind: 'terminated',
      exitCode,
      reason: exitCode === 0 ? 'Completed' : 'Error',
      message: terminationMessage(container, life.spec, exitCode),
      startedAt: life.state.kind === 'running' ? life.state.startedAt : now,
      finishedAt: now,
      containerId: container.id,
    };
    life.started = false;
    life.ready = life.kind === 'init' && exitCode === 0;
    this.#changed();
    this.look();
  }

  /** kuberuntime_manager.go (computePodActions): a container that fails its probe is killed, and perhaps restarted. */
  #unhealthy(life: ContainerLife, type: ProbeType, probe: Probe): void {
    const failed = `Container ${life.name} failed ${type.toLowerCase()} probe`;
    const message = this.pod.restartPolicy === 'Never' ? failed : `${failed}, will be restarted`;
    const graceSeconds = probe.terminationGracePeriodSeconds;
    void this.#stop(life.name, graceSeconds === undefined ? this.#graceMs() : graceSeconds * 1000, message);
  }

  #stop(name: string, graceMs: number, message?: string): Promise<void> {
    const life = this.pod.lives.get(name);
    const known = this.#stops.get(name);
    if (known !== undefined || life === undefined) return known ?? Promise.resolve();
    const stopped = stopContainer(this.#context, this.pod, life, {
      graceMs,
      hurry: this.#hurry.signal,
      ...(message === undefined ? {} : { message }),
    }).finally(() => {
      this.#stops.delete(name);
      this.look();
    });
    this.#stops.set(name, stopped);
    return stopped;
  }

  async #stopAll(graceMs: number): Promise<void> {
    const lives = [...this.pod.lives.values()];
    const served = lives.filter((it) => it.kind !== 'sidecar');
    await Promise.all(served.map((it) => this.#stop(it.name, graceMs)));
    // Sidecars outlive what they serve, and end in the opposite order.
    for (const { name } of lives.filter((it) => it.kind === 'sidecar').reverse()) {
      await this.#stop(name, graceMs);
    }
    await Promise.all(lives.map((it) => it.container?.ended));
  }

  #graceMs(): number {
    return (specOf(this.pod.pod).terminationGracePeriodSeconds ?? 30) * 1000;
  }

  #deadlineMs(): number {
    const { activeDeadlineSeconds } = specOf(this.pod.pod);
    if (activeDeadlineSeconds === undefined) return FOREVER_MS;
    return this.pod.startedAt.getTime() + activeDeadlineSeconds * 1000 - this.#context.clock.now().getTime();
  }

  /** Source: pkg/kubelet/active_deadline.go. */
  async #overdue(): Promise<number> {
    const reason = 'DeadlineExceeded';
    const message = 'Pod was active on the node longer than the specified deadline';
    const ended = [...this.pod.lives.values()].filter((it) => it.kind === 'regular').map(lastEnd);
    if (ended.every((it) => it?.exitCode === 0) && this.pod.restartPolicy !== 'Always') return FOREVER_MS;
    this.#context.events.event(podReference(this.pod.pod), 'Normal', reason, message);
    this.pod.verdict = { phase: 'Failed', reason, message };
    this.#changed();
    await this.#stopAll(this.#graceMs());
    await this.#detach();
    this.#changed();
    return FOREVER_MS;
  }

  async #attach(): Promise<void> {
    const { sandbox, webKeyPair, source } = this.#context;
    const network = clusterNetwork(await sandbox.attachPod(this.pod.pod), this.pod.pod, source);
    this.#attached = true;
    const servesWeb = containersOf(this.pod.pod).some(
      ({ spec }) => findImage(spec.image)?.servesWeb === true,
    );
    this.pod.attach(network, servesWeb ? await webKeyPair(this.pod.pod) : null);
    this.pod.complete();
  }

  async #detach(): Promise<void> {
    if (this.pod.network === null) return;
    this.pod.detach();
    await this.#context.sandbox.detachPod?.(this.pod.pod);
  }

  #changed(): void {
    this.#context.onChange(this.pod);
  }
}

/** A day: what happens later than that is looked at once more before. */
const FOREVER_MS = 24 * 3_600_000;

/** What of a pod the kubelet acts on: besides the spec the conditions that somebody else sets, of readiness gates. */
function concerns(pod: Pod): string {
  const { labels, annotations } = pod.metadata;
  const gates = (specOf(pod).readinessGates ?? []).map((it) => it.conditionType);
  const conditions = (pod.status?.conditions ?? []).filter((it) => gates.includes(it.type));
  return JSON.stringify([pod.spec, labels, annotations, conditions]);
}

import { setMaxListeners } from 'node:events';
import type { Logger } from 'pino';
import type { Condition, KubeNode, Pod } from '../api/objects';
import { sameJson } from '../api/same-json';
import { seconds } from '../client/api-time';
import { type Clock, systemClock } from '../client/clock';
import { EventRecorder } from '../client/event-recorder';
import { referenceTo } from '../client/event-reference';
import { Informer } from '../client/informer';
import { KubeClient, type KubeClientOptions } from '../client/kube-client';
import { holdLease, leaseLost } from '../client/leader-lease';
import { WorkQueue } from '../client/work-queue';
import type { MidplaneError } from '../error';
import { type Randomness, systemRandomness, uuidFrom } from '../randomness';
import { chooseNode } from './choose-node';

/** Gives pods their nodes, as one client of the apiserver. */
export interface SchedulerOptions {
  readonly client: KubeClientOptions;
  /** --leader-elect; false: no lease is asked for. */
  readonly leaderElect?: boolean;
  /** Of the machine it runs on: the lease says who holds it. */
  readonly hostname?: string;
  readonly log: Logger;
  readonly clock?: Clock;
  /** Of the lease's holder. Default: the system's. */
  readonly random?: Randomness;
}

export interface Scheduler extends AsyncDisposable {
  /** Settles when it cannot go on by itself: its lease is lost. */
  readonly failed: Promise<MidplaneError>;
  /** Ends everything. Idempotent. */
  close(): Promise<void>;
}

const NAME = 'default-scheduler';

export function startScheduler(options: SchedulerOptions): Scheduler {
  const scheduler = new LabScheduler(options);
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    closing ??= scheduler.close();
    return closing;
  };
  return { failed: scheduler.failed, close, [Symbol.asyncDispose]: close };
}

class LabScheduler {
  readonly failed: Promise<MidplaneError>;
  readonly #client: KubeClient;
  readonly #log: Logger;
  readonly #now: () => Date;
  readonly #pods: Informer<Pod>;
  readonly #nodes: Informer<KubeNode>;
  readonly #events: EventRecorder;
  readonly #queue: WorkQueue;
  readonly #lease: ReturnType<typeof holdLease> | null;
  readonly #stop = new AbortController();
  /** Pods that were bound and are not seen so yet, by uid: their nodes are taken as theirs. */
  readonly #bound = new Map<string, string>();
  /** Pods that fit nowhere: looked at again whenever something changes that could help. */
  readonly #waiting = new Set<string>();

  constructor(options: SchedulerOptions) {
    const { client: access, leaderElect = true, log, clock = systemClock, hostname = 'midplane' } = options;
    const { random = systemRandomness } = options;
    const client = new KubeClient(access);
    const { signal } = this.#stop;
    // Every request that is under way listens to it.
    setMaxListeners(0, signal);
    this.#client = client;
    this.#log = log;
    this.#now = () => clock.now();
    this.#pods = new Informer<Pod>({ client, path: '/api/v1/pods', log });
    this.#nodes = new Informer<KubeNode>({ client, path: '/api/v1/nodes', log });
    this.#events = new EventRecorder({ client, component: NAME, clock, log, signal });
    this.#queue = new WorkQueue({ log, work: (key) => this.#schedule(key) });
    this.#lease = leaderElect
      ? holdLease({
          client,
          name: 'kube-scheduler',
          identity: `${hostname}_${uuidFrom(random)}`,
          clock,
          log,
        })
      : null;
    this.failed =
      this.#lease === null
        ? new Promise<never>(() => undefined)
        : this.#lease.lost.then(async () => {
            await this.#endLoops();
            return leaseLost();
          });
    void this.#begin();
  }

  async close(): Promise<void> {
    await this.#endLoops();
    await this.#lease?.close();
    await this.#client.close();
  }

  async #endLoops(): Promise<void> {
    this.#stop.abort();
    await this.#queue.close();
    await Promise.all([this.#pods.close(), this.#nodes.close()]);
    await this.#events.idle();
  }

  async #begin(): Promise<void> {
    await Promise.all([this.#lease?.acquired, this.#pods.synced, this.#nodes.synced]);
    if (this.#stop.signal.aborted) return;
    this.#nodes.listen(() => this.#tryWaiting());
    this.#pods.listen((pod, before) => {
      const uid = (pod ?? before)?.metadata.uid ?? '';
      if (pod === null || pod.spec.nodeName) this.#bound.delete(uid);
      // One that went, or ended, has left room.
      if (pod === null || isOver(pod)) this.#tryWaiting();
      if (pod !== null && isMine(pod) && isPodUpdated(before, pod))
        this.#queue.add(`${pod.metadata.namespace}/${pod.metadata.name}`);
    });
    this.#log.info('scheduling');
  }

  #tryWaiting(): void {
    for (const key of this.#waiting) this.#queue.add(key);
    this.#waiting.clear();
  }

  async #schedule(key: string): Promise<void> {
    const [namespace = '', name = ''] = key.split('/');
    const pod = this.#pods.get(namespace, name);
    if (pod === null || !isMine(pod) || this.#bound.has(pod.metadata.uid ?? '')) return;
    const choice = chooseNode(pod, this.#nodes.list(), this.#assumed());
    if (choice.kind === 'chosen') await this.#bind(pod, choice.node);
    else await this.#tellWhyNot(key, pod, choice.message);
  }

  /** All pods, those that were bound just now on the nodes that they will be seen on. */
  #assumed(): Pod[] {
    return this.#pods.list().map((pod) => {
      const node = this.#bound.get(pod.metadata.uid ?? '');
      return node === undefined || pod.spec.nodeName
        ? pod
        : { ...pod, spec: { ...pod.spec, nodeName: node } };
    });
  }

  async #bind(pod: Pod, node: string): Promise<void> {
    const { namespace = '', name, uid = '' } = pod.metadata;
    this.#bound.set(uid, node);
    const answer = await this.#client.request(
      'POST',
      `/api/v1/namespaces/${namespace}/pods/${name}/binding`,
      {
        body: {
          apiVersion: 'v1',
          kind: 'Binding',
          metadata: { name, namespace, uid },
          target: { apiVersion: 'v1', kind: 'Node', name: node },
        },
        signal: this.#stop.signal,
      },
    );
    if (!answer.ok) {
      this.#bound.delete(uid);
      if (answer.status === 404 || answer.status === 409) return;
      throw new Error(answer.words);
    }
    const text = `Successfully assigned ${namespace}/${name} to ${node}`;
    this.#events.event(referenceTo(pod), 'Normal', 'Scheduled', text);
  }

  async #tellWhyNot(key: string, pod: Pod, message: string): Promise<void> {
    this.#waiting.add(key);
    this.#events.event(referenceTo(pod), 'Warning', 'FailedScheduling', message);
    const { namespace, name, uid } = pod.metadata;
    const conditions = (pod.status?.conditions ?? []) as Condition[];
    const known = conditions.find(({ type }) => type === 'PodScheduled');
    if (known?.status === 'False' && known.message === message) return;
    const condition = {
      type: 'PodScheduled',
      status: 'False',
      lastTransitionTime: seconds(this.#now()),
      reason: 'Unschedulable',
      message,
    };
    const others = conditions.filter(({ type }) => type !== 'PodScheduled');
    const answer = await this.#client.request(
      'PATCH',
      `/api/v1/namespaces/${namespace}/pods/${name}/status`,
      {
        body: { metadata: { uid }, status: { conditions: [...others, condition] } },
        contentType: 'application/merge-patch+json',
        signal: this.#stop.signal,
      },
    );
    if (!answer.ok && answer.status !== 404 && answer.status !== 409) throw new Error(answer.words);
  }
}

/**
 * A pod that says no more than before of what it wants is not looked at again: its condition is what the scheduler itself
 * said of it. Source: pkg/scheduler/backend/queue/scheduling_queue.go (isPodUpdated).
 */
export function isPodUpdated(before: Pod | null, pod: Pod): boolean {
  return before === null || !sameJson(wishOf(before), wishOf(pod));
}

function wishOf({ status: _status, metadata, ...pod }: Pod): object {
  const { resourceVersion: _version, generation: _generation, managedFields: _fields, ...rest } = metadata;
  return { ...pod, metadata: rest };
}

/** Waits for this scheduler, and for nothing else. */
function isMine(pod: Pod): boolean {
  const { nodeName, ...spec } = pod.spec;
  const { schedulerName = NAME, schedulingGates = [] } = spec as {
    schedulerName?: string;
    schedulingGates?: readonly object[];
  };
  return (
    !nodeName &&
    schedulerName === NAME &&
    schedulingGates.length === 0 &&
    pod.metadata.deletionTimestamp === undefined &&
    !isOver(pod)
  );
}

function isOver({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

import type { Logger } from 'pino';
import { fieldsOf, itemsOf, textOf } from '../api/fields';
import type { NodeAddress, Pod } from '../api/objects';
import { aborted } from '../client/aborted';
import type { Clock } from '../client/clock';
import type { EventSink } from '../client/event-reference';
import type { KubeClient, KubeResponse, WatchListener } from '../client/kube-client';
import { NO_LIST, objectList } from '../client/object-list';
import { pause } from '../client/pause';
import { beatHeart } from './node-heartbeat';
import { type NodeFacts, nodeObject, nodeStatus } from './node-status';
import { specOf } from './pod-spec';
import type { PodWorkers } from './pod-workers';
import { podKey, type RunningPod } from './running-pod';

/**
 * The kubelet as a client of the apiserver: registers its Node, learns which pods are its own, reports how they do.
 * One loop: register, list, watch; whatever fails, it begins again after a while, as long as it takes.
 */
export interface NodeAgentOptions {
  readonly client: KubeClient;
  /** Nothing is asked before it has come true: a client certificate that is still to be signed. */
  readonly mayBegin?: Promise<void>;
  readonly node: Omit<NodeFacts, 'now' | 'readySince' | 'images'>;
  readonly imagesOf: () => NodeFacts['images'];
  readonly pods: PodWorkers;
  readonly statusOf: (running: RunningPod) => Record<string, unknown>;
  /** The addresses that the Node has, after the apiserver has taken a status. */
  readonly onAddresses?: (addresses: readonly NodeAddress[]) => void;
  readonly clock: Clock;
  readonly events: EventSink;
  readonly log: Logger;
  /** The apiserver has taken this status. */
  readonly onAccepted: (running: RunningPod, status: Record<string, unknown>) => void;
}

/** How the loop stands. `problem` is the last failure, in the client's words. */
type Round = { readonly kind: 'watch-ended' } | { readonly kind: 'failed'; readonly problem: string };

const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 5_000;
const MERGE_PATCH = 'application/merge-patch+json';

export class NodeAgent {
  readonly #options: NodeAgentOptions;
  readonly #stop = new AbortController();
  readonly #ready: Promise<void>;
  readonly #loop: Promise<void>;
  /** Pods whose status has yet to be sent, and the sending that is under way. */
  readonly #dirty = new Map<string, RunningPod>();
  readonly #sending = new Map<string, Promise<void>>();
  /** What the apiserver was last told of a pod, by uid. */
  readonly #told = new Map<string, string>();
  readonly #terminating = new Set<string>();
  #announceReady: () => void = () => undefined;
  #problem = 'not connected yet';
  #resourceVersion = '';
  #readySince: Date | null = null;
  #toldAddress = '';
  #heart: Promise<void> | null = null;

  constructor(options: NodeAgentOptions) {
    this.#options = options;
    this.#ready = new Promise((resolve) => {
      this.#announceReady = resolve;
    });
    this.#loop = this.#run();
  }

  /** Resolves when the Node is registered, Ready, and its pods are known. */
  get ready(): Promise<void> {
    return this.#ready;
  }

  /** Why it is not ready yet. */
  get problem(): string {
    return this.#problem;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    await this.#heart;
  }

  /** This pod's status may have changed. */
  report(running: RunningPod): void {
    const key = keyOf(running.pod);
    this.#dirty.set(key, running);
    if (this.#sending.has(key)) return;
    const sending = this.#send(key).finally(() => this.#sending.delete(key));
    this.#sending.set(key, sending);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    const { mayBegin } = this.#options;
    if (mayBegin !== undefined) {
      this.#problem = 'no client certificate yet';
      await Promise.race([mayBegin, aborted(signal)]);
    }
    let delayMs = FIRST_DELAY_MS;
    while (!signal.aborted) {
      const round = await this.#round();
      if (signal.aborted) return;
      if (round.kind === 'watch-ended') {
        delayMs = FIRST_DELAY_MS;
      } else {
        this.#problem = round.problem;
        this.#options.log.warn({ problem: round.problem, retryInMs: delayMs }, 'apiserver not usable');
        delayMs = Math.min(delayMs * 2, LONGEST_DELAY_MS);
      }
      // The network's time, not that of the pods: a test that stops their clock still gets its connection back.
      await pause(delayMs, signal);
    }
  }

  async #round(): Promise<Round> {
    const problem = (await this.#register()) ?? (await this.#list());
    if (problem !== null) return { kind: 'failed', problem };
    this.#announceReady();
    const { client, node, clock, log } = this.#options;
    this.#heart ??= beatHeart({
      client,
      nodeName: node.nodeName,
      clock,
      log,
      postStatus: () => this.#postStatus(),
      hasMoved: () => node.address !== this.#toldAddress,
      // Not before: events beside the first requests would have a connection of their own, where HTTP/2 needs none.
      onFirstBeat: () => this.#announceNode(),
      signal: this.#stop.signal,
    });
    return this.#follow();
  }

  async #register(): Promise<string | null> {
    const created = await this.#request('POST', '/api/v1/nodes', nodeObject(this.#facts()));
    // 409: this node was here before.
    if (!created.ok && created.status !== 409) return `registering node: ${created.words}`;
    const problem = await this.#postStatus();
    this.#readySince ??= this.#options.clock.now();
    return problem;
  }

  async #postStatus(): Promise<string | null> {
    const path = `/api/v1/nodes/${this.#options.node.nodeName}/status`;
    const facts = this.#facts();
    const patched = await this.#request('PATCH', path, nodeStatus(facts), MERGE_PATCH);
    if (!patched.ok) return `updating node status: ${patched.words}`;
    this.#toldAddress = facts.address;
    this.#options.onAddresses?.(addressesOf(patched.json()));
    return null;
  }

  #facts(): NodeFacts {
    const { node, clock, imagesOf } = this.#options;
    const now = clock.now();
    return { ...node, now, readySince: this.#readySince ?? now, images: imagesOf() };
  }

  /** Sources: pkg/kubelet/kubelet_node_status.go (recordNodeStatusEvent) and its setters; the uid is the name there, too. */
  #announceNode(): void {
    const { node, events } = this.#options;
    const { nodeName } = node;
    const about = { apiVersion: 'v1', kind: 'Node', name: nodeName, uid: nodeName };
    events.event(about, 'Normal', 'Starting', 'Starting kubelet.');
    const conditions = [
      'NodeHasSufficientMemory',
      'NodeHasNoDiskPressure',
      'NodeHasSufficientPID',
      'NodeReady',
    ];
    for (const reason of conditions) {
      events.event(about, 'Normal', reason, `Node ${nodeName} status is now: ${reason}`);
    }
  }

  get #collection(): string {
    return `/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${this.#options.node.nodeName}`)}`;
  }

  async #list(): Promise<string | null> {
    const { pods } = this.#options;
    const answer = await this.#request('GET', this.#collection);
    if (!answer.ok) return `listing pods: ${answer.words}`;
    const list = objectList<Pod>(answer);
    if (list === null) return `listing pods: ${NO_LIST}`;
    this.#resourceVersion = list.resourceVersion;
    const { items } = list;
    const keys = new Set(items.map((pod) => keyOf(pod)));
    for (const { pod } of pods.running) if (!keys.has(keyOf(pod))) this.#removed(pod);
    for (const pod of items) this.#changed(pod);
    // An apiserver that was away may have lost what it was told.
    this.#told.clear();
    for (const running of pods.running) this.report(running);
    return null;
  }

  async #follow(): Promise<Round> {
    const query = `&allowWatchBookmarks=true&resourceVersion=${encodeURIComponent(this.#resourceVersion)}`;
    let expired = false;
    const { signal } = this.#stop;
    const take: WatchListener = (type, object) => {
      const pod = object as unknown as Pod;
      this.#resourceVersion = pod.metadata?.resourceVersion ?? this.#resourceVersion;
      if (type === 'ADDED' || type === 'MODIFIED') this.#changed(pod);
      else if (type === 'DELETED') this.#removed(pod);
      else if (type === 'ERROR') {
        expired = true;
        watch.close();
      }
    };
    const watch = this.#options.client.watch(`${this.#collection}${query}&watch=true`, take, { signal });
    const end = await watch.ended;
    if (expired || end.kind === 'ended' || end.kind === 'closed') return { kind: 'watch-ended' };
    return { kind: 'failed', problem: `watching pods: ${end.kind === 'refused' ? end.words : end.text}` };
  }

  #changed(pod: Pod): void {
    if (pod.metadata.deletionTimestamp === undefined) this.#options.pods.run(pod);
    else if (!this.#terminating.has(uidOf(pod))) this.#guard(this.#terminate(pod));
  }

  #removed(pod: Pod): void {
    const { namespace = 'default', name } = pod.metadata;
    this.#dirty.delete(keyOf(pod));
    this.#told.delete(uidOf(pod));
    this.#guard(this.#options.pods.remove(namespace, name));
  }

  /** A pod that is being deleted: once nothing of it runs, its last status is told and its object taken away. */
  async #terminate(pod: Pod): Promise<void> {
    const { pods } = this.#options;
    const { namespace = 'default', name, uid, deletionGracePeriodSeconds } = pod.metadata;
    const seconds = deletionGracePeriodSeconds ?? specOf(pod).terminationGracePeriodSeconds ?? 30;
    this.#terminating.add(uidOf(pod));
    try {
      await pods.terminate(pod, seconds * 1000);
      const running = pods.find(namespace, name);
      if (running !== null && running.uid === uid) this.report(running);
      await this.#sending.get(keyOf(pod));
      if (running !== null && running.uid === uid) await pods.remove(namespace, name);
      await this.#request('DELETE', `/api/v1/namespaces/${namespace}/pods/${name}`, {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        gracePeriodSeconds: 0,
        ...(uid === undefined ? {} : { preconditions: { uid } }),
      });
    } finally {
      this.#terminating.delete(uidOf(pod));
    }
  }

  #guard(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#options.log.error({ err: error }, 'pod could not be removed'));
  }

  /** One request a pod at a time; a change in the meantime is sent afterwards, and what was told is not told again. */
  async #send(key: string): Promise<void> {
    const { statusOf, onAccepted, log } = this.#options;
    for (let running = this.#dirty.get(key); running !== undefined; running = this.#dirty.get(key)) {
      if (this.#stop.signal.aborted) break;
      this.#dirty.delete(key);
      const { namespace = 'default', name, uid } = running.pod.metadata;
      const status = statusOf(running);
      const text = JSON.stringify(status);
      if (this.#told.get(running.uid) === text) continue;
      const answer = await this.#request(
        'PATCH',
        `/api/v1/namespaces/${namespace}/pods/${name}/status`,
        { metadata: { uid }, status },
        MERGE_PATCH,
      );
      if (answer.ok) {
        this.#told.set(running.uid, text);
        onAccepted(running, status);
      } else {
        // The next round of the loop reports every pod again.
        log.debug({ pod: key, words: answer.words }, 'pod status not accepted');
      }
    }
  }

  #request(method: string, path: string, body?: object, contentType?: string): Promise<KubeResponse> {
    return this.#options.client.request(method, path, {
      signal: this.#stop.signal,
      ...(body === undefined ? {} : { body }),
      ...(contentType === undefined ? {} : { contentType }),
    });
  }
}

function keyOf(pod: Pod): string {
  return podKey(pod.metadata.namespace ?? 'default', pod.metadata.name);
}

function uidOf(pod: Pod): string {
  return pod.metadata.uid ?? keyOf(pod);
}

/** Those of a Node as it was answered, whoever it is that answered. */
function addressesOf(node: unknown): NodeAddress[] {
  const { addresses } = fieldsOf(fieldsOf(node)['status']);
  return itemsOf(addresses).map(({ type, address }) => ({
    type: textOf(type) as NodeAddress['type'],
    address: textOf(address),
  }));
}

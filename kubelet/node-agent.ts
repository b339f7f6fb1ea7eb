import type { Logger } from 'pino';
import type { Pod } from '../api/objects';
import type { KubeClient, KubeResponse, Watch } from '../client/kube-client';
import { type NodeFacts, nodeObject, nodeStatus } from './node-status';
import { pause } from './pause';
import type { PodWorkers } from './pod-workers';
import { podKey, type RunningPod } from './running-pod';

/**
 * The kubelet as a client of the apiserver: registers its Node, learns which pods are its own, reports how they do.
 * One loop: register, list, watch; whatever fails, it begins again after a while, as long as it takes.
 */
export interface NodeAgentOptions {
  readonly client: KubeClient;
  readonly node: Omit<NodeFacts, 'now'>;
  readonly pods: PodWorkers;
  readonly statusOf: (running: RunningPod) => Record<string, unknown>;
  readonly now: () => Date;
  readonly log: Logger;
  /** The apiserver has taken this status. */
  readonly onAccepted: (running: RunningPod) => void;
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
  /** Pods whose status has yet to be sent, and those for which a request is under way. */
  readonly #dirty = new Map<string, RunningPod>();
  readonly #sending = new Set<string>();
  #announceReady: () => void = () => undefined;
  #problem = 'not connected yet';
  #resourceVersion = '';
  #watch: Watch | null = null;

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
    this.#watch?.close();
    await this.#loop;
  }

  /** This pod's status may have changed. */
  report(running: RunningPod): void {
    const { namespace = 'default', name } = running.pod.metadata;
    const key = podKey(namespace, name);
    this.#dirty.set(key, running);
    if (!this.#sending.has(key)) void this.#send(key);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
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
      await pause(delayMs, signal);
    }
  }

  async #round(): Promise<Round> {
    const problem = (await this.#register()) ?? (await this.#list());
    if (problem !== null) return { kind: 'failed', problem };
    this.#announceReady();
    return this.#follow();
  }

  async #register(): Promise<string | null> {
    const { node, now } = this.#options;
    const facts = { ...node, now: now() };
    const created = await this.#request('POST', '/api/v1/nodes', nodeObject(facts));
    // 409: this node was here before.
    if (!created.ok && created.status !== 409) return `registering node: ${created.words}`;
    const path = `/api/v1/nodes/${node.nodeName}/status`;
    const patched = await this.#request('PATCH', path, nodeStatus(facts), MERGE_PATCH);
    return patched.ok ? null : `updating node status: ${patched.words}`;
  }

  get #collection(): string {
    return `/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${this.#options.node.nodeName}`)}`;
  }

  async #list(): Promise<string | null> {
    const { pods } = this.#options;
    const answer = await this.#request('GET', this.#collection);
    if (!answer.ok) return `listing pods: ${answer.words}`;
    const list = answer.json() as { metadata?: { resourceVersion?: string }; items?: Pod[] | null } | null;
    this.#resourceVersion = list?.metadata?.resourceVersion ?? '';
    const items = list?.items ?? [];
    const keys = new Set(items.map((pod) => keyOf(pod)));
    for (const pod of pods.pods) if (!keys.has(keyOf(pod))) this.#removed(pod);
    for (const pod of items) this.#changed(pod);
    // An apiserver that was away may have lost what it was told.
    for (const running of pods.running) this.report(running);
    return null;
  }

  async #follow(): Promise<Round> {
    const query = `&allowWatchBookmarks=true&resourceVersion=${encodeURIComponent(this.#resourceVersion)}`;
    let expired = false;
    const watch = this.#options.client.watch(`${this.#collection}${query}&watch=true`, (type, object) => {
      const pod = object as unknown as Pod;
      this.#resourceVersion = pod.metadata?.resourceVersion ?? this.#resourceVersion;
      if (type === 'ADDED' || type === 'MODIFIED') this.#changed(pod);
      else if (type === 'DELETED') this.#removed(pod);
      else if (type === 'ERROR') {
        expired = true;
        watch.close();
      }
    });
    this.#watch = watch;
    const end = await watch.ended;
    this.#watch = null;
    if (expired || end.kind === 'ended' || end.kind === 'closed') return { kind: 'watch-ended' };
    return { kind: 'failed', problem: `watching pods: ${end.kind === 'refused' ? end.words : end.text}` };
  }

  #changed(pod: Pod): void {
    if (pod.metadata.deletionTimestamp === undefined) this.#options.pods.run(pod);
    else this.#terminate(pod);
  }

  #removed(pod: Pod): void {
    const { namespace = 'default', name } = pod.metadata;
    this.#dirty.delete(keyOf(pod));
    this.#guard(this.#options.pods.remove(namespace, name));
  }

  /** A pod that is being deleted: once nothing of it runs, the kubelet takes the object away. */
  #terminate(pod: Pod): void {
    const { namespace = 'default', name, uid } = pod.metadata;
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    this.#dirty.delete(keyOf(pod));
    const removed = this.#options.pods.remove(namespace, name).then(() =>
      this.#request('DELETE', path, {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        gracePeriodSeconds: 0,
        ...(uid === undefined ? {} : { preconditions: { uid } }),
      }),
    );
    this.#guard(removed);
  }

  #guard(work: Promise<unknown>): void {
    work.catch((error: unknown) => this.#options.log.error({ err: error }, 'pod could not be removed'));
  }

  /** One request a pod at a time; a change in the meantime is sent afterwards. */
  async #send(key: string): Promise<void> {
    this.#sending.add(key);
    for (let running = this.#dirty.get(key); running !== undefined; running = this.#dirty.get(key)) {
      if (this.#stop.signal.aborted) break;
      this.#dirty.delete(key);
      const { namespace = 'default', name, uid } = running.pod.metadata;
      const answer = await this.#request(
        'PATCH',
        `/api/v1/namespaces/${namespace}/pods/${name}/status`,
        { metadata: { uid }, status: this.#options.statusOf(running) },
        MERGE_PATCH,
      );
      if (answer.ok) this.#options.onAccepted(running);
      else {
        // The next round of the loop reports every pod again.
        this.#options.log.debug({ pod: key, words: answer.words }, 'pod status not accepted');
      }
    }
    this.#sending.delete(key);
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

import { setMaxListeners } from 'node:events';
import type { Logger } from 'pino';
import type { KubeObject } from '../api/objects';
import { EventRecorder } from '../client/event-recorder';
import { Informer } from '../client/informer';
import type { KubeClient, KubeResponse } from '../client/kube-client';
import { pause } from '../client/pause';

/** What every controller is given: the apiserver, collections that are kept up to date, and a clock. */
export interface Context {
  readonly client: KubeClient;
  readonly now: () => Date;
  readonly log: Logger;
  /** One informer a collection, however many controllers look at it. */
  informer<T extends KubeObject>(path: string): Informer<T>;
  /** The recorder of one controller. */
  events(component: string): EventRecorder;
  /** Aborted when the controllers are to end. */
  readonly signal: AbortSignal;
}

export interface Controller {
  close(): Promise<void>;
}

export type StartController = (context: Context) => Controller;

export class ControllerContext implements Context {
  readonly client: KubeClient;
  readonly now: () => Date;
  readonly log: Logger;
  readonly #stop = new AbortController();
  readonly #informers = new Map<string, Informer<KubeObject>>();
  readonly #recorders: EventRecorder[] = [];

  constructor(options: { readonly client: KubeClient; readonly now: () => Date; readonly log: Logger }) {
    this.client = options.client;
    this.now = options.now;
    this.log = options.log;
    // Every request that is under way listens to it.
    setMaxListeners(0, this.#stop.signal);
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  informer<T extends KubeObject>(path: string): Informer<T> {
    const known = this.#informers.get(path);
    if (known !== undefined) return known as unknown as Informer<T>;
    const made = new Informer<T>({ client: this.client, path, log: this.log });
    this.#informers.set(path, made as unknown as Informer<KubeObject>);
    return made;
  }

  events(component: string): EventRecorder {
    const clock = { now: this.now, pause };
    const { client, log, signal } = this;
    const recorder = new EventRecorder({ client, component, clock, log, signal });
    this.#recorders.push(recorder);
    return recorder;
  }

  /** Resolves when every collection that was asked for has been listed. */
  async synced(): Promise<void> {
    await Promise.all([...this.#informers.values()].map((it) => it.synced));
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all([...this.#informers.values()].map((it) => it.close()));
    await Promise.all(this.#recorders.map((it) => it.idle()));
  }
}

/** `namespace/name`, the key of work queues. */
export function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

export function splitKey(key: string): { readonly namespace: string; readonly name: string } {
  const at = key.indexOf('/');
  return { namespace: key.slice(0, at), name: key.slice(at + 1) };
}

/** Fails the work on a key, to be tried again, for an answer that is neither a success nor one of these codes. */
export function mustBe(answer: KubeResponse, ...alsoFine: readonly number[]): KubeResponse {
  if (answer.ok || alsoFine.includes(answer.status)) return answer;
  throw new Error(answer.words === '' ? `status ${answer.status}` : answer.words);
}

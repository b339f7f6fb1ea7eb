import { setMaxListeners } from 'node:events';
import type { Logger } from 'pino';
import type { KubeObject } from '../api/objects';
import { aborted } from '../client/aborted';
import { type Clock, systemClock } from '../client/clock';
import { EventRecorder } from '../client/event-recorder';
import { Informer } from '../client/informer';
import type { KubeClient, KubeResponse } from '../client/kube-client';
import { WorkQueue } from '../client/work-queue';
import type { ControllerSettings } from './controller-settings';

/** What every controller is given: the apiserver, collections that are kept up to date, and a clock. */
export interface Context {
  readonly client: KubeClient;
  readonly now: () => Date;
  readonly clock: Clock;
  readonly log: Logger;
  /** One informer a collection, however many controllers look at it. */
  informer<T extends KubeObject>(path: string): Informer<T>;
  /** Works on nothing before each collection that it needs has been listed: a controller that sees half decides wrong. */
  queue(work: (key: string) => Promise<void>, needs: readonly Synced[], workers?: number): WorkQueue;
  /** The recorder of one controller. */
  events(component: string): EventRecorder;
  /** Aborted when the controllers are to end. */
  readonly signal: AbortSignal;
}

/** What a controller waits for of an informer. */
export type Synced = Pick<Informer<KubeObject>, 'synced'>;

export interface Controller {
  close(): Promise<void>;
}

/** Null when there is nothing for it to do under these settings. */
export type StartController = (context: Context, settings: ControllerSettings) => Controller | null;

export class ControllerContext implements Context {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly #stop = new AbortController();
  readonly #informers = new Map<string, Informer<KubeObject>>();
  readonly #recorders: EventRecorder[] = [];

  constructor(options: { readonly client: KubeClient; readonly clock?: Clock; readonly log: Logger }) {
    this.client = options.client;
    this.clock = options.clock ?? systemClock;
    this.log = options.log;
    // Every request that is under way listens to it.
    setMaxListeners(0, this.#stop.signal);
  }

  get now(): () => Date {
    return () => this.clock.now();
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
    const { client, clock, log, signal } = this;
    const recorder = new EventRecorder({ client, component, clock, log, signal });
    this.#recorders.push(recorder);
    return recorder;
  }

  queue(work: (key: string) => Promise<void>, needs: readonly Synced[], workers = 1): WorkQueue {
    const { log, signal } = this;
    const listed = allSynced(needs, signal);
    return new WorkQueue({
      log,
      workers,
      work: async (key) => {
        await listed;
        if (!signal.aborted) await work(key);
      },
    });
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.all([...this.#informers.values()].map((it) => it.close()));
    await Promise.all(this.#recorders.map((it) => it.idle()));
  }
}

/** Resolves when each of them has been listed, or the signal is aborted. Source: k8s.io/client-go tools/cache (WaitForNamedCacheSync). */
export async function allSynced(needs: readonly Synced[], signal: AbortSignal): Promise<void> {
  await Promise.race([Promise.all(needs.map((it) => it.synced)), aborted(signal)]);
}

/** `namespace/name`, the key of work queues. */
export function keyOf({ metadata }: KubeObject): string {
  return `${metadata.namespace ?? ''}/${metadata.name}`;
}

export function splitKey(key: string): { readonly namespace: string; readonly name: string } {
  const at = key.indexOf('/');
  return { namespace: key.slice(0, at), name: key.slice(at + 1) };
}

/** Deletes this very object; one that is gone, or that another has taken the name of, is left at that. */
export async function deleteObject(
  { client, signal }: Pick<Context, 'client' | 'signal'>,
  path: string,
  { metadata: { uid } }: KubeObject,
  options: { readonly gracePeriodSeconds?: number; readonly propagationPolicy?: string } = {},
): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid }, ...options };
  mustBe(await client.request('DELETE', path, { body, signal }), 404, 409);
}

/** Fails the work on a key, to be tried again, for an answer that is neither a success nor one of these codes. */
export function mustBe(answer: KubeResponse, ...alsoFine: readonly number[]): KubeResponse {
  if (answer.ok || alsoFine.includes(answer.status)) return answer;
  throw new Error(answer.words === '' ? `status ${answer.status}` : answer.words);
}

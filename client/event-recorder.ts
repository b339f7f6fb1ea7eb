import type { Logger } from 'pino';
import { seconds } from './api-time';
import type { Clock } from './clock';
import { EventCorrelator, remember, type Told } from './correlate-events';
import type { EventReference, EventSink } from './event-reference';
import type { KubeClient } from './kube-client';

/** Writes a component's events, one after the other. Source: client-go tools/record/event.go. */
export interface EventRecorderOptions {
  readonly client: KubeClient;
  /** Who tells them: `source.component`, and the node it runs on where it is bound to one. */
  readonly component: string;
  readonly host?: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

interface Waiting {
  readonly about: EventReference;
  readonly type: string;
  readonly reason: string;
  readonly at: Date;
  readonly told: Exclude<Told, { kind: 'dropped' }>;
}

/** maxTriesPerEvent and defaultSleepDuration. */
const MOST_TRIES = 12;
const TRY_EVERY_MS = 10_000;
/** maxQueuedEvents. */
const MOST_QUEUED = 1000;

export class EventRecorder implements EventSink {
  readonly #options: EventRecorderOptions;
  readonly #correlator = new EventCorrelator();
  readonly #queue: Waiting[] = [];
  /** Names of the events that were written, by the correlator's key. */
  readonly #names = new Map<string, string>();
  #sending: Promise<void> | null = null;
  #serial = 0;

  constructor(options: EventRecorderOptions) {
    this.#options = options;
  }

  event(about: EventReference, type: 'Normal' | 'Warning', reason: string, message: string): void {
    const at = this.#options.clock.now();
    const told = this.#correlator.correlate({ about, type, reason, message, at });
    if (told.kind === 'dropped' || this.#queue.length >= MOST_QUEUED) return;
    this.#queue.push({ about, type, reason, at, told });
    this.#sending ??= this.#send().finally(() => {
      this.#sending = null;
    });
  }

  /** Resolves when everything so far has been written or given up. */
  async idle(): Promise<void> {
    await this.#sending;
  }

  async #send(): Promise<void> {
    const { clock, log, signal } = this.#options;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      for (let tries = 1; ; tries += 1) {
        const outcome = await this.#write(next);
        if (outcome === 'done' || signal.aborted) break;
        if (tries === MOST_TRIES) {
          log.debug({ reason: next.reason }, 'event given up');
          break;
        }
        await clock.pause(TRY_EVERY_MS, signal);
      }
      if (signal.aborted) return;
    }
  }

  async #write(event: Waiting): Promise<'done' | 'unanswered'> {
    const { client, signal } = this.#options;
    const { told, about } = event;
    const path = `/api/v1/namespaces/${about.namespace ?? 'default'}/events`;
    const name = this.#names.get(told.key);
    if (told.kind === 'again' && name !== undefined) {
      const changed = { count: told.count, lastTimestamp: seconds(event.at), message: told.message };
      const answer = await client.request('PATCH', `${path}/${name}`, {
        body: changed,
        contentType: 'application/merge-patch+json',
        signal,
      });
      if (answer.refusal !== null) return 'unanswered';
      if (answer.status !== 404) return 'done';
      // It has expired in the meantime: told anew.
    }
    const body = this.#object(event);
    const answer = await client.request('POST', path, { body, signal });
    if (answer.refusal !== null) return 'unanswered';
    if (answer.ok) remember(this.#names, told.key, body.metadata.name);
    else this.#correlator.forget(told.key);
    return 'done';
  }

  #object({ about, type, reason, at, told }: Waiting) {
    const { component, host } = this.#options;
    this.#serial += 1;
    // Upstream takes nanoseconds; the serial stands for those that a clock of milliseconds does not have.
    const stamp = BigInt(at.getTime()) * 1_000_000n + BigInt(this.#serial % 1_000_000);
    return {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: {
        name: `${about.name}.${stamp.toString(16)}`,
        namespace: about.namespace ?? 'default',
      },
      involvedObject: about,
      reason,
      message: told.message,
      source: { component, ...(host === undefined ? {} : { host }) },
      firstTimestamp: seconds(told.firstAt),
      lastTimestamp: seconds(at),
      count: told.count,
      type,
      eventTime: null,
      reportingComponent: component,
      reportingInstance: host ?? '',
    };
  }
}

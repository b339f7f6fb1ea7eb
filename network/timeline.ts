import { KeyLog } from './key-log';

/**
 * One timeline: everything that happens in a lab is an event, and every view (story, recording, capture, report) is
 * made from events. Nothing else is recorded twice.
 */
export interface TimelineEvent {
  /** Milliseconds since the timeline began. */
  readonly at: number;
  /** The machine on which it happened: `control-plane`, `node-1`, `attacker`, … */
  readonly host: string;
  /** Joins the events of one connection, on both of its ends; null for what belongs to no connection. */
  readonly connection: string | null;
  /** A past participle with its subject: `connection-opened`, `certificate-judged`, `request-received`, … */
  readonly kind: string;
  /** Plain JSON. */
  readonly data: Readonly<Record<string, unknown>>;
}

export type TimelineListener = (event: TimelineEvent) => void;

export class Timeline {
  /** What opens the connections of this timeline: no event, so that nobody prints it by chance. */
  readonly keys = new KeyLog();
  readonly #began = performance.now();
  readonly #listeners = new Set<TimelineListener>();

  record(host: string, connection: string | null, kind: string, data: Record<string, unknown> = {}): void {
    if (this.#listeners.size === 0) return;
    const event: TimelineEvent = { at: this.elapsedMs(), host, connection, kind, data };
    for (const listener of this.#listeners) listener(event);
  }

  /** Milliseconds since it began. */
  elapsedMs(): number {
    return performance.now() - this.#began;
  }

  /** False: whatever is recorded now goes to nobody, so that costly details need not be worked out. */
  get listening(): boolean {
    return this.#listeners.size > 0;
  }

  /** Returns the function that ends the subscription. */
  subscribe(listener: TimelineListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}

import type { Logger } from 'pino';
import { LONGEST_TIMER_MS } from './pause';

/**
 * What a controller has yet to look at, by key: each key once, never twice at the same time, again later when it failed.
 * Source of the behaviour: k8s.io/client-go util/workqueue.
 */
export interface WorkQueueOptions {
  /** Looks at one key. What it throws is tried again. */
  readonly work: (key: string) => Promise<void>;
  /** How many keys are worked on at the same time. Default: one after the other. */
  readonly workers?: number;
  readonly log: Logger;
}

const FIRST_RETRY_MS = 5;
const LONGEST_RETRY_MS = 30_000;

export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #waiting = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, { readonly at: number; readonly timer: NodeJS.Timeout }>();
  readonly #working = new Set<string>();
  readonly #runs = new Set<Promise<void>>();
  #idle: number;
  #closed = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
    this.#idle = options.workers ?? 1;
  }

  add(key: string): void {
    if (this.#closed) return;
    this.#waiting.add(key);
    if (this.#idle === 0) return;
    this.#idle -= 1;
    const run = this.#run().finally(() => this.#runs.delete(run));
    this.#runs.add(run);
  }

  /** The sooner of two such wishes counts. Source: k8s.io/client-go util/workqueue/delaying_queue.go (insert). */
  addAfter(key: string, delayMs: number): void {
    if (this.#closed) return;
    const at = performance.now() + delayMs;
    const known = this.#timers.get(key);
    if (known !== undefined) {
      if (known.at <= at) return;
      clearTimeout(known.timer);
    }
    const timer = setTimeout(
      () => {
        this.#timers.delete(key);
        this.add(key);
      },
      Math.min(delayMs, LONGEST_TIMER_MS),
    );
    timer.unref();
    this.#timers.set(key, { at, timer });
  }

  /** Resolves when nothing is being worked on any more. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waiting.clear();
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    await Promise.all(this.#runs);
  }

  async #run(): Promise<void> {
    // Whoever adds several keys in one turn finds them all in the queue before the first is worked on.
    await Promise.resolve();
    for (let key = this.#next(); key !== null; key = this.#next()) {
      this.#waiting.delete(key);
      this.#working.add(key);
      try {
        await this.#options.work(key);
        this.#failures.delete(key);
      } catch (error) {
        this.#retry(key, error);
      }
      this.#working.delete(key);
    }
    this.#idle += 1;
  }

  /** What somebody works on is left to whoever that is. */
  #next(): string | null {
    for (const key of this.#waiting) if (!this.#working.has(key)) return key;
    return null;
  }

  #retry(key: string, error: unknown): void {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    const delayMs = Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS);
    this.#options.log.debug(
      { key, retryInMs: delayMs, why: error instanceof Error ? error.message : error },
      'again',
    );
    this.addAfter(key, delayMs);
  }
}

import type { Logger } from 'pino';
import { LONGEST_TIMER_MS } from './pause';

/**
 * What a controller has yet to look at, by key: each key once, one at a time, again later when it failed. Source of the
 * behaviour: k8s.io/client-go util/workqueue.
 */
export interface WorkQueueOptions {
  /** Looks at one key. What it throws is tried again. */
  readonly work: (key: string) => Promise<void>;
  readonly log: Logger;
}

const FIRST_RETRY_MS = 5;
const LONGEST_RETRY_MS = 30_000;

export class WorkQueue {
  readonly #options: WorkQueueOptions;
  readonly #waiting = new Set<string>();
  readonly #failures = new Map<string, number>();
  readonly #timers = new Map<string, { readonly at: number; readonly timer: NodeJS.Timeout }>();
  #running: Promise<void> | null = null;
  #closed = false;

  constructor(options: WorkQueueOptions) {
    this.#options = options;
  }

  add(key: string): void {
    if (this.#closed) return;
    this.#waiting.add(key);
    this.#running ??= this.#run();
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
    await this.#running;
  }

  async #run(): Promise<void> {
    // Whoever adds several keys in one turn finds them all in the queue before the first is worked on.
    await Promise.resolve();
    for (const key of this.#waiting) {
      this.#waiting.delete(key);
      try {
        await this.#options.work(key);
        this.#failures.delete(key);
      } catch (error) {
        this.#retry(key, error);
      }
    }
    this.#running = null;
    const [next] = this.#waiting;
    if (next !== undefined) this.add(next);
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

import { pause } from '../client/pause';

/**
 * Does one thing over and over: soon after it was asked to, never more often than the shortest period, at least once in
 * the longest, and again after a failure. Source of the behaviour: pkg/proxy/runner (BoundedFrequencyRunner).
 */
export interface SyncRunnerOptions {
  /** What it throws is told to `failed`; then it is tried again after `syncPeriodMs`. */
  readonly sync: () => Promise<void>;
  readonly failed: (error: unknown) => void;
  readonly minSyncPeriodMs: number;
  readonly syncPeriodMs: number;
}

export class SyncRunner {
  readonly #options: SyncRunnerOptions;
  readonly #stop = new AbortController();
  #asked = new AbortController();
  #loop: Promise<void> | null = null;

  constructor(options: SyncRunnerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#loop ??= this.#run();
  }

  run(): void {
    this.#asked.abort();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    this.#asked.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { sync, failed, minSyncPeriodMs, syncPeriodMs } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      this.#asked = new AbortController();
      await sync().catch(failed);
      if (minSyncPeriodMs > 0) await pause(minSyncPeriodMs, signal);
      if (signal.aborted) return;
      await pause(syncPeriodMs, this.#asked.signal);
    }
  }
}

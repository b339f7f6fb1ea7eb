/**
 * How long to leave alone what fails again and again: doubled at each failure up to a limit, forgotten after twice that
 * limit without one. Source: client-go util/flowcontrol/backoff.go.
 */
interface Entry {
  readonly delayMs: number;
  readonly updatedAt: number;
}

const FIRST_DELAY_MS = 10_000;
/** pkg/kubelet/kubelet.go, MaxCrashLoopBackOff and imageBackOff. */
const LONGEST_DELAY_MS = 300_000;
/** How often the kubelet looks at a pod that something is wrong with (pkg/kubelet/kubelet.go, backOffPeriod). */
export const LOOK_EVERY_MS = 10_000;
/** How soon a first failure is looked at again: the next time that the runtime's events make the kubelet look. */
export const SOON_MS = 1_000;

export class BackOff {
  readonly #entries = new Map<string, Entry>();

  /** How long `key` has to wait after a failure at `since`; 0: it may be tried. */
  remainingMs(key: string, since: Date, now: Date): number {
    const entry = this.#entries.get(key);
    if (entry === undefined || expired(entry, since)) return 0;
    return Math.max(0, since.getTime() + entry.delayMs - now.getTime());
  }

  /** The whole delay that is in force. */
  delayMs(key: string): number {
    return this.#entries.get(key)?.delayMs ?? 0;
  }

  /** When it was last moved on; null when it never failed. */
  updatedAt(key: string): Date | null {
    const entry = this.#entries.get(key);
    return entry === undefined ? null : new Date(entry.updatedAt);
  }

  /** It is tried once more after a failure at `since`: the next delay is longer. */
  next(key: string, since: Date, now: Date): void {
    const entry = this.#entries.get(key);
    const delayMs =
      entry === undefined || expired(entry, since)
        ? FIRST_DELAY_MS
        : Math.min(entry.delayMs * 2, LONGEST_DELAY_MS);
    this.#entries.set(key, { delayMs, updatedAt: now.getTime() });
  }
}

function expired(entry: Entry, since: Date): boolean {
  return since.getTime() - entry.updatedAt > 2 * LONGEST_DELAY_MS;
}

import { fieldsOf, itemsOf } from '../api/fields';
import type { KubeObject } from '../api/objects';

/**
 * Whether the rules follow what the apiserver says, and whether the node is about to go. Pure but for the clock.
 * Source: pkg/proxy/healthcheck/proxy_health.go.
 */
export interface HealthClock {
  readonly now: () => Date;
  /** Seconds since the program began, as Go's monotonic clock reading. */
  readonly monotonicSeconds: () => number;
}

export interface HealthAnswer {
  readonly status: 200 | 503;
  readonly body: string;
}

const TO_BE_DELETED_TAINT = 'ToBeDeletedByClusterAutoscaler';

interface Moment {
  readonly at: Date;
  readonly monotonic: number;
}

export class ProxyHealth {
  readonly #clock: HealthClock;
  readonly #timeoutMs: number;
  #updated: Moment | null = null;
  #queuedSince: Moment | null = null;
  #nodeEligible = true;

  /** Upstream's timeout is twice the sync period. */
  constructor(options: { readonly clock: HealthClock; readonly timeoutMs: number }) {
    this.#clock = options.clock;
    this.#timeoutMs = options.timeoutMs;
  }

  /** Something has changed that is not in the rules yet. */
  queued(): void {
    this.#queuedSince ??= this.#now();
  }

  updated(): void {
    this.#queuedSince = null;
    this.#updated = this.#now();
  }

  /** One that is being deleted is to get no traffic any more, though the proxy is well. */
  syncNode({ metadata, spec }: KubeObject): void {
    const tainted = itemsOf(fieldsOf(spec)['taints']).some(({ key }) => key === TO_BE_DELETED_TAINT);
    this.#nodeEligible = metadata.deletionTimestamp === undefined && !tainted;
  }

  get isHealthy(): boolean {
    // It is well while it starts, and while a change is not late yet.
    if (this.#updated === null || this.#queuedSince === null) return true;
    return (this.#now().monotonic - this.#queuedSince.monotonic) * 1000 < this.#timeoutMs;
  }

  /** Null for any other path. */
  answer(path: string): HealthAnswer | null {
    switch (path) {
      case '/healthz':
        return this.#answer(this.isHealthy && this.#nodeEligible, `, "nodeEligible": ${this.#nodeEligible}`);
      case '/livez':
        return this.#answer(this.isHealthy, '');
      default:
        return null;
    }
  }

  #answer(healthy: boolean, more: string): HealthAnswer {
    const now = this.#now();
    // When it is well that is said to have been seen just now, as if the rules had been written again.
    const last = healthy ? now : this.#updated;
    const body = `{"lastUpdated": "${goTime(last)}","currentTime": "${goTime(now)}"${more}}`;
    return { status: healthy ? 200 : 503, body };
  }

  #now(): Moment {
    return { at: this.#clock.now(), monotonic: this.#clock.monotonicSeconds() };
  }
}

/** As time.Time.String writes it, the monotonic reading included. */
function goTime(moment: Moment | null): string {
  if (moment === null) return '0001-01-01 00:00:00 +0000 UTC';
  const [date = '', time = ''] = moment.at.toISOString().replace('Z', '').split('T');
  const [clock = '', millis = ''] = time.split('.');
  const fraction = millis.replace(/0+$/, '');
  const exact = fraction === '' ? clock : `${clock}.${fraction}`;
  return `${date} ${exact} +0000 UTC m=+${moment.monotonic.toFixed(9)}`;
}

import { pause } from './pause';

/** The time, and waiting for it to pass. Tests have one that they move by hand. */
export interface Clock {
  now(): Date;
  /** Resolves after `ms`, or when `signal` is aborted. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

export const systemClock: Clock = { now: () => new Date(), pause };

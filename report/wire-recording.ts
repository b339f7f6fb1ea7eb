import type { LearnedKey } from '../network/key-log';
import type { WiredConnection } from '../network/wire-event';

/** What went over the lab's network in one run, with what opens it. Bounded: what there was no room for is counted. */
export interface WireRecording {
  /** When the run's clock began, in milliseconds since 1970. */
  readonly beganAt: number;
  readonly connections: readonly RecordedConnection[];
  readonly keys: readonly LearnedKey[];
  /** Those that the lab's own certificates are signed by, PEM. */
  readonly authorities?: readonly string[];
  readonly names: readonly { readonly address: string; readonly name: string }[];
  readonly dropped: { readonly connections: number; readonly bytes: number };
}

export interface RecordedConnection {
  readonly wire: WiredConnection;
  /** The attacker dialled it, took it, passed it on or read along. */
  readonly atAttacker: boolean;
  /** When it was first used: what the run was doing then. */
  readonly during: string;
  readonly steps: readonly WireStep[];
}

/** `at`: milliseconds since the run's clock began. `dropped` bytes passed here and were not kept. */
export type WireStep = { readonly at: number } & (
  | { readonly kind: 'opened' }
  | { readonly kind: 'bytes'; readonly direction: 'up' | 'down'; readonly bytes: Buffer }
  | { readonly kind: 'dropped'; readonly direction: 'up' | 'down'; readonly length: number }
  | { readonly kind: 'ended' | 'reset'; readonly direction: 'up' | 'down' }
);

import type { Dropped, Loot, LootRedirect } from './loot';
import type { Replay, Resent } from './replay';
import type { Transcript } from './transcript';

/** Loot as plain data: what is left of an attack when it is over, and what can be sent to whoever judges it. */
export interface LootReport {
  readonly connections: number;
  /** What the attacker can read, per direction: decrypted by it, or never encrypted. */
  readonly clearUp: Buffer;
  readonly clearDown: Buffer;
  /** What passed on the wire of a tap, as it was. */
  readonly wireUp: Buffer;
  readonly wireDown: Buffer;
  readonly requests: number;
  readonly handshakes: readonly {
    readonly completed: boolean;
    readonly version: string | null;
    readonly alert: string | null;
    readonly clientCertificate: { readonly subject: string } | null;
  }[];
  readonly genuineAnswers: readonly { readonly status: number; readonly text: string }[];
  readonly bearerTokens: number;
  /** What each of them was good for; empty when that was not tried. */
  readonly replays: readonly Replay[];
  /** Requests that were sent again as they were, without a credential; empty when that was not tried. */
  readonly resent: readonly Resent[];
  /** What clients made of being sent elsewhere; empty when nobody was. */
  readonly redirects: readonly LootRedirect[];
  readonly hostKeys: readonly { readonly believed: boolean; readonly user: string | null }[];
  readonly tunnelTargets: readonly string[];
  /** What passed and was not kept, because there was no room left for it. */
  readonly dropped: Dropped;
  /** What passed a relay, as each side saw it; empty for other techniques. */
  readonly transcript: Transcript;
  /** The lines of the loot that people should see, the best first. */
  readonly quotes: readonly string[];
}

export function reportLoot(loot: Loot): LootReport {
  return {
    connections: loot.connections,
    clearUp: loot.up(),
    clearDown: loot.down(),
    wireUp: loot.wireUp(),
    wireDown: loot.wireDown(),
    requests: loot.requests.length,
    handshakes: loot.handshakes,
    genuineAnswers: loot.genuineAnswers,
    bearerTokens: loot.credentials.length,
    replays: loot.replays,
    resent: loot.resent,
    redirects: loot.redirects,
    hostKeys: loot.hostKeys,
    tunnelTargets: loot.tunnelTargets,
    dropped: loot.dropped,
    transcript: loot.transcript(),
    quotes: loot.quote(),
  };
}

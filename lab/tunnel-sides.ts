import { DROPPED_KINDS, type DroppedKind } from '../attacker/loot';
import type { LootReport } from '../attacker/loot-report';
import type { Transcript } from '../attacker/transcript';
import type { Endpoint } from '../network/network';
import type { DefenceId, Side } from '../scenarios/vocabulary';
import { addresses, ports } from './addresses';
import { type DefenceSettings, defenceSettings } from './defences';
import { nodeAddress, nodeNames } from './lab-pki';

/**
 * Where an attacker can stand when the way to the cluster leads through a tunnel. The one place that says which legs
 * a defence's tunnel has; everything else is derived from it.
 */
export interface Leg {
  /** The machine that dials on this leg: whose tables an attacker has to change. */
  readonly victim: string;
  /** Null: what the path leads to. Of another target it is said here that it speaks TLS or SSH on every path. */
  readonly target: Endpoint | null;
  /** Who poses as the end of this leg is asked for what the path leads to, and shows what he would show there. */
  readonly carries?: 'what the path leads to';
  /** What is for these never comes along here. */
  readonly neverTo?: readonly string[];
  /** The tunnel that ends on the machine of this address: without it, what is for that machine takes another one. */
  readonly ownOf?: string;
}

/** The legs of a tunnel by the side that they are on. */
export type TunnelLegs = Readonly<Record<Exclude<Side, 'both'>, readonly Leg[]>>;

/** Null for a defence without a tunnel: there is one leg then, and no side to speak of. */
export function tunnelLegs(defence: DefenceId): TunnelLegs | null {
  const tunnel = defenceSettings(defence)?.tunnel;
  return tunnel === undefined ? null : legsOf[tunnel];
}

/** The agent is on node-2: what it dials on node-1 goes over a wire. */
const konnectivity: TunnelLegs = {
  'control-plane': [
    {
      victim: 'control-plane',
      target: { address: addresses.konnectivityServer, port: ports.konnectivityServer },
    },
  ],
  node: [{ victim: 'node-2', target: null }],
};

/**
 * The apiserver has a tunnel to each node, and what is for none of them goes through node-2's. What is for a node leaves the
 * tunnel on that very node, as long as there is one.
 */
const sshTunnels: TunnelLegs = {
  'control-plane': nodeNames.map((node) => ({
    victim: 'control-plane',
    target: { address: nodeAddress[node], port: ports.ssh },
    carries: 'what the path leads to',
    ownOf: nodeAddress[node],
  })),
  node: [{ victim: 'node-2', target: null, neverTo: nodeNames.map((node) => nodeAddress[node]) }],
};

/** By what carries it. */
export const legsOf: Readonly<Record<NonNullable<DefenceSettings['tunnel']>, TunnelLegs>> = {
  konnectivity,
  ssh: sshTunnels,
};

export interface AttackedLeg extends Leg {
  /** The name that the victim verifies, when that is not the target's address. */
  readonly dialledAs?: string;
}

/**
 * What an attacker on a side tries, in this order, until it has got in. Who stands on both lets the tunnel be at first:
 * attacking it may break it, and then nothing comes to the other side, unless there is another tunnel that it can come by.
 */
export function attemptsOf(legs: TunnelLegs, side: Side, { address }: Endpoint): (readonly Leg[])[] {
  const tunnel = legs['control-plane'];
  const passing = legs.node.filter(({ neverTo }) => neverTo?.includes(address) !== true);
  switch (side) {
    case 'control-plane':
      return [tunnel];
    case 'node':
      return passing.length === 0 ? [] : [passing];
    case 'both': {
      const own = tunnel.filter(({ ownOf }) => ownOf === address);
      const everything = own.length > 0 ? [...own, ...legs.node] : [...tunnel, ...passing];
      return passing.length === 0 ? [everything] : [passing, everything];
    }
  }
}

/** What several positions brought, as the loot of the one attacker that holds them all. */
export function joinLoot(reports: readonly LootReport[]): LootReport {
  const [only] = reports;
  if (reports.length === 1 && only !== undefined) return only;
  const bytes = (part: 'clearUp' | 'clearDown' | 'wireUp' | 'wireDown'): Buffer =>
    Buffer.concat(reports.map((report) => report[part]));
  const count = (part: 'connections' | 'requests' | 'bearerTokens'): number =>
    reports.reduce((sum, report) => sum + report[part], 0);
  return {
    connections: count('connections'),
    clearUp: bytes('clearUp'),
    clearDown: bytes('clearDown'),
    wireUp: bytes('wireUp'),
    wireDown: bytes('wireDown'),
    requests: count('requests'),
    handshakes: reports.flatMap(({ handshakes }) => handshakes),
    genuineAnswers: reports.flatMap(({ genuineAnswers }) => genuineAnswers),
    bearerTokens: count('bearerTokens'),
    replays: reports.flatMap(({ replays }) => replays),
    resent: reports.flatMap(({ resent }) => resent),
    redirects: reports.flatMap(({ redirects }) => redirects),
    hostKeys: reports.flatMap(({ hostKeys }) => hostKeys),
    tunnelTargets: [...new Set(reports.flatMap(({ tunnelTargets }) => tunnelTargets))],
    dropped: Object.fromEntries(
      DROPPED_KINDS.map((kind) => [kind, reports.reduce((sum, { dropped }) => sum + dropped[kind], 0)]),
    ) as Record<DroppedKind, number>,
    transcript: joinTranscripts(reports.map(({ transcript }) => transcript)),
    quotes: reports.flatMap(({ quotes }) => quotes),
  };
}

function joinTranscripts(transcripts: readonly Transcript[]): Transcript {
  const sum = (part: 'entries' | 'bytes'): number =>
    transcripts.reduce((all, it) => all + it.dropped[part], 0);
  return {
    entries: transcripts.flatMap(({ entries }) => entries).sort((a, b) => a.atMs - b.atMs),
    dropped: { entries: sum('entries'), bytes: sum('bytes') },
  };
}

import type { LootReport } from '../attacker/loot-report';
import type { Rule } from '../attacker/rules';
import type { CommandOutcome, KubeClient } from '../client/kube-client';
import type { Endpoint } from '../network/network';
import type { DefenceId, PositionId, TechniqueId } from '../scenarios/vocabulary';
import type { KeyPair } from '../wire/pem';
import type { Canaries } from './canaries';
import type { Elsewhere, NowhereElse } from './elsewhere';
import type { Lookout } from './lookout';
import type { ContainerName, PathSpec, ServerPath } from './paths';
import type { Standing } from './stand';
import type { TunnelLegs } from './tunnel-sides';

/**
 * What a cell needs of a lab, whichever network it runs on: the embedded one reaches into its own process, the one in
 * containers asks over the network.
 */
export interface LabUnderTest {
  readonly addresses: LabAddresses;
  /** How a path is used here. Throws MidplaneError USAGE for one that this lab cannot act on, which says why. */
  converse(path: PathSpec): Conversation;
  /** Whether an attacker in this position gets the path's traffic. Throws MidplaneError USAGE for one that this lab has not. */
  stand(position: PositionId, path: PathSpec, talk: Conversation, tunnelled: boolean): Standing;
  /** Where an attacker can stand when the way to the cluster leads through the tunnel of a defence; null without one. */
  legs(defence: DefenceId): TunnelLegs | null;
  /** Another genuine endpoint for what is meant for the path's own, or why there is none. */
  elsewhere(path: PathSpec): Elsewhere | NowhereElse;
  /** Gets the attacker ready, and on the path between the target and the machine that dials it. */
  attack(order: AttackOrder, path: PathSpec, spot: Spot): Promise<OngoingAttack>;
  /** What those who look after the lab can see; a lab in containers has nobody who does. */
  readonly lookout?: Pick<Lookout, 'look' | 'record'>;
  /** The addresses of the attacker's own machine. */
  readonly stranger?: readonly string[];
  /** What a technique needs besides the position, handed over as if the attacker had got hold of it; null for nothing. */
  hand(technique: TechniqueId, target: Endpoint, dialledAs?: string): Promise<KeyPair | null>;
}

/** A path in use, once without and once with an attacker: each time with words of its own. */
export interface Conversation {
  /** The machine that dials: whose tables an attacker has to change. */
  readonly victim: string;
  /** The name that it verifies, when that is not the target's address. */
  readonly dialledAs?: string;
  /** The address that its packets bear when they leave, when that is not the target's. */
  readonly dialled?: Endpoint;
  /** Whose resolver is asked, and for what in the end. Default: the dialling machine's, for `dialledAs`. */
  readonly resolver?: { readonly machine: string; readonly asks: string };
  /** Puts the `down` word where only the genuine endpoint has it, and what that has heard before out of the way. */
  plant(canaries: Canaries): Promise<void>;
  /** Dials anew. What came of it is in the client's own words; `stdout` is what it took for the endpoint's answer. */
  act(canaries: Canaries, signal: AbortSignal): Promise<CommandOutcome>;
  /** Every byte that the genuine endpoint took in since something was planted. */
  heard(): Promise<Buffer>;
}

/** What is to be deceived so that traffic comes. */
export type Spot = Pick<Conversation, 'victim' | 'dialledAs' | 'dialled' | 'resolver'>;

/** What a lab can do with the containers of the paths from the apiserver. */
export interface ContainerAccess {
  /** Puts a secret into a container, as a file and as a line of its log. */
  plant(container: ContainerName, secret: string): Promise<void>;
  /** Every byte that it took in since it was last told to forget. */
  heard(container: ContainerName): Promise<Buffer>;
  forget(container: ContainerName): Promise<void>;
}

/** An administrator works through the apiserver, and a container behind it answers. */
export function throughApiserver(
  { container, act }: ServerPath,
  admin: KubeClient,
  containers: ContainerAccess,
  /** The name that the apiserver dials, if it is one. */
  name: Pick<Conversation, 'dialledAs'> = {},
): Conversation {
  return {
    victim: 'control-plane',
    ...name,
    plant: async ({ down }) => {
      await containers.plant(container, down);
      await containers.forget(container);
    },
    act: (canaries, signal) => act(admin, canaries, signal),
    heard: () => containers.heard(container),
  };
}

/** Where the endpoints are that the paths lead to. */
export interface LabAddresses {
  readonly controlPlane: string;
  readonly node1: string;
  readonly webPod: string;
}

export interface AttackOrder {
  readonly technique: TechniqueId;
  readonly position: PositionId;
  readonly mode: 'tap' | 'impersonate' | 'relay';
  readonly target: Endpoint;
  /** Where bytes that are only looked at are led instead. */
  readonly steerTo?: Endpoint;
  readonly dialledAs?: string;
  /** The certificate to show; null: one that the attacker makes itself. */
  readonly present: KeyPair | null;
  /** What the victim is told. */
  readonly forged: string;
  /** What is slipped in on the way to the genuine endpoint. */
  readonly tampered: string;
  /** What a relay changes in the streams, instead of slipping the two texts in. */
  readonly rules?: readonly Rule[];
}

export interface OngoingAttack extends AsyncDisposable {
  /** Gives the path back and says what was captured. Idempotent. */
  withdraw(): Promise<LootReport>;
}

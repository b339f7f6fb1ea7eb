import type { LootReport } from '../attacker/loot-report';
import type { KubeClient } from '../client/kube-client';
import type { Endpoint } from '../network/network';
import type { TechniqueId } from '../scenarios/vocabulary';
import type { KeyPair } from '../wire/pem';
import type { ContainerName } from './paths';

/**
 * What a cell needs of a lab, whichever network it runs on: the embedded one reaches into its own process, the one in
 * containers asks over the network.
 */
export interface LabUnderTest {
  /** The administrator's client. */
  readonly admin: KubeClient;
  readonly addresses: LabAddresses;
  /** Puts a secret into a container, as a file and as a line of its log. */
  plant(container: ContainerName, secret: string): Promise<void>;
  /** Every byte the container took in since it was last told to forget. */
  heard(container: ContainerName): Promise<Buffer>;
  forget(container: ContainerName): Promise<void>;
  /** Gets the attacker on the path and ready. */
  attack(order: AttackOrder): Promise<OngoingAttack>;
  /** What a technique needs besides the position, handed over as if the attacker had got hold of it; null for nothing. */
  hand(technique: TechniqueId, target: Endpoint): Promise<KeyPair | null>;
}

/** Where the endpoints are that the paths lead to. */
export interface LabAddresses {
  readonly node1: string;
  readonly webPod: string;
}

export interface AttackOrder {
  readonly technique: TechniqueId;
  readonly mode: 'tap' | 'impersonate' | 'relay';
  readonly target: Endpoint;
  /** The certificate to show; null: one that the attacker makes itself. */
  readonly present: KeyPair | null;
  /** What the victim is told. */
  readonly forged: string;
  /** What is slipped in on the way to the genuine endpoint. */
  readonly tampered: string;
}

export interface OngoingAttack extends AsyncDisposable {
  /** Gives the path back and says what was captured. Idempotent. */
  withdraw(): Promise<LootReport>;
}

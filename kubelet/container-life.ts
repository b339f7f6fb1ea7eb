import type { SimulatedContainer } from './containers/simulated-container';
import type { ContainerKind, ContainerSpec } from './pod-spec';

/** What the kubelet knows of one container: the runtime's facts and its own words about them. */

export interface Terminated {
  readonly kind: 'terminated';
  readonly exitCode: number;
  readonly reason: string;
  readonly message: string;
  readonly startedAt: Date;
  readonly finishedAt: Date;
  readonly containerId: string;
}

export type LifeState =
  | { readonly kind: 'waiting'; readonly reason: string; readonly message: string }
  | { readonly kind: 'running'; readonly startedAt: Date }
  | Terminated;

export interface ContainerLife {
  readonly name: string;
  readonly kind: ContainerKind;
  readonly spec: ContainerSpec;
  /** Null until the pod has its network. */
  container: SimulatedContainer | null;
  state: LifeState;
  /** How the run before this state ended. */
  last: Terminated | null;
  restartCount: number;
  /** Whether the startup probe has succeeded, or there is none and it runs. */
  started: boolean;
  ready: boolean;
}

/** What pure functions need of it. */
export type LifeFacts = Omit<ContainerLife, 'container' | 'spec'> & {
  readonly spec: Pick<ContainerSpec, 'image'> & Partial<ContainerSpec>;
};

/** The last time that it ended, whether it waits to run again or stays as it is. */
export function lastEnd({ state, last }: Pick<ContainerLife, 'state' | 'last'>): Terminated | null {
  if (state.kind === 'terminated') return state;
  return state.kind === 'waiting' ? last : null;
}

import type { Pod } from '../api/objects';
import type { Host } from '../network/network';
import type { ContainerLife } from './container-life';
import type { SimulatedContainer } from './containers/simulated-container';
import type { PodCondition } from './pod-conditions';

/** Where a pod's network stack comes from: what a CNI plugin is to a kubelet. */
export interface PodSandbox {
  /** The machine that has the pod's address. A hostNetwork pod gets the node's own. */
  attachPod(pod: Pod): Host | Promise<Host>;
  detachPod?(pod: Pod): void | Promise<void>;
}

/** Why the kubelet itself ended a pod. */
export interface PodVerdict {
  readonly phase: 'Failed';
  readonly reason: string;
  readonly message: string;
}

/** A pod on this node: its latest object from the apiserver and what runs of it. */
export interface RunningPod {
  readonly pod: Pod;
  readonly uid: string;
  /** The runtime's name of the pod: 64 hexadecimal digits. */
  readonly sandboxId: string;
  readonly networkNamespace: string;
  /** Null until the pod has its network. */
  readonly network: Host | null;
  /** Empty until then. */
  readonly address: string;
  readonly startedAt: Date;
  /** By name; debug containers from when they appear. */
  readonly lives: ReadonlyMap<string, ContainerLife>;
  readonly containers: ReadonlyMap<string, SimulatedContainer>;
  /** What is in its volumes. */
  readonly volumeBytes: number;
  /** Nothing of it runs any more, or will. */
  readonly terminal: boolean;
  readonly verdict: PodVerdict | null;
  /** As last reported. */
  readonly conditions: readonly PodCondition[];
  remember(conditions: readonly PodCondition[]): void;
  /** The container that listens on this port, as far as the pod says; else its first. */
  containerAt(port: number): SimulatedContainer | undefined;
}

export function podKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

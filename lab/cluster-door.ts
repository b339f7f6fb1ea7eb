import type { ClientConfig } from '../client/kubeconfig';
import { publish } from '../network/publish';
import { addresses, ports } from './addresses';
import type { Cluster } from './cluster';
import { apiserverName } from './conversations/admin-acts';

/** How a program of this machine comes to the apiserver of a lab. */
export interface ClusterDoor {
  /** What all kubeconfigs for it have in common. */
  readonly config: Pick<ClientConfig, 'server' | 'trust'>;
  close(): Promise<void>;
}

/**
 * On this machine's loopback; from there it goes on from the workstation's place on the lab's network, where an attacker may
 * be. The name or address that is verified is the one that the lab's own kubeconfigs have.
 */
export async function openDoor(cluster: Cluster): Promise<ClusterDoor> {
  const host = apiserverName(cluster).dialledAs ?? addresses.controlPlane;
  const door = await publish(cluster.workstation, { host, port: ports.apiserver });
  return {
    config: { server: { host: '127.0.0.1', port: door.at.port }, trust: cluster.clientTrust(host) },
    close: () => door.close(),
  };
}

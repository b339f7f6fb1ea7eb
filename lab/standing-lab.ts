import type { Logger } from 'pino';
import type { Pod } from '../api/objects';
import type { ClientConfig } from '../client/kubeconfig';
import type { Listener } from '../network/network';
import { publish } from '../network/publish';
import type { Randomness } from '../randomness';
import { addresses, ports } from './addresses';
import { type Cluster, startCluster } from './cluster';
import { createObjects } from './create-workloads';
import type { DefenceSettings } from './defences';
import { publishClusterInfo } from './joining-objects';
import { type LabAttackDesk, openAttackDesk } from './lab-attack-desk';
import { type People, type Role, roleBindings } from './lab-people';
import type { LabPki } from './lab-pki';
import { standingObjects } from './workloads';

/**
 * A lab that stays: the embedded cluster with its controllers, something to look at in it, and a door on this machine's
 * loopback for the kubectl of whoever works there.
 */
export interface StandingLab extends AsyncDisposable {
  readonly cluster: Cluster;
  /** Where kubectl connects: 127.0.0.1. */
  readonly at: { readonly host: string; readonly port: number };
  /** Where its attacker takes orders, and with which token. */
  readonly attacker: { readonly port: number; readonly token: string };
  kubeconfig(role: Role): ClientConfig;
  pods(): Promise<readonly Pod[]>;
  close(): Promise<void>;
}

export interface StandingLabOptions {
  readonly pki: LabPki;
  readonly people: People;
  readonly settings: DefenceSettings;
  readonly log: Logger;
  /** On the loopback; 0 for any that is free. */
  readonly port: number;
  readonly apiserverFlags: readonly string[];
  readonly readFile: (path: string) => Promise<string>;
  /** Where what is made in it comes from. Default: the system's. */
  readonly random?: Randomness;
}

/** Throws MidplaneError LAB_START_FAILED, LISTEN_FAILED, and whatever the apiserver says about its flags. */
export async function startStandingLab(options: StandingLabOptions): Promise<StandingLab> {
  const { pki, people } = options;
  const cluster = await startCluster({
    ...options,
    controllers: true,
    // Somebody has to approve what kubelets ask for; who only has an administrator for it waits.
    ...(options.settings.kubeletServing === 'cluster-authority'
      ? { servingOnRequest: true, controllerSettings: { approveKubeletServing: 'node-addresses' } }
      : {}),
  });
  let door: Listener | null = null;
  let desk: LabAttackDesk | null = null;
  const close = async (): Promise<void> => {
    await desk?.close();
    await door?.close();
    await cluster.close();
  };
  try {
    door = await publish(
      cluster.workstation,
      { host: addresses.controlPlane, port: ports.apiserver },
      options.port,
    );
    desk = await openAttackDesk(cluster, options.log);
    await createObjects(cluster.admin, [...roleBindings, ...standingObjects]);
    const at = { host: '127.0.0.1', port: door.at.port };
    await publishClusterInfo(cluster.admin, at, pki.caPem);
    return {
      cluster,
      at,
      attacker: desk,
      kubeconfig: (role) => ({
        server: at,
        trust: { kind: 'verify', bundlePem: pki.caPem, host: at.host },
        clientCertificate: people[role],
      }),
      pods: async () => {
        const answer = await cluster.admin.request('GET', '/api/v1/pods');
        return (answer.json() as { items: Pod[] }).items;
      },
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

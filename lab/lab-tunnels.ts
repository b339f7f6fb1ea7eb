import type { Logger } from 'pino';
import type { EgressSite } from '../apiserver/egress';
import type { ApiserverFlags } from '../apiserver/flags';
import { MidplaneError } from '../error';
import type { FabricHost } from '../network/fabric';
import { parseAuthorizedKeys } from '../tunnel/authorized-keys';
import { openSshEgress } from '../tunnel/ssh-egress';
import type { SshTunneler } from '../tunnel/ssh-tunneler';
import { type Sshd, startSshd } from '../tunnel/sshd';
import { ports } from './addresses';
import { type LabPki, type NodeName, nodeAddress, nodeNames } from './lab-pki';

/** The lab's SSH tunnels: the files that the apiserver's flags name, and an sshd on every node. */

export const sshKeyFile = '/etc/kubernetes/ssh/id_tunnel';
export const sshKnownHostsFile = '/etc/kubernetes/ssh/known_hosts';

/** With the keys in place, as if a cloud provider had spread them: making an RSA pair would cost each lab a quarter of a second. */
export function sshFiles(
  { ssh }: LabPki,
  at: Readonly<Record<NodeName, string>> = nodeAddress,
): Record<string, string> {
  return {
    [sshKeyFile]: ssh.client.privateKeyPem,
    [`${sshKeyFile}.pub`]: `${ssh.client.publicKey}\n`,
    [sshKnownHostsFile]: nodeNames.map((node) => `${at[node]} ${ssh.hosts[node].publicKey}\n`).join(''),
  };
}

/** As a program of its own would, but that chance is taken out: what has no tunnel of its own goes through node-2's. */
export function openLabTunnels(
  flags: ApiserverFlags,
  site: EgressSite,
  {
    read,
    onTunneler,
  }: {
    readonly read: (path: string) => Promise<string>;
    readonly onTunneler?: (tunneler: SshTunneler) => void;
  },
) {
  return openSshEgress(flags, site, {
    files: {
      read,
      exists: (path) =>
        read(path).then(
          () => true,
          () => false,
        ),
      write: async (path) => {
        throw new MidplaneError('FILE_UNREADABLE', `the lab keeps no key in "${path}"`, {
          hint: `leave --ssh-keyfile at ${sshKeyFile}, or name a file that has a .pub beside it`,
        });
      },
    },
    pick: (addresses) => Math.max(0, addresses.indexOf(nodeAddress['node-2'])),
    ...(onTunneler === undefined ? {} : { onTunneler }),
  });
}

/** The tunnels of one lab: the apiserver's end, which comes and goes with it, and the nodes', which stay. */
export class LabTunnels {
  readonly #hosts: Readonly<Record<NodeName, FabricHost>>;
  readonly #pki: LabPki;
  readonly #log: Logger;
  #sshds: readonly Sshd[] = [];
  tunneler: SshTunneler | null = null;

  constructor(hosts: Readonly<Record<NodeName, FabricHost>>, pki: LabPki, log: Logger) {
    this.#hosts = hosts;
    this.#pki = pki;
    this.#log = log;
  }

  readonly take = (tunneler: SshTunneler): void => {
    this.tunneler = tunneler;
  };

  /** The apiserver has ended. */
  forget(): void {
    this.tunneler = null;
  }

  /** For the user of the tunnels, where there are any and the nodes do not let him in yet. */
  async startSshds(): Promise<void> {
    const user = this.tunneler?.user;
    if (user === undefined || this.#sshds.length > 0) return;
    const { ssh } = this.#pki;
    this.#sshds = await Promise.all(
      nodeNames.map((node) =>
        startSshd({
          host: this.#hosts[node],
          at: { address: nodeAddress[node], port: ports.ssh },
          hostKey: ssh.hosts[node].privateKeyPem,
          user,
          authorizedKeys: parseAuthorizedKeys(ssh.client.publicKey, 'authorized_keys'),
          log: this.#log.child({ component: 'sshd', node }),
        }),
      ),
    );
  }

  async close(): Promise<void> {
    await Promise.all(this.#sshds.map((sshd) => sshd.close()));
  }
}

import type { Logger } from 'pino';
import { judgeHostKey, parseKnownHosts } from '../network/known-hosts';
import type { Host } from '../network/network';
import type { Judgement } from '../network/secure';
import { type AddressedNode, tunnelAddresses } from './choose-tunnel';
import { type KeyFiles, sshPrivateKey } from './ssh-key-files';
import { SshTunneler, type SshTunnelerOptions } from './ssh-tunneler';

/** What the apiserver's flags say about SSH tunnels. */
export interface SshEgressFlags {
  readonly sshUser: string;
  readonly sshKeyfile: string;
  /** Empty: every host key is believed. */
  readonly midplaneSshKnownHosts: string;
  readonly kubeletPort: number;
}

export interface SshEgressOptions {
  readonly pick?: SshTunnelerOptions['pick'];
  readonly files: KeyFiles;
  /** Is told of the tunneler once it has begun. */
  readonly onTunneler?: (tunneler: SshTunneler) => void;
}

/** What the apiserver lets a tunnel know. */
interface Site {
  readonly host: Host;
  readonly nodes: () => readonly AddressedNode[];
  readonly log: Logger;
}

/** Usernames are capped there. Source: pkg/master/tunneler/ssh.go, Run. */
const LONGEST_USER = 32;
/** Source: pkg/master/tunneler/ssh.go, TunnelSyncHealthChecker. */
const SYNC_AT_LEAST_EVERY_S = 600;

/** How an apiserver with --ssh-user reaches the cluster. Throws MidplaneError for files that cannot be used. */
export async function openSshEgress(
  flags: SshEgressFlags,
  { host, nodes, log }: Site,
  options: SshEgressOptions,
) {
  const { files, onTunneler, pick } = options;
  const { privateKey, made } = await sshPrivateKey(flags.sshKeyfile, files);
  if (made) log.info(`Key doesn't exist, made a pair: nodes must let ${flags.sshKeyfile}.pub in`);
  const tunneler = new SshTunneler({
    from: host,
    user: cutUser(flags.sshUser, log),
    privateKey,
    judgeHostKey: await hostKeyJudge(flags.midplaneSshKnownHosts, files),
    addresses: () => tunnelAddresses(nodes()),
    kubeletPort: flags.kubeletPort,
    log,
    ...(pick === undefined ? {} : { pick }),
  });
  onTunneler?.(tunneler);
  await tunneler.start();
  return {
    dial: tunneler.dial.bind(tunneler),
    close: () => tunneler.close(),
    redial: (address: string | null) => (address === null ? tunneler.sync() : tunneler.reopen(address)),
    healthChecks: [{ name: 'SSH Tunnel Check', check: () => syncProblem(tunneler.secondsSinceSync) }],
    metrics: [
      {
        type: 'counter' as const,
        name: 'ssh_tunnel_open_count',
        help: '[ALPHA] Counter of ssh tunnel total open attempts',
        read: () => tunneler.openCount,
      },
      {
        type: 'counter' as const,
        name: 'ssh_tunnel_open_fail_count',
        help: '[ALPHA] Counter of ssh tunnel failed open attempts',
        read: () => tunneler.openFailCount,
      },
      {
        type: 'gauge' as const,
        name: 'apiserver_proxy_tunnel_sync_duration_seconds',
        help: '[ALPHA] The time since the last successful synchronization of the SSH tunnels for proxy requests.',
        read: () => tunneler.secondsSinceSync,
      },
    ],
  };
}

function cutUser(user: string, log: Logger): string {
  if (user.length <= LONGEST_USER) return user;
  log.warn('SSH User is too long, truncating to 32 chars');
  return user.slice(0, LONGEST_USER);
}

/** The whole difference between the tunnels that were and those that ought to have been. */
async function hostKeyJudge(
  knownHosts: string,
  files: KeyFiles,
): Promise<(address: string, key: Buffer) => Judgement> {
  if (knownHosts === '') return () => ({ ok: true });
  const known = parseKnownHosts(await files.read(knownHosts), knownHosts);
  return (address, key) => {
    const error = judgeHostKey(known, address, 22, key);
    return error === null ? { ok: true } : { ok: false, error };
  };
}

export function syncProblem(secondsSinceSync: number): string | null {
  return secondsSinceSync > SYNC_AT_LEAST_EVERY_S
    ? `Tunnel sync is taking too long: ${secondsSinceSync}`
    : null;
}

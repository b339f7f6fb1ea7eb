import type { Connection, Endpoint } from '../network/network';
import { joinHostPort } from '../network/network';
import { acceptSsh } from '../network/ssh-server';
import { HANDSHAKE_MS, MAX_CHANNELS } from './limits';
import type { LootBag } from './loot';

/**
 * The attacker as the sshd that the victim dialled: any user may come in with any key, and whatever he wants to be
 * connected to, he is connected to the attacker. The session itself cannot be passed on to the genuine sshd: the user's
 * signature is over the identifier of this very key exchange (RFC 4252 §7).
 */
export interface SshdPose {
  /** PEM. */
  readonly hostKey: () => Promise<string>;
  readonly loot: LootBag;
  readonly note: (kind: string, data: Record<string, unknown>) => void;
  /** A victim's connection to there. */
  readonly onChannel: (connection: Connection, to: Endpoint) => void;
}

/** Kept when it is known what the victim made of the host key. */
export async function poseAsSshd(connection: Connection, pose: SshdPose): Promise<void> {
  const { loot, note, onChannel } = pose;
  const hostKey = await pose.hostKey();
  let open = 0;
  note('host-key-shown', {});
  const outcome = await acceptSsh(connection, {
    hostKey,
    admits: () => true,
    timeoutMs: HANDSHAKE_MS,
    opens: (request) => {
      const to = { address: request.host, port: request.port };
      note('tunnel-target-learned', { target: joinHostPort(to.address, to.port) });
      loot.keepTunnelTarget(joinHostPort(to.address, to.port));
      if (open >= MAX_CHANNELS) return request.reject();
      open += 1;
      const channel = request.accept();
      channel.socket.once('close', () => {
        open -= 1;
      });
      onChannel(channel, to);
    },
  });
  const believed = outcome.kind === 'ssh-session' || outcome.hostKeyBelieved;
  const user = outcome.kind === 'ssh-session' ? outcome.user : null;
  loot.keepHostKey({ connection: connection.id, believed, user });
  note(believed ? 'host-key-believed' : 'host-key-refused', { user });
}

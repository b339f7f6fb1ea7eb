import type { LootReport } from '../attacker/loot-report';
import { MidplaneError } from '../error';
import { type Endpoint, type Host, joinHostPort } from '../network/network';
import type { DefenceId } from '../scenarios/vocabulary';
import { composeTunnel } from './compose-tunnels';
import type { OngoingAttack } from './lab-under-test';

/** Tunnels of a lab in containers, as its workstation deals with them. */

/** A machine that is not there is found out after three ARP requests, one a second. */
const LISTENS_WITHIN_MS = 4_000;

/** Throws MidplaneError USAGE when what carries the connections under this defence was not started. */
export async function requireTunnel(from: Host, defence: DefenceId): Promise<void> {
  for (const { address, port } of composeTunnel(defence)?.needs ?? []) {
    const answer = await from.dial({ host: address, port }, { timeoutMs: LISTENS_WITHIN_MS });
    if (answer.kind === 'refusal') throw noTunnel(defence, { address, port });
    answer.socket.destroy();
  }
}

function noTunnel(defence: DefenceId, { address, port }: Endpoint): MidplaneError {
  return new MidplaneError(
    'USAGE',
    `defence "${defence}" needs the profile tunnels: nobody listens at ${joinHostPort(address, port)}`,
    { hint: 'on your machine: docker compose --profile tunnels up -d --wait' },
  );
}

/** A connection that is open keeps its path: tunnels are dialled anew when the attacker has come, and when it has gone. */
export async function onNewTunnels(
  attack: OngoingAttack,
  redial: () => Promise<void>,
): Promise<OngoingAttack> {
  await redial();
  let given: Promise<LootReport> | null = null;
  const withdraw = (): Promise<LootReport> => {
    given ??= attack.withdraw().finally(redial);
    return given;
  };
  return {
    withdraw,
    [Symbol.asyncDispose]: async () => {
      await attack[Symbol.asyncDispose]();
      await redial();
    },
  };
}

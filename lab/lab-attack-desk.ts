import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { Prepared } from '../attacker/attack-desk';
import { Attacker } from '../attacker/attacker';
import type { OrderedAttack } from '../attacker/control-protocol';
import { startControlServer } from '../attacker/control-server';
import { neighbour } from '../attacker/position';
import { hostNetwork } from '../network/host-network';
import { readTechnique } from '../scenarios/read-technique';
import { addresses, ports } from './addresses';
import type { Cluster } from './cluster';
import { genuineOf } from './embedded-lab';
import { handedCertificate } from './handed-certificates';

/** The attacker of a lab that stays: on this machine's loopback it takes orders from whoever has the token. */
export interface LabAttackDesk {
  readonly port: number;
  readonly token: string;
  close(): Promise<void>;
}

export async function openAttackDesk(cluster: Cluster, log: Logger): Promise<LabAttackDesk> {
  const { attackerHost } = cluster;
  const token = randomBytes(32).toString('hex');
  const server = await startControlServer({
    host: hostNetwork(),
    at: { address: '127.0.0.1', port: 0 },
    own: attackerHost.addresses,
    token,
    attacker: new Attacker({ host: attackerHost, random: cluster.randomFor('attacker') }),
    prepare: (order) => prepare(order, cluster),
    log,
  });
  return { port: server.at.port, token, close: () => server.close() };
}

/** The segment's neighbour of whoever dials the target, with what the technique needs besides. */
async function prepare({ technique, target }: OrderedAttack, cluster: Cluster): Promise<Prepared> {
  // To the apiserver goes whoever works at the lab; everything else is dialled by the apiserver.
  const victim = target.address === addresses.controlPlane ? cluster.workstation : cluster.controlPlane;
  const present = await handedCertificate(readTechnique(technique), {
    authority: cluster.pki.authority,
    node: 'node-1',
    host: target.address,
    otherNode: 'node-2',
    otherHost: addresses.node2,
    genuine: genuineOf(cluster, target),
  });
  return {
    position: neighbour(victim, cluster.attackerHost, target.address),
    present,
    authorityAt: { address: addresses.controlPlane, port: ports.apiserver },
  };
}
